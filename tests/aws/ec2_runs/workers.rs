//! coalition's workers one by one, by coalition's own file.

use std::process::Command;

use hoist_test_support::aws::{Faults, IMAGE, REGION};
use hoist_test_support::eventually::eventually;
use hoist_test_support::loopback::next_address;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::ec2_runs::lab::{Lab, SECRET_KEY};

/// coalition's `_cloud_aws.ini`, filled in.
const INI: &str = "\
# Configuration file for aws cloud

[authentication]
keyname=hoist
accesskey=AKIAIOSFODNN7EXAMPLE
secretaccesskey=SECRET

[storage]
name=films
mountpoint=/mnt/bucket
guerillarenderfilename=srv/guerilla_render_2.0.0a13_linux64.tar.gz
coalitionfilename=srv/coalition.tar.gz

[coalition]
ip = 127.0.0.1
port = 9
workerinstancemax=3
workerinstancestartdelay=30
workerinstanceminimumlifetime=900

[worker]
nameprefix=cloud-
spot=true
instancetype=m3.medium
imageid=IMAGE
subnetid=
iaminstanceprofile=
securitygroupid=
availabilityzone=
[spot]
spotprice=10
instancecount=1
type=one-time
";

/// coalition's `aws_worker_cloud_init.template`, shortened.
const TEMPLATE: &str = "\
#cloud-config

fqdn: $hostname

packages:
  - s3fs

runcmd:
  - AWS_ACCESS_KEY_ID=$access_key AWS_SECRET_ACCESS_KEY=$secret_access_key aws ec2 --region $region create-tags --resources $$(curl http://instance-data/latest/meta-data/instance-id) --tags Key=Name,Value=$hostname
  - mkdir -p $mount_point
  - echo $bucket_name:$access_key:$secret_access_key > /etc/passwd-s3fs
  - s3fs -o url=https://s3.amazonaws.com,enable_content_md5 $bucket_name $mount_point
  - cat $mount_point/$coalition_filename | tar xzf - -C /tmp/
  - /usr/bin/python2.7 /usr/local/bin/coalition/worker.py http://$coalition_server_ip:$coalition_server_port
";

fn ini() -> String {
    INI.replace("IMAGE", IMAGE).replace("=SECRET", &format!("={SECRET_KEY}"))
}

#[test]
fn workers_of_coalition_s_own_file_have_what_it_means_from_their_birth() {
    for spot in [true, false] {
        let Some(lab) = Lab::without_machines(Faults::default()) else { return };
        lab.file("cloud_aws.ini", ini().replace("spot=true", &format!("spot={spot}")));
        let said = lab.hoist("worker start --count 2 --no-check --yes -o json").exit(0);
        assert!(!said.all().contains(SECRET_KEY), "{said}");
        assert_eq!(said.json()["workers"][1]["name"], "cloud-2");
        let mut machines: Vec<_> = lab.cloud.instances().into_iter().filter(|machine| machine.lives()).collect();
        machines.sort_by(|one, other| one.tags["Name"].cmp(&other.tags["Name"]));
        assert_eq!(
            machines.iter().map(|machine| machine.tags["Name"].as_str()).collect::<Vec<_>>(),
            ["cloud-1", "cloud-2"]
        );
        for machine in &machines {
            assert_eq!((machine.spot, machine.instance_type.as_str()), (spot, "m3.medium"));
            assert!(machine.tags.contains_key("hoist:expires-at") && machine.tags.contains_key("hoist:fleet"));
            let data = String::from_utf8_lossy(&lab.cloud.user_data(REGION, &machine.id)).into_owned();
            assert!(
                data.contains("http://127.0.0.1:9") && !data.contains(SECRET_KEY) && !data.contains("AKIA"),
                "{data}"
            );
        }
        // Nobody listens there: what the server would say is unknown.
        let listed = lab.hoist("worker list -o json").exit(2).json();
        let workers = listed["workers"].as_array().unwrap();
        assert!(workers.iter().all(|worker| worker["server"].is_null() && worker["cloud"]["spot"] == spot), "{listed}");
        lab.hoist("worker stop cloud-2 --now --yes").exit(0).says("1 worker proved gone");
        assert_eq!(lab.alive(), [machines[0].id.clone()]);
        lab.hoist("worker stop --all --now --yes").exit(0);
        assert!(lab.alive().is_empty());
        lab.hoist("orphans").exit(0);
        assert!(lab.files().iter().all(|file| {
            file.ends_with("cloud_aws.ini")
                || !String::from_utf8_lossy(&std::fs::read(file).unwrap()).contains(SECRET_KEY)
        }));
    }
}

#[test]
fn a_template_with_keys_is_refused_unless_that_is_allowed() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.file("cloud_aws.ini", ini());
    lab.file("own.template", TEMPLATE);
    let start = "worker start --template own.template --no-check --yes";
    let refused = lab.hoist(start).exit(1);
    assert!(refused.stderr.contains("$access_key") && refused.stderr.contains("own.template:9"), "{refused}");
    assert!(!refused.all().contains(SECRET_KEY) && lab.alive().is_empty(), "{refused}");
    let started = lab.hoist(&format!("{start} --allow-secret")).exit(0);
    assert!(!started.all().contains(SECRET_KEY), "{started}");
    let [machine] = &lab.alive()[..] else { panic!("{:?}", lab.alive()) };
    let data = String::from_utf8_lossy(&lab.cloud.user_data(REGION, machine)).into_owned();
    assert!(data.contains(SECRET_KEY) && data.contains("fqdn: {{ v1.instance_id }}"), "{data}");
    lab.hoist("worker stop --all --now --yes").exit(0);
}

#[test]
fn workers_whose_end_the_cloud_does_not_show_are_not_proved_gone() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.file("cloud_aws.ini", ini());
    lab.hoist("worker start --no-check --yes").exit(0);
    let stop = "worker stop --all --now --wait 3s --yes";
    // Without credentials the cloud cannot be asked, which proves nothing.
    let nobody =
        [("AWS_ACCESS_KEY_ID", None), ("AWS_SECRET_ACCESS_KEY", None), ("AWS_EC2_METADATA_DISABLED", Some("true"))];
    let remains = lab.hoist_with(&nobody, stop).exit(3);
    assert!(remains.stderr.contains("not proved gone: cloud-1"), "{remains}");
    assert_eq!(lab.alive().len(), 1);
    lab.hoist(stop).exit(0);
    assert!(lab.alive().is_empty());
}

/// coalition's server, as the plan `render-farm` brings it up: a process of its own, which ends with this.
struct Server(i32);

impl Server {
    fn start(lab: &Lab, address: &str) -> Self {
        let directory = lab.path("server");
        std::fs::create_dir(&directory).unwrap();
        let boot = concat!(env!("CARGO_MANIFEST_DIR"), "/launch-plans/render-farm/server/boot.sh");
        let booted = Command::new(boot).args([address, "19211"]).current_dir(&directory).status().unwrap();
        assert!(booted.success());
        let process = std::fs::read_to_string(directory.join("server.pid")).unwrap().trim().parse().unwrap();
        eventually("the server listens", || std::net::TcpStream::connect((address, 19211)).ok());
        Self(process)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(self.0), Signal::SIGKILL);
    }
}

#[test]
fn what_keeps_workers_from_their_work_is_found_before_any_is_launched() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let bucket = lab.cloud.bucket();
    bucket.put("srv/coalition.tar.gz", b"worker", "ann");
    let wanted = [("GroupName", "sg-worker"), ("GroupDescription", "workers")];
    let group = lab.cloud.ask("CreateSecurityGroup", &wanted).get("groupId").to_owned();
    let rule = [
        ("GroupId", group.as_str()),
        ("IpPermissions.1.IpProtocol", "-1"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
    ];
    lab.cloud.ask("RevokeSecurityGroupEgress", &rule);
    let address = next_address().to_string();
    let text = ini()
        .replace("name=films", &format!("name={}", bucket.name))
        .replace("securitygroupid=", &format!("securitygroupid={group}"))
        .replace("ip = 127.0.0.1", &format!("ip = {address}"))
        .replace("port = 9", "port = 19211");
    lab.file("cloud_aws.ini", &text);
    let said = lab.hoist("worker start --yes").exit(1);
    for problem in [
        format!("s3://{}/srv/guerilla_render_2.0.0a13_linux64.tar.gz is not there", bucket.name),
        format!("security group {group} lets nothing out to port 19211 of ADDRESS"),
        "coalition's server at http://ADDRESS:19211".to_owned(),
        "3 errors; nothing was started".to_owned(),
    ] {
        assert!(said.stderr.contains(&problem), "{problem}: {said}");
    }
    assert!(!said.stderr.contains("coalition.tar.gz is not there") && lab.alive().is_empty(), "{said}");
    lab.file("other.ini", text.replace(&bucket.name, "no-such-bucket"));
    lab.hoist("worker start --config other.ini --yes").exit(1).says("there is no bucket no-such-bucket");

    bucket.put("srv/guerilla_render_2.0.0a13_linux64.tar.gz", b"render", "ann");
    lab.cloud.ask("AuthorizeSecurityGroupEgress", &rule);
    let _server = Server::start(&lab, &address);
    lab.hoist("worker start --yes").exit(0);
    let listed = lab.hoist("worker list -o json").exit(0).json();
    // The server answers, and no such worker has asked it for work.
    assert_eq!(listed["workers"][0]["server"]["state"], "absent", "{listed}");
    lab.hoist("worker stop --all --now --yes").exit(0);
    assert!(lab.alive().is_empty());
}
