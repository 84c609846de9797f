//! `hoist orphans`: what nobody looks after is found and removed, and nothing else is touched.

use std::fs;

use serde_json::Value;

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{Effect, Faults, IMAGE, REGION, REGIONS, TagsAtLaunch};

pub(crate) const EVE: &str = "eve@elsewhere";

/// A plan of three machines on which nothing runs.
pub(crate) fn three(lab: &Lab) {
    lab.plan("demo", "[[levels]]\n[levels.services.db]\nreplicas = 2\n[[levels]]\n[levels.services.web]\n");
}

/// Who hoist is here, by the tag of a machine of its own.
pub(crate) fn me(lab: &Lab) -> String {
    lab.cloud.instances()[0].tags["hoist:owner"].clone()
}

/// A machine with these tags that hoist did not launch; its id.
pub(crate) fn machine(lab: &Lab, region: &str, tags: &[(&str, &str)]) -> String {
    let mut parameters = vec![
        ("ImageId".to_owned(), IMAGE.to_owned()),
        ("MinCount".to_owned(), "1".to_owned()),
        ("MaxCount".to_owned(), "1".to_owned()),
        ("TagSpecification.1.ResourceType".to_owned(), "instance".to_owned()),
    ];
    for (number, (key, value)) in (1..).zip(tags) {
        parameters.push((format!("TagSpecification.1.Tag.{number}.Key"), (*key).to_owned()));
        parameters.push((format!("TagSpecification.1.Tag.{number}.Value"), (*value).to_owned()));
    }
    let parameters: Vec<(&str, &str)> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = lab.somebody_asks(region, "RunInstances", &parameters);
    between(&answer, "<instanceId>", "</instanceId>")
}

/// A disk with these tags; its id.
pub(crate) fn disk(lab: &Lab, tags: &[(&str, &str)]) -> String {
    let mut parameters = vec![
        ("Size".to_owned(), "8".to_owned()),
        ("AvailabilityZone".to_owned(), "us-east-1a".to_owned()),
        ("TagSpecification.1.ResourceType".to_owned(), "volume".to_owned()),
    ];
    for (number, (key, value)) in (1..).zip(tags) {
        parameters.push((format!("TagSpecification.1.Tag.{number}.Key"), (*key).to_owned()));
        parameters.push((format!("TagSpecification.1.Tag.{number}.Value"), (*value).to_owned()));
    }
    let parameters: Vec<(&str, &str)> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    between(&lab.somebody_asks(REGION, "CreateVolume", &parameters), "<volumeId>", "</volumeId>")
}

fn between(text: &str, from: &str, to: &str) -> String {
    let start = text.find(from).unwrap_or_else(|| panic!("{text}")) + from.len();
    let end = text[start..].find(to).unwrap();
    text[start..start + end].to_owned()
}

fn ids(document: &Value, what: &str, key: &str) -> Vec<String> {
    document[what].as_array().unwrap().iter().map(|found| found[key].as_str().unwrap().to_owned()).collect()
}

#[test]
fn machines_of_a_run_that_goes_on_are_no_orphans() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    let found = lab.hoist("orphans -o json").exit(0).json();
    assert_eq!(found["asked"].as_array().unwrap().len(), REGIONS.len() + 1, "{found:#}");
    lab.hoist("orphans --terminate --yes").exit(0).says_all(&[
        "no orphans in ec2 eu-central-1 at http://127.0.0.1",
        ", ec2 us-east-1 at http://127.0.0.1",
        ", local",
    ]);
    assert_eq!(lab.alive().len(), 3);
}

#[test]
fn machines_of_a_forgotten_state_file_are_found_and_removed() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    fs::remove_dir_all(lab.path("state")).unwrap();
    let found = lab.hoist("orphans -o json").exit(2).json();
    assert_eq!(ids(&found, "orphans", "instance_id").len(), 3);
    assert_eq!((&found["orphans"][0]["why"], &found["orphans"][0]["mine"]), (&"unknown".into(), &true.into()));
    let tag = lab.cloud.instances()[0].tags["hoist:state"].clone();
    assert!(tag.len() == 32 && tag.bytes().all(|it| it.is_ascii_hexdigit()), "{tag}");
    for orphan in found["orphans"].as_array().unwrap() {
        assert_eq!((&orphan["state"], &orphan["other_state"]), (&tag.as_str().into(), &true.into()));
    }
    lab.hoist("orphans").exit(2).says_all(&[
        "of other state files of yours, as far as can be seen:",
        "3 machines",
        "hoist orphans --terminate --other-states",
    ]);
    lab.hoist("orphans --terminate --yes").exit(3).says_all(&["--other-states terminates it too"]);
    assert_eq!(lab.alive().len(), 3, "another state file may look after them");
    lab.hoist("orphans --terminate --other-states")
        .exit(64)
        .says_all(&["Remove 3 machines (3 of runs or fleets that this state file does not know"]);
    assert_eq!(lab.alive().len(), 3, "nobody said yes");
    let removed = lab.hoist("orphans --terminate --other-states --yes -o json").exit(0).json();
    assert_eq!(removed["removed"].as_array().unwrap().len(), 3);
    assert_eq!(lab.alive(), Vec::<String>::new());
    lab.hoist("orphans").exit(0);
}

#[test]
fn what_is_another_users_stays_until_its_lease_is_over() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let hers =
        |end: &str| machine(&lab, REGION, &[("hoist:run", "hers.1"), ("hoist:owner", EVE), ("hoist:expires-at", end)]);
    let leased = hers("2999-01-01T00:00:00Z");
    let over = hers("2026-01-01T00:00:00Z");
    let unleased = machine(&lab, REGION, &[("hoist:run", "hers.2"), ("hoist:owner", EVE)]);
    let foreign = machine(&lab, REGION, &[("Name", "none of ours")]);
    let her_disk = disk(&lab, &[("hoist:run", "hers.3"), ("hoist:owner", EVE)]);

    let found = lab.hoist("orphans -o json").exit(2).json();
    let mut shown = ids(&found, "orphans", "instance_id");
    shown.sort();
    let mut wanted = vec![leased.clone(), over.clone(), unleased.clone()];
    wanted.sort();
    assert_eq!(shown, wanted);
    assert_eq!(ids(&found, "leftovers", "id"), [her_disk.as_str()]);

    lab.hoist("orphans --terminate --yes").exit(3).says_all(&[
        &format!("removed machine {over} in ec2 us-east-1"),
        &format!("{unleased} in ec2 us-east-1"),
        "belongs to eve@elsewhere; --all-owners terminates it too",
        &format!("volume {her_disk}"),
    ]);
    let alive = lab.alive();
    assert!(!alive.contains(&over), "its lease was over");
    assert!(alive.contains(&leased) && alive.contains(&unleased) && alive.contains(&foreign));

    lab.hoist("orphans --terminate --all-owners --yes").exit(0);
    assert_eq!(lab.alive(), [foreign], "without our tags it is none of ours");
    lab.hoist("orphans --all-owners").exit(64).says_all(&["--terminate"]);
}

#[test]
fn what_a_run_does_not_use_and_what_outlived_it_is_found() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    let owner = me(&lab);
    let run = lab.cloud.instances()[0].tags["hoist:run"].clone();
    let unused = machine(&lab, REGION, &[("hoist:run", &run), ("hoist:owner", &owner)]);
    let disk_of_run = disk(&lab, &[("hoist:run", &run), ("hoist:owner", &owner)]);
    let found = lab.hoist("orphans -o json").exit(2).json();
    assert_eq!(ids(&found, "orphans", "instance_id"), [unused.as_str()]);
    assert_eq!(found["orphans"][0]["why"], "unused");
    assert_eq!(ids(&found, "leftovers", "id"), Vec::<String>::new(), "the run goes on and may need it");

    // The tear-down removes the machine too, and does not hide the disk.
    lab.hoist("plan terminate demo --yes").exit(3).says_all(&[
        &disk_of_run,
        "outlived its machine and costs money",
        "hoist orphans --terminate",
    ]);
    assert_eq!(lab.alive(), Vec::<String>::new());
    let found = lab.hoist("orphans -o json").exit(2).json();
    assert_eq!(ids(&found, "leftovers", "id"), [disk_of_run.as_str()]);
    lab.hoist("orphans --terminate --yes").exit(0).says_all(&[&format!("removed volume {disk_of_run}")]);
    lab.hoist("plan terminate demo --yes").exit(0).says_all(&["nothing is left"]);
    lab.hoist("orphans").exit(0);
}

#[test]
fn recorded_machines_that_are_gone_are_missed() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    let gone = lab.service("demo", "web")["instance_id"].as_str().unwrap().to_owned();
    lab.cloud.interrupt(REGION, &gone);
    let found = lab.hoist("orphans -o json").exit(2).json();
    assert_eq!(ids(&found, "missing", "instance_id"), [gone.as_str()]);
    assert_eq!((&found["missing"][0]["run"], &found["missing"][0]["service"]), (&"demo".into(), &"web".into()));
    lab.hoist("orphans").exit(2).says_all(&["hoist plan repair demo"]);
    lab.hoist("plan repair demo").exit(0);
    lab.hoist("orphans").exit(0);
    lab.hoist("plan terminate demo --yes").exit(0);
}

#[test]
fn all_regions_are_asked_unless_one_is_named() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    let far = machine(
        &lab,
        "eu-west-1",
        &[("hoist:run", "lost.1"), ("hoist:owner", EVE), ("hoist:expires-at", "2026-01-01T00:00:00Z")],
    );
    lab.hoist("orphans --region us-east-1").exit(0);
    lab.hoist("orphans").exit(2).says_all(&[&far]);
    let found = lab.hoist("orphans --region us-east-1 --all-regions -o json").exit(2).json();
    assert_eq!(ids(&found, "orphans", "instance_id"), [far.as_str()]);
    assert!(found["orphans"][0]["place"].as_str().unwrap().starts_with("ec2 eu-west-1"));
    lab.hoist("orphans --all-regions --terminate --yes").exit(0);
    assert!(lab.cloud.instances_in("eu-west-1").iter().all(|instance| !instance.lives()));
}

#[test]
fn a_run_stays_where_it_was_raised() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    let elsewhere = [("AWS_REGION", Some("eu-west-1"))];
    lab.hoist_with(&elsewhere, "plan status demo").exit(0);
    lab.hoist_with(&elsewhere, "plan reload demo.toml --dry-run").exit(0);
    lab.hoist_with(&elsewhere, "orphans").exit(0);
    lab.hoist_with(&elsewhere, "plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn a_new_plan_may_add_another_region_to_a_run() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    lab.plan(
        "demo",
        "[clouds.far]\nprovider = \"ec2\"\nregion = \"eu-west-1\"\n[[levels]]\n[levels.services.db]\nreplicas = 2\n[[levels]]\n\
         [levels.services.web]\n[levels.services.mirror]\ncloud = \"far\"\nkey_name = \"far\"\n",
    );
    let key = [("KeyName", "far")];
    lab.somebody_asks("eu-west-1", "CreateKeyPair", &key);
    lab.hoist("plan reload demo.toml").exit(0);
    let far = || lab.cloud.instances_in("eu-west-1").into_iter().filter(|instance| instance.lives()).count();
    assert_eq!((lab.alive().len(), far()), (3, 1));
    lab.hoist("orphans").exit(0);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!((lab.alive().len(), far()), (0, 0));
}

#[test]
fn a_place_that_cannot_be_asked_is_named() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    let locked_out = [("AWS_ACCESS_KEY_ID", None), ("AWS_SECRET_ACCESS_KEY", None), ("AWS_REGION", None)];
    let ran = lab.hoist_with(&locked_out, "orphans -o json").exit(3);
    assert!(ran.json()["failed"][0]["error"].as_str().unwrap().starts_with("ec2 us-east-1 at"), "{}", ran.raw_stdout);
    lab.hoist_with(&locked_out, "orphans").exit(3).says_all(&[
        "no orphans in local",
        "could not ask ec2 us-east-1",
        "there are none",
    ]);
    let refused = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    lab.cloud.change(|faults| *faults = Faults::default().always("DescribeVolumes", refused));
    lab.hoist("orphans").exit(3).says_all(&["ec2:DescribeVolumes"]);
}

#[test]
fn one_that_may_not_be_terminated_does_not_keep_the_others() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    let kept = lab.service("demo", "web")["instance_id"].as_str().unwrap().to_owned();
    let protect = [("InstanceId", kept.as_str()), ("DisableApiTermination.Value", "true")];
    lab.somebody_asks(REGION, "ModifyInstanceAttribute", &protect);
    fs::remove_dir_all(lab.path("state")).unwrap();
    lab.hoist("orphans --terminate --other-states --yes").exit(3).says_all(&[
        &kept,
        "protected against termination",
        "--no-disable-api-termination",
    ]);
    assert_eq!(lab.alive(), [kept]);
}

#[test]
fn an_ec2_like_cloud_is_asked_by_its_own_variables() {
    let Some(lab) = Lab::without_machines(Faults::default().plain(TagsAtLaunch::Dropped)) else { return };
    three(&lab);
    let endpoint = lab.cloud.endpoint();
    let rc = [
        ("EC2_URL", Some(endpoint.as_str())),
        ("EC2_ACCESS_KEY", Some("key")),
        ("EC2_SECRET_KEY", Some("secret")),
        ("AWS_ENDPOINT_URL", None),
        ("AWS_ACCESS_KEY_ID", None),
        ("AWS_SECRET_ACCESS_KEY", None),
        ("AWS_REGION", None),
    ];
    lab.hoist_with(&rc, "plan boot demo.toml").exit(0);
    lab.hoist_with(&rc, "orphans").exit(0);
    fs::remove_dir_all(lab.path("state")).unwrap();
    lab.hoist_with(&rc, "orphans --terminate --other-states --yes").exit(0).says_all(&["3 machines"]);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn this_machine_is_asked_too() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    lab.file("here.toml", "name = \"here\"\n[[levels]]\n[levels.services.web]\n");
    lab.hoist("plan boot here.toml").exit(0);
    lab.hoist("orphans").exit(0);
    for file in ["hoist.db", "hoist.db-wal", "hoist.db-shm", "hoist.db-head"] {
        let _ = fs::remove_file(lab.path("state").join(file));
    }
    let found = lab.hoist("orphans -o json").exit(2).json();
    assert_eq!(found["orphans"][0]["place"], "local", "{found:#}");
    lab.hoist("orphans --terminate --other-states --yes").exit(0);
    lab.hoist("orphans").exit(0);
}

#[test]
fn machines_that_tell_of_no_state_file_are_left_to_whoever_says_so() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    let (owner, mine) = (me(&lab), lab.cloud.instances()[0].tags["hoist:state"].clone());
    // As an earlier hoist launched it; and one of this state file, whose record was forgotten.
    let old = machine(&lab, REGION, &[("hoist:run", "old.1"), ("hoist:owner", &owner)]);
    let forgotten =
        machine(&lab, REGION, &[("hoist:run", "forgotten.1"), ("hoist:owner", &owner), ("hoist:state", &mine)]);
    let found = lab.hoist("orphans -o json").exit(2).json();
    for orphan in found["orphans"].as_array().unwrap() {
        assert_eq!(orphan["other_state"], orphan["instance_id"] == old.as_str(), "{found:#}");
    }
    lab.hoist("orphans --terminate --yes").exit(3).says_all(&[&format!("removed machine {forgotten}"), &old]);
    assert_eq!(lab.alive().len(), 4);
    lab.hoist("orphans --terminate --other-states --yes").exit(0);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn a_machine_that_is_shown_only_after_the_end_is_ended_by_the_next_terminate() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    let (owner, run) = (me(&lab), lab.cloud.instances()[0].tags["hoist:run"].clone());
    lab.hoist("plan terminate demo --yes").exit(0);
    let late = machine(&lab, REGION, &[("hoist:run", &run), ("hoist:owner", &owner)]);
    lab.hoist("plan terminate demo --yes").exit(0).says_all(&[
        &format!("{late} was still there, and was ended"),
        "demo is gone",
        "asked again: ec2",
    ]);
    assert_eq!(lab.alive(), Vec::<String>::new());
    let refused = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    lab.cloud.change(|faults| *faults = Faults::default().always("DescribeInstances", refused));
    lab.hoist("plan terminate demo --yes").exit(3).says_all(&["demo is not", "ec2:DescribeInstances"]);
}
