//! coalition's two configuration files and its launch specification.

use std::path::Path;
use std::time::Duration;

use hoist::compat::{CoalitionConfig, LaunchSpecification, Provider};
use hoist::diagnostics::Diagnostic;
use hoist::template::{DollarForm, Template, Templates};
use secrecy::ExposeSecret as _;

/// The options and values of coalition's `_cloud_aws.ini`.
const AWS: &str = "\
# coalition on AWS
[authentication]
# The key pair
keyname=
accesskey=
secretaccesskey=

[storage]
name=
mountpoint=/mnt/bucket
guerillarenderfilename=srv/guerilla_render_2.0.0a13_linux64.tar.gz
coalitionfilename=srv/coalition.tar.gz

[coalition]
ip =
port = 19211
workerinstancemax=3
workerinstancestartdelay=30
workerinstanceminimumlifetime=900

[worker]
nameprefix=cloud-
spot=true
# https://aws.amazon.com/ec2/instance-types/
instancetype=m3.medium
imageid=ami-2f40bd40
subnetid=
iaminstanceprofile=
securitygroupid=
availabilityzone=
[spot]
spotprice=10
instancecount=1
type=one-time
";

/// Those of `_cloud_gcloud.ini`, where each is behind a `;`.
const GCLOUD: &str = "\
# coalition on Google's cloud
[authentication]
;project=guerilla-cloud
;keyfile=guerilla-cloud-34bf64e0149b.json
;serviceaccount=19254862847-compute@developer.gserviceaccount.com
;scopes=default
[storage]
;name=guerilla-cloud-bucket
;mountpoint=/mnt/bucket
;coalitionpackage=srv/coalition.tar.gz
[coalition]
;ip = 10.132.0.2
;port = 19211
;workerinstancemax=3
;workerinstancestartdelay=30
;workerinstanceminimumlifetime=900
[main_program]
;package=srv/guerilla_render_2.0.0a13_linux64.tar.gz
;environment=GUERILLA=/usr/local/bin/guerillarender/data/usr/local/guerilla GUERILLA_CLOUD_ROOT=/mnt/bucket
[worker]
;installdir=/usr/local/bin
;nameprefix=cloud-
;zone=europe-west1-d
;machinetype=f1-micro
;subnet=default
;preemptible=true
;maintenancepolicy=TERMINATE
;image=debian-8-jessie-v20170308
;imageproject=debian-cloud
;bootdisksize=10
;bootdisktype=pd-standard
";

/// A launch specification with the names that coalition's template has.
const SPECIFICATION: &str = r#"{
  "ImageId": "$image_id",
  "KeyName": "$keyname",
  "SecurityGroupIds": ["$security_group_id"],
  "InstanceType": "$instance_type",
  "UserData": "$user_data"
}
"#;

/// The line of [`AWS`] that begins so.
fn line_of(start: &str) -> usize {
    AWS.lines().position(|line| line.starts_with(start)).unwrap() + 1
}

fn parse(text: &str) -> Result<(CoalitionConfig, Vec<String>), Vec<String>> {
    let told = |problems: Vec<Diagnostic>| problems.iter().map(ToString::to_string).collect();
    match CoalitionConfig::parse(text, Path::new("cloud.ini")) {
        Ok((config, warnings)) => Ok((config, told(warnings))),
        Err(problems) => Err(told(problems.0)),
    }
}

fn good(text: &str) -> CoalitionConfig {
    let (config, warnings) = parse(text).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(warnings, [""; 0]);
    config
}

#[test]
fn the_file_that_coalition_comes_with_is_read_as_it_is() {
    for text in [AWS.to_owned(), AWS.replace('\n', "\r\n")] {
        let config = good(&text);
        assert_eq!(config.provider, Provider::Ec2);
        assert_eq!((config.key_name, config.server, config.port), (None, None, 19211));
        assert_eq!((config.workers_at_most, config.start_delay), (3, Duration::from_secs(30)));
        assert_eq!((config.minimum_lifetime, config.name_prefix.as_str()), (Duration::from_secs(900), "cloud-"));
        assert_eq!((config.spot, config.max_price.as_deref(), config.instances_a_start), (true, Some("10"), 1));
        assert_eq!(
            (config.image.as_deref(), config.instance_type.as_deref()),
            (Some("ami-2f40bd40"), Some("m3.medium"))
        );
        assert_eq!((config.subnet, config.zone, config.security_group), (None, None, None));
        assert_eq!(config.coalition_package.as_deref(), Some("srv/coalition.tar.gz"));
    }
    let config = good(GCLOUD);
    assert_eq!((config.provider, config.spot, config.port), (Provider::Gce, false, 19211));
    let missing = config.launch("cloud-1", None).unwrap_err().to_string();
    assert_eq!(
        missing,
        "cloud.ini: \"image\" in [worker] is not set\ncloud.ini: \"machinetype\" in [worker] is not set"
    );
    let config = good(&GCLOUD.replace(";", ""));
    assert!(config.spot);
    assert_eq!((config.zone.as_deref(), config.disk_gigabytes), (Some("europe-west1-d"), Some(10)));
    assert_eq!(config.scopes, ["default"]);
    assert!(config.program_environment.as_deref().unwrap().ends_with("guerilla GUERILLA_CLOUD_ROOT=/mnt/bucket"));
    let launch = config.launch("cloud-1", None).unwrap();
    assert_eq!(launch.image, "projects/debian-cloud/global/images/debian-8-jessie-v20170308");
}

#[test]
fn false_is_false() {
    for (word, spot) in [
        ("true", true),
        ("True", true),
        ("1", true),
        ("on", true),
        ("false", false),
        ("FALSE", false),
        ("0", false),
        ("no", false),
        ("", false),
    ] {
        let config = good(&AWS.replace("spot=true", &format!("spot={word}")));
        assert_eq!(config.spot, spot, "{word}");
        assert_eq!(config.launch("w", None).unwrap().spot, spot, "{word}");
    }
    assert_eq!(
        parse(&AWS.replace("spot=true", "spot=flase")).unwrap_err(),
        ["cloud.ini:23: \"spot\" is \"flase\", which is neither true nor false"]
    );
}

#[test]
fn each_wrong_line_is_named_with_its_number() {
    for (right, wrong, message) in [
        ("port = 19211", "port = 1921l", "\"port\" is \"1921l\", which is no whole number from 1 to 65535"),
        ("port = 19211", "port = 70000", "from 1 to 65535"),
        ("workerinstancemax=3", "workerinstancemax=-3", "which is no whole number from 0 to 100000"),
        ("workerinstancestartdelay=30", "workerinstancestartdelay=30s", "no whole number"),
        ("workerinstanceminimumlifetime=900", "workerinstanceminimumlifetime=1e3", "no whole number"),
        ("spotprice=10", "spotprice=10$", "which is no price such as 0.05"),
        ("spotprice=10", "spotprice=0", "which is no price"),
        ("spotprice=10", "spotprice=inf", "which is no price"),
        ("instancecount=1", "instancecount=0", "from 1 to 1000"),
        ("type=one-time", "type=once", "none of one-time, persistent"),
        ("ip =", "ip = 10.0.0.1 # x", "neither an address nor a host's name"),
        ("subnetid=", "subnetid=net-1", "one begins with \"subnet-\""),
        ("securitygroupid=", "securitygroupid=default", "one begins with \"sg-\""),
        ("mountpoint=/mnt/bucket", "mountpoint=mnt", "no path from the root"),
        ("imageid=ami-2f40bd40", "imageid=\"ami-2f40bd40\"", "is in quotes"),
        ("imageid=ami-2f40bd40", "imageid ami-2f40bd40", "is neither a section nor an option"),
        ("imageid=ami-2f40bd40", "imageid=%(image)s", "is not filled in here"),
        ("imageid=ami-2f40bd40", "imageid=ami-1\n and-more", "goes on in the next line"),
        ("[spot]", "[spot", "is no section header"),
    ] {
        let line = line_of(right);
        let problems =
            parse(&AWS.replace(right, wrong)).map(|(config, warnings)| panic!("{config:?} {warnings:?}")).unwrap_err();
        assert!(
            problems[0].starts_with(&format!("cloud.ini:{line}: ")) && problems[0].contains(message),
            "{wrong}: {problems:?}"
        );
    }
    let several =
        AWS.replace("port = 19211", "port = x").replace("spot=true", "spot=x").replace("spotprice=10", "spotprice=x");
    let lines: Vec<String> =
        parse(&several).unwrap_err().iter().map(|problem| problem.split(": ").next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["port = ", "spot=", "spotprice="].map(|start| format!("cloud.ini:{}", line_of(start))));
    let clash = GCLOUD.replace(';', "").replace("=TERMINATE", "=MIGRATE");
    assert_eq!(
        parse(&clash).unwrap_err(),
        ["cloud.ini:27: \"maintenancepolicy\" must be TERMINATE where \"preemptible\" is true"]
    );
    assert_eq!(
        parse("[server]\nport=1\n").unwrap_err()[0],
        "cloud.ini: is no configuration of coalition's for a cloud"
    );
    assert!(parse(&format!("{AWS}[main_program]\n")).unwrap_err()[0].contains("mixes options of AWS and of Google"));
}

#[test]
fn what_has_no_effect_is_a_warning() {
    let text = AWS
        .replace("imageid=", "imagid=x\nimageid=")
        .replace("[spot]", "[sopt]\n[spot]")
        .replace("=one-time", "=persistent");
    let (_, warnings) = parse(&text).unwrap();
    assert_eq!(
        warnings,
        [
            "cloud.ini:26: warning: unknown option \"imagid\" has no effect\n  did you mean \"imageid\"?",
            "cloud.ini:32: warning: unknown section [sopt] has no effect\n  did you mean [spot]?",
            "cloud.ini:36: warning: hoist starts every worker itself, as with one-time; a persistent request would start them again unasked",
        ]
    );
    let (config, warnings) = parse(&AWS.replace("port = 19211", "port = 1\nport = 2")).unwrap();
    assert_eq!(
        (config.port, warnings),
        (2, vec!["cloud.ini:16: warning: \"port\" is given again below, and that counts".to_owned()])
    );
}

#[test]
fn keys_are_shown_nowhere() {
    let text =
        AWS.replace("secretaccesskey=", "secretaccesskey=hush/hush").replace("accesskey=\n", "accesskey=hushid\n");
    let config = good(&text);
    assert_eq!(config.secret_access_key.as_ref().unwrap().expose_secret(), "hush/hush");
    assert_eq!(config.access_key.as_ref().unwrap().expose_secret(), "hushid");
    assert!(!format!("{config:?}").contains("hush"));
    let template = Template::dollar("t", "key: $secret_access_key", DollarForm::Text).unwrap();
    let told = template.render(&config.worker_values("w")).unwrap_err().to_string();
    assert!(
        told.starts_with("template t, line 1: unknown name \"secret_access_key\"") && !told.contains("hush"),
        "{told}"
    );
    for wrong in
        ["secretaccesskey hush", "secretaccesskey=\"hush\"", "secretaccesskey=%(hush", "secretaccesskey=hush\n hush"]
    {
        let told = parse(&AWS.replace("secretaccesskey=", wrong)).unwrap_err().join("\n");
        assert!(told.contains("cloud.ini:6: ") && !told.contains("hush"), "{told}");
    }
}

#[test]
fn coalitions_launch_specification_is_rendered_and_read() {
    let text = AWS.replace("keyname=", "keyname=render \"farm\"").replace("securitygroupid=", "securitygroupid=sg-1");
    let config = good(&text);
    let template = Template::dollar("specification", SPECIFICATION, DollarForm::of("specification.json")).unwrap();
    let rendered = template.render(&config.launch_values(b"#cloud-config\n\0\xff")).unwrap();
    let (read, warnings) = LaunchSpecification::parse(&rendered, Path::new("s.json")).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(read.key_name.as_deref(), Some("render \"farm\""));
    assert_eq!((read.image.as_str(), read.instance_type.as_str(), read.spot), ("ami-2f40bd40", "m3.medium", true));
    assert_eq!(
        (read.security_groups, read.user_data.unwrap()),
        (vec!["sg-1".to_owned()], b"#cloud-config\n\0\xff".to_vec())
    );
    let told = template.render(&good(AWS).launch_values(b"")).unwrap_err().to_string();
    assert!(
        told.starts_with("template specification, line 3: unknown names \"keyname\", \"security_group_id\""),
        "{told}"
    );

    let ours = Templates::built_in().get("spot-launch-specification.json").unwrap();
    let launch = config.launch("cloud-1", Some(b"x".to_vec())).unwrap();
    let (read, _) = LaunchSpecification::parse(&ours.render(&launch.values()).unwrap(), Path::new("s.json")).unwrap();
    assert_eq!(read, LaunchSpecification { name: None, ..launch });
}
