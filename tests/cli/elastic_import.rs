//! `hoist elastic import`: configurations of earlier scalers as fleet files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::lab::Lab;

const ELASTIQ: &str = "\
[elastiq]
sleep_s = 5
check_queue_every_s = 15
check_vms_every_s = 45
check_vms_in_error_every_s = 20
waiting_jobs_threshold = 10
waiting_jobs_time_s = 100
n_jobs_per_vm = 4
idle_for_time_s = 3600
estimated_vm_deploy_time_s = 600
batch_plugin = htcondor
log_level = 0
[debug]
dry_run_shutdown_vms = 0
dry_run_boot_vms = 1
[quota]
min_vms = 0
max_vms = 9
[substitute]
# ipv4 =
[ec2]
api_url = https://ec2.eu-central-1.amazonaws.com
image_id = ami-1
key_name = my%%key
flavour = m5.large
user_data_b64 = IyEvYmluL3NoCg==
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
";

const ELASTIQ_FLEET: &str = "\
[workers]
min = 0
max = 9
jobs_per_worker = 4
idle = \"1h\"
waiting_time = \"1m40s\"
deploy_time = \"10m\"

[queue]
kind = \"htcondor\"

[cloud]
provider = \"ec2\"
region = \"eu-central-1\"

[machine]
image = \"ami-1\"
instance_type = \"m5.large\"
key_name = \"my%key\"
market = \"on-demand\"

[engine]
name = \"elastiq\"
queue_every = \"15s\"
machines_every = \"45s\"
errors_every = \"20s\"
waiting_threshold = 10

[limits]
launches_per_minute = 60
min_idle = 0
grace = \"3m\"
freeze_fall = 50

[lease]
length = \"30m\"
grace = \"30m\"
";

const COALITION: &str = "\
[authentication]
keyname = ann
accesskey = AKIAIOSFODNN7EXAMPLE
secretaccesskey = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
region = eu-west-1
[storage]
name = bucket
[coalition]
ip = 10.0.0.5
port = 19211
workerinstancemax = 7
workerinstancestartdelay = 0
workerinstanceminimumlifetime = 1200
[worker]
nameprefix = cloud-
spot = false
instancetype = c5.large
imageid = ami-2
subnetid = subnet-1
securitygroupid = sg-1
[spot]
spotprice = 0.05
";

/// The part of a text between two of its pieces.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap_or_else(|| panic!("{start} in {text}"));
    let rest = &text[from..];
    &rest[..rest.find(end).unwrap_or(rest.len())]
}

#[test]
fn an_elastiq_conf_becomes_a_fleet_file() {
    let lab = Lab::new();
    lab.file("elastiq.conf", ELASTIQ);
    let said = lab.hoist("elastic import elastiq.conf").exit(0);
    assert_eq!(said.stdout.trim_end(), ELASTIQ_FLEET.trim_end());
    for note in [
        "elastiq.conf:2: note: \"sleep_s\" (5) is not carried over",
        "elastiq.conf:15: note: \"dry_run_boot_vms\" (1) is not carried over",
        "elastiq.conf:18: note: \"max_vms\" counts every machine of the account",
        "elastiq.conf:26: note: \"user_data_b64\" is not carried over",
        "elastiq.conf:27: note: the access key is not copied: write AWS_ACCESS_KEY_ID",
    ] {
        assert!(said.stderr.contains(note), "{note}: {said}");
    }
    for secret in ["AKIA", "wJalr", "IyEv"] {
        assert!(!said.stdout.contains(secret) && !said.stderr.contains(secret), "{said}");
    }
}

#[test]
fn elastiq_without_limits_or_at_another_cloud_is_noted() {
    let lab = Lab::new();
    lab.file("e.conf", "[quota]\nmax_vms = -1\nmin_vms = 5\n[ec2]\napi_url = https://cloud.example:8773/\n[odd]\n");
    let said = lab.hoist("elastic import e.conf").exit(0);
    assert!(said.stdout.contains("min = 5\nmax = 5\njobs_per_worker = 4\n"), "{said}");
    assert!(said.stdout.contains("endpoint = \"https://cloud.example:8773/\"\ncompatible = true\n"), "{said}");
    assert!(said.stderr.contains("e.conf:2: note: \"max_vms\" below 1 is no limit"), "{said}");
    assert!(said.stderr.contains("e.conf:6: note: unknown section [odd] has no effect"), "{said}");
}

#[test]
fn a_bad_elastiq_conf_is_refused_with_every_line() {
    let lab = Lab::new();
    lab.file("e.conf", "[elastiq]\nn_jobs_per_vm = 0\nidle_for_time_s = soon\n[quota]\nmin_vms = -2\n");
    let said = lab.hoist("elastic import e.conf").exit(1);
    for line in [2, 3, 5] {
        assert!(said.stderr.contains(&format!("e.conf:{line}: ")), "{said}");
    }
    said.says("the configuration has 3 errors; nothing was done");
    lab.file("e.conf", "[quota]\nmin_vms = 5\nmax_vms = 2\n");
    lab.hoist("elastic import e.conf").exit(1).says("\"min\" of [workers] is 5, more than \"max\", 2");
}

#[test]
fn coalition_without_spot_is_on_demand() {
    let lab = Lab::new();
    lab.file("cloud_aws.ini", COALITION);
    let said = lab.hoist("elastic import cloud_aws.ini").exit(0);
    assert!(said.stdout.contains("kind = \"coalition\"\nurl = \"http://10.0.0.5:19211\"\n"), "{said}");
    assert_eq!(
        between(&said.stdout, "[machine]", "\n\n"),
        "[machine]\nimage = \"ami-2\"\ninstance_type = \"c5.large\"\nkey_name = \"ann\"\nsubnet = \"subnet-1\"\n\
         security_groups = [\"sg-1\"]\ntags = { Name = \"%worker%\" }\nmarket = \"on-demand\""
    );
    assert_eq!(
        between(&said.stdout, "[engine]", "\n\n"),
        "[engine]\nname = \"coalition\"\nstart_delay = \"0s\"\nminimum_lifetime = \"20m\""
    );
    assert!(said.stdout.starts_with("name = \"cloud\"\n"), "{said}");
    assert!(said.stdout.contains("max = 7\n") && said.stdout.contains("region = \"eu-west-1\"\n"), "{said}");
    assert!(said.stderr.contains("cloud_aws.ini:3: note: the access key is not copied"), "{said}");
    assert!(said.stderr.contains("cloud_aws.ini:7: note: \"name\" is not carried over"), "{said}");
    assert!(said.stderr.contains("cloud_aws.ini:22: note: \"spotprice\" is not carried over"), "{said}");
    assert!(!said.stdout.contains("AKIA") && !said.stderr.contains("wJalr"), "{said}");
    lab.file("cloud_aws.ini", COALITION.replace("spot = false", "spot = true"));
    let said = lab.hoist("elastic import cloud_aws.ini").exit(0);
    assert!(said.stdout.contains("market = \"spot\"\nmax_price = 0.05\n"), "{said}");
}

#[test]
fn google_s_coalition_keeps_its_zone() {
    let lab = Lab::new();
    lab.file(
        "cloud_gcloud.ini",
        "[authentication]\nproject = p\nkeyfile = /k.json\n[coalition]\nip = 10.0.0.5\n[worker]\nzone = europe-west1-b\n\
         machinetype = n1-standard-1\nimage = debian\nimageproject = debian-cloud\npreemptible = true\n",
    );
    let said = lab.hoist("elastic import cloud_gcloud.ini").exit(0);
    assert!(said.stdout.contains("provider = \"gce\"\n"), "{said}");
    assert!(said.stdout.contains("image = \"projects/debian-cloud/global/images/debian\"\n"), "{said}");
    assert!(said.stdout.contains("zones = [\"europe-west1-b\"]\n"), "{said}");
    assert!(said.stderr.contains("cloud_gcloud.ini:3: note: \"keyfile\" is not carried over"), "{said}");
}

#[test]
fn epu_s_engines_are_read_from_json_and_yaml() {
    let lab = Lab::new();
    lab.file(
        "n.json",
        "{\"preserve_n\": 3,\n \"unique_instances\": {\"a\": {\"part\": 1}},\n \"monitor_health\": true,\n \
         \"provisioner_vars\": {\"size\": \"big\", \"db_password\": \"hunter22\"}}",
    );
    let said = lab.hoist("elastic import n.json").exit(0);
    assert_eq!(
        between(&said.stdout, "[engine]", "\n\n[limits]"),
        "[engine]\nname = \"npreserving\"\npreserve_n = 3\nvariables = { size = \"big\" }\n\n[engine.unique.a]\npart = \"1\""
    );
    assert!(said.stdout.starts_with("[workers]\nmin = 3\nmax = 3\n") && !said.stdout.contains("[queue]"), "{said}");
    assert!(said.stderr.contains("n.json:3: note: \"monitor_health\" is not carried over"), "{said}");
    assert!(said.stderr.contains("n.json:4: note: variable \"db_password\" may be secret"), "{said}");
    assert!(!said.stdout.contains("hunter22") && !said.stderr.contains("hunter22"), "{said}");
    lab.file("q.yml", "engine_conf:\n  queuelen_high_water: 20\n  queuelen_low_water: 5\n  min_instances: 1\n");
    let said = lab.hoist("elastic import q.yml").exit(0);
    assert!(said.stdout.contains("name = \"queuelen\"\nhigh = 20\nlow = 5\n"), "{said}");
    assert!(said.stdout.starts_with("[workers]\nmin = 1\nmax = 3\n"), "{said}");
    assert!(said.stderr.contains("EPU has no maximum"), "{said}");
    for (bad, told) in [
        ("preserve_n: -1\n", "bad.yml:1: "),
        ("preserve_n: 1\nqueuelen_high_water: 2\n", "bad.yml:2: this mixes settings"),
        ("queuelen_low_water: 1\n", "queuelen_high_water"),
        ("\nqueuelen_high_water: 1\nqueuelen_low_water: -5\n", "queuelen_low_water"),
        ("queuelen_high_water: 1\nqueuelen_low_water: 5\n", "\"low\" of [engine] is 5, more than \"high\", 1"),
        ("preserve_n: 1\nprovisioner_vars: [a]\n", "bad.yml:2: \"provisioner_vars\" must be a table"),
        ("preserve_n: 1\npreserve_n: 2\n", "\"preserve_n\" is given twice"),
        (&format!("{{\"preserve_n\": {}", "[".repeat(100_000)), "this is nested more than 64 levels deep"),
        (&format!("preserve_n:\n {}", "- ".repeat(100_000)), "this is nested more than 64 levels deep"),
        ("{\"preserve_n\": 1", "this is neither valid JSON nor valid YAML"),
    ] {
        lab.file("bad.yml", bad);
        lab.hoist("elastic import bad.yml").exit(1).says(told);
    }
}

#[test]
fn what_is_no_configuration_is_refused() {
    let lab = Lab::new();
    for text in ["", "hello\n", "[section]\nkey = 1\n", "{}", "[1]", "a: b\n", "\u{0}"] {
        lab.file("odd", text);
        lab.hoist("elastic import odd").exit(1).says("this is no configuration of a scaler that can be read");
    }
    lab.file("odd", [0xff, 0xfe]);
    lab.hoist("elastic import odd").exit(1).says("cannot read odd: it is not UTF-8 text");
    lab.hoist("elastic import missing").exit(1).says("cannot read missing: No such file");
    lab.file("fleet.toml", ELASTIQ_FLEET);
    lab.hoist("elastic import fleet.toml").exit(1).says("this is a fleet's file already");
}

#[test]
fn the_file_is_written_for_its_owner_alone() {
    let lab = Lab::new();
    lab.file("elastiq.conf", ELASTIQ);
    let said = lab.hoist("elastic import elastiq.conf --to fleet.toml").exit(0);
    assert_eq!(said.stdout.trim_end(), "written to fleet.toml");
    assert_eq!(fs::read_to_string(lab.path("fleet.toml")).unwrap(), ELASTIQ_FLEET);
    assert_eq!(fs::metadata(lab.path("fleet.toml")).unwrap().permissions().mode() & 0o777, 0o600);
    lab.file("fleet.toml", "mine");
    lab.hoist("elastic import elastiq.conf --to fleet.toml --no-input")
        .exit(64)
        .says("fleet.toml exists. Overwrite it?");
    assert_eq!(fs::read_to_string(lab.path("fleet.toml")).unwrap(), "mine");
    lab.hoist("elastic import elastiq.conf --to fleet.toml --yes").exit(0);
    assert_eq!(fs::read_to_string(lab.path("fleet.toml")).unwrap(), ELASTIQ_FLEET);
    lab.hoist("elastic import elastiq.conf --to missing/fleet.toml").exit(1).says("cannot write missing/fleet.toml");
}

#[test]
fn the_document_has_the_file_and_the_notes() {
    let lab = Lab::new();
    lab.file("elastiq.conf", ELASTIQ);
    let document = |words: &str| -> Value {
        serde_json::from_str(&lab.hoist(&format!("elastic import elastiq.conf {words}")).exit(0).stdout).unwrap()
    };
    let shown = document("-o json");
    assert_eq!((&shown["schema"], &shown["source"]), (&Value::from(1), &Value::from("elastiq")));
    assert_eq!((&shown["toml"], &shown["written"]), (&Value::from(ELASTIQ_FLEET), &Value::Null));
    assert_eq!(shown["notes"].as_array().unwrap().len(), 5, "{shown}");
    let written = document("-o json --to fleet.toml");
    assert_eq!((&written["toml"], &written["written"]), (&Value::Null, &Value::from("fleet.toml")));
}
