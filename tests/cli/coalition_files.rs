//! coalition's own files as fleets.

use crate::lab::Lab;

/// coalition's `_cloud_aws.ini`, with what a user sets left empty.
const EMPTY: &str = "\
[authentication]
keyname=
accesskey=AKIAIOSFODNN7EXAMPLE
secretaccesskey=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
[storage]
name=
mountpoint=/mnt/bucket
coalitionfilename=srv/coalition.tar.gz
[coalition]
ip =
prot = 19211
[worker]
nameprefix=cloud-
spot=false
imageid=
";

#[test]
fn what_workers_need_and_the_file_lacks_is_told_at_once_with_its_lines() {
    let lab = Lab::new();
    lab.file("cloud_aws.ini", EMPTY);
    let said = lab.hoist("elastic once --config cloud_aws.ini --dry-run").exit(1);
    for problem in [
        "cloud_aws.ini:6: ",
        "cloud_aws.ini:10: ",
        "cloud_aws.ini:15: ",
        "\"name\" in [storage] is not set",
        "\"ip\" in [coalition] is not set",
        "\"imageid\" in [worker] is not set",
        "\"instancetype\" in [worker] is not set",
        "cloud_aws.ini:11: ",
        "\"prot\"",
        "nothing was started",
    ] {
        assert!(said.stderr.contains(problem), "{problem}: {said}");
    }
    assert!(!said.stderr.contains("AKIA") && !said.stderr.contains("wJalr"), "{said}");
}

#[test]
fn the_launch_request_of_a_worker_is_shown_in_both_notations() {
    let lab = Lab::new();
    lab.file(
        "cloud_gcloud.ini",
        "[authentication]\nproject=p\nserviceaccount=render@p.iam.gserviceaccount.com\n[storage]\nname=films\n\
         coalitionpackage=srv/coalition.tar.gz\n[coalition]\nip=10.0.0.5\n[worker]\nmachinetype=n1-standard-8\n\
         zone=europe-west1-b\nimageproject=debian-cloud\nimage=debian-12\npreemptible=true\nnameprefix=night-\n",
    );
    let shown = lab.hoist("worker show-spec --config cloud_gcloud.ini").exit(0).json();
    assert_eq!(shown["machineType"], "zones/europe-west1-b/machineTypes/n1-standard-8");
    assert_eq!((&shown["name"], &shown["scheduling"]["preemptible"]), (&"night-1".into(), &true.into()));
    let data = shown["metadata"]["items"][0]["value"].as_str().unwrap();
    assert!(data.contains("http://10.0.0.5:19211") && data.contains("films"), "{data}");
    let shown = lab.hoist("worker show-spec --config cloud_gcloud.ini --spec ec2").exit(0).json();
    assert_eq!(
        (&shown["InstanceType"], &shown["Placement"]["AvailabilityZone"]),
        (&"n1-standard-8".into(), &"europe-west1-b".into())
    );
    lab.hoist("worker show-spec --config elastic.toml").exit(1).says("elastic.toml");
}

#[test]
fn a_launch_specification_is_laid_over_the_file() {
    let lab = Lab::new();
    let text = EMPTY
        .replace("\nname=\n", "\nname=films\n")
        .replace("ip =", "ip = 10.0.0.5")
        .replace("imageid=", "imageid=ami-1\ninstancetype=c5.large");
    lab.file("cloud_aws.ini", text);
    lab.file(
        "spec.json",
        "{\n  \"ImageId\": \"ami-2\",\n  \"InstanceType\": \"m5.large\",\n  \"SecurityGroupIds\": [\"sg-1\"],\n  \"EbsOptimized\": true\n}\n",
    );
    let said = lab.hoist("worker show-spec --os debian-12 --from-spec spec.json").exit(0);
    assert!(said.stderr.contains("spec.json:5: "), "{said}");
    let shown = said.json();
    assert_eq!((&shown["ImageId"], &shown["InstanceType"]), (&"ami-2".into(), &"m5.large".into()));
    assert_eq!(shown["SecurityGroupIds"][0], "sg-1");
    assert!(shown["UserData"].is_string(), "{shown}");
    lab.file("spec.json", "{\n  \"ImageId\": \"ami-2\",\n  \"InstanceTipe\": \"m5.large\"\n}\n");
    lab.hoist("worker show-spec --os debian-12 --from-spec spec.json").exit(1).says("spec.json:3: ");
}

#[test]
fn a_file_for_a_cloud_where_nothing_is_launched_is_told_so_without_its_token() {
    let lab = Lab::new();
    lab.file(
        "cloud_qarnot.ini",
        "[authentication]\nclient_token = hush-hush\n[storage]\nname=films\n[coalition]\nip=10.0.0.5\n",
    );
    let said = lab.hoist("worker start --config cloud_qarnot.ini --yes").exit(1);
    assert!(said.stderr.contains("cloud_qarnot.ini:2: ") && said.stderr.contains("Qarnot"), "{said}");
    assert!(!said.stderr.contains("hush-hush"), "{said}");
}

#[test]
fn user_data_is_put_into_a_launch_request() {
    let lab = Lab::new();
    lab.file("hello.sh.hbs", "#!/bin/sh\necho {{shell greeting}}\n");
    let render =
        "userdata render hello.sh.hbs --var greeting=hello --var image=ami-1 --var instance_type=t3.small --spec ec2";
    let shown = lab.hoist(render).exit(0).json();
    assert_eq!(shown["ImageId"], "ami-1");
    // base64 of "#!/bin/sh, echo ".
    assert!(shown["UserData"].as_str().unwrap().starts_with("IyEvYmluL3NoCmVjaG8g"), "{shown}");
    let render =
        "userdata render hello.sh.hbs --var greeting=hello --var image=debian --var machine_type=n1 --spec gce";
    let shown = lab.hoist(render).exit(0).json();
    let data = shown["metadata"]["items"][0]["value"].as_str().unwrap();
    assert!(data.starts_with("#!/bin/sh\necho ") && data.contains("hello"), "{data}");
    lab.hoist("userdata render hello.sh.hbs --var greeting=hello --spec ec2").exit(1).says("image, instance_type");
}
