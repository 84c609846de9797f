//! What the evaluation of condor_annex for GlideinWMS missed: each point, and that it is there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::annex_cli::lab::Lab;
use crate::packed::decoded;
use hoist_test_support::aws::IMAGE;
use hoist_test_support::condor_pool::{Machine, manager, worker};
use hoist_test_support::ran::Ran;

/// Runs a hoist command that finds HTCondor's programs, as `admin` of the pool has them.
fn with_pool(lab: &Lab, manager: &Machine, words: &str) -> Ran {
    let programs = manager.programs_of("admin");
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", programs.display());
    lab.command(words).env("PATH", path).run()
}

/// An annex of so many machines, all of which are in the pool; their ids, in order.
fn joined(lab: &Lab, manager: &Machine, name: &str, count: u32) -> Vec<(String, Machine)> {
    let words = lab.created(name, &format!("--count {count} --no-owner")).replace("127.0.0.1", &manager.address);
    let made = with_pool(lab, manager, &format!("{words} -o json")).exit(0).json();
    let id: hoist::annex::AnnexId = hoist::annex::AnnexId::of_tag(made["tag"].as_str().unwrap()).unwrap();
    let mut ids: Vec<String> =
        made["instances"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids.into_iter()
        .map(|instance| (instance.clone(), worker(manager, (id.name.as_str(), &id.tag()), &instance)))
        .collect()
}

fn alive(lab: &Lab, manager: &Machine, name: &str) -> BTreeSet<String> {
    let status = with_pool(lab, manager, &format!("annex status {name} --no-pool -o json")).json();
    let rows = status["instances"].as_array().unwrap().iter();
    rows.filter(|row| row["state"] == "running").map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// A submit file, here and on the manager.
fn submit_file(lab: &Lab, manager: &Machine, name: &str, text: &str) -> String {
    let path = lab.path(name);
    lab.file(name, text);
    manager.must("admin", &format!("mkdir -p '{}'", path.parent().unwrap().display()));
    manager.write(&path, text);
    path.display().to_string()
}

#[test]
fn no_admin_rights_for_daily_use() {
    let Some(lab) = Lab::aws() else { return };
    let before = lab.cloud().calls().len();
    lab.create("foo", "--count 2").exit(0);
    lab.hoist("annex status foo --no-pool").exit(0);
    lab.hoist("annex extend foo --yes --lease 2h").exit(0);
    lab.hoist("annex update foo --count 3 --yes").exit(0);
    lab.hoist("annex delete foo --yes").exit(0);
    let policy = lab.hoist("annex policy --for user").exit(0).json();
    let allowed: BTreeSet<&str> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap().split(':').nth(1).unwrap())
        .collect();
    assert!(!policy.to_string().contains("CreateRole") && !policy.to_string().contains("\"*:*\""));
    let calls = lab.cloud().calls();
    let queries: BTreeSet<&str> = calls[before..]
        .iter()
        .map(|call| call.action.as_str())
        // The right to list is named for what is listed.
        .map(|action| if action == "ListObjectsV2" { "ListBucket" } else { action })
        // Whoever calls may always ask who they are; a launch is only rehearsed.
        .filter(|action| !action.is_empty() && *action != "GetCallerIdentity")
        .collect();
    assert!(queries.contains("CreateStack") && queries.contains("DeleteStack"));
    for call in &calls[before..] {
        assert!(call.action != "RunInstances" || call.parameters.get("DryRun") == Some("true"), "{call:?}");
    }
    let beyond: Vec<&&str> = queries.iter().filter(|action| !allowed.contains(**action)).collect();
    assert!(beyond.is_empty(), "{beyond:?} of {queries:?}");
}

#[test]
fn status_as_classads_kept_in_the_collector() {
    let (Some(lab), Some(manager)) = (Lab::aws(), manager()) else { return };
    let machines = joined(&lab, &manager, "classads", 1);
    let written = with_pool(&lab, &manager, "annex status classads --classad").exit(0);
    let ads = hoist::classad::read_ads(&written.raw_stdout).unwrap();
    assert_eq!(ads.iter().filter_map(|ad| ad.text("MyType")).collect::<Vec<_>>(), ["HoistAnnex", "HoistAnnexInstance"]);
    assert_eq!(ads[1].text("HoistInstance"), Some(machines[0].0.as_str()));
    with_pool(&lab, &manager, "annex status classads --advertise").exit(0).says_all(&["is in the collector"]);
    let ask = "condor_status -any -constraint 'MyType == \"HoistAnnex\" && AnnexName == \"classads\"' -af InstancesRunning AnnexState";
    manager.until("the collector has it", || manager.must("admin", ask).trim() == "1 settled");
    with_pool(&lab, &manager, "annex delete classads --yes").exit(0);
    with_pool(&lab, &manager, "annex status classads --advertise")
        .exit(1)
        .says_all(&["its ad is out of the collector"]);
    manager.until("the collector has it no more", || manager.must("admin", ask).trim().is_empty());
}

#[test]
fn usable_without_owning_the_pool() {
    let Some(lab) = Lab::aws() else { return };
    lab.file("pilot.sh", "#!/bin/sh\necho a pilot\n");
    let words = format!("--pool image={IMAGE},type=t3.small --pool-software none --user-data pilot.sh --count 2");
    let shown = lab.hoist(&format!("annex create pilots {words} --dry-run -o json")).exit(0).json();
    let data = shown["request"]["template"]["Resources"]["Template0"]["Properties"]["LaunchTemplateData"]["UserData"]
        .as_str()
        .unwrap()
        .to_owned();
    let decoded = decoded(&data);
    assert!(decoded.contains("echo a pilot") && !decoded.contains("condor"), "{decoded}");
    let made = lab.hoist(&format!("annex create pilots {words} --yes -o json")).exit(0).json();
    assert_eq!(made["running"], 2);
    let status = lab.hoist("annex status pilots -o json").exit(0).json();
    assert_eq!((&status["pool_asked"], status["instances"].as_array().unwrap().len()), (&json!(false), 2));
    let one = status["instances"][0]["id"].as_str().unwrap().to_owned();
    lab.hoist(&format!("annex drain pilots --yes --instance {one}"))
        .exit(0)
        .says_all(&["1 instance of pilots drained and ended"]);
    lab.hoist("annex delete pilots --yes").exit(0);
}

#[test]
fn integration_with_condor_submit() {
    let (Some(lab), Some(manager)) = (Lab::aws(), manager()) else { return };
    let _machines = joined(&lab, &manager, "submits", 1);
    let text = "executable = /bin/true\nrequest_memory = 16\nrequest_disk = 16\nqueue 2\n";
    let file = submit_file(&lab, &manager, "job.sub", text);
    let words = format!("annex submit {file} --annex submits -o json -- request_cpus=1");
    let first = with_pool(&lab, &manager, &words).exit(0).json();
    assert_eq!((&first["annex"], &first["clusters"][0]["jobs"]), (&json!("submits"), &json!(2)));
    let cluster = first["clusters"][0]["cluster"].as_u64().unwrap();
    let done = format!("condor_history {cluster} -af TargetAnnexName");
    manager.until("both are done there", || {
        manager.must("admin", &done).lines().filter(|name| *name == "submits").count() == 2
    });
    let again = with_pool(&lab, &manager, &words).exit(0).json();
    assert_ne!(again["clusters"][0]["cluster"], first["clusters"][0]["cluster"], "meant twice, submitted twice");
    assert_eq!(std::fs::read_to_string(lab.path("job.sub")).unwrap(), text, "the file is the user's");
    let bad = submit_file(&lab, &manager, "bad.sub", "executable = /bin/true\nuniverse = local\nqueue\n");
    with_pool(&lab, &manager, &format!("annex submit {bad} --annex submits"))
        .exit(1)
        .says_all(&["nothing was submitted"]);
    with_pool(&lab, &manager, "annex delete submits --yes").exit(0);
}

#[test]
fn no_aws_cli_to_install() {
    let Some(lab) = Lab::aws() else { return };
    let run = |words: &str| lab.command(words).env("PATH", "/nonexistent").run();
    run(&lab.created("foo", "--count 2")).exit(0);
    run("annex status foo --no-pool").exit(0);
    run("annex update foo --count 3 --yes").exit(0);
    run("annex delete foo --yes").exit(0);
}

#[test]
fn an_annex_that_is_up_can_be_updated() {
    let (Some(lab), Some(manager)) = (Lab::aws(), manager()) else { return };
    let machines = joined(&lab, &manager, "updated", 2);
    let grown = with_pool(&lab, &manager, "annex update updated --count 3 --yes -o json").exit(0).json();
    assert_eq!(grown["running"], 3);
    let joined: BTreeSet<String> = machines.iter().map(|(id, _)| id.clone()).collect();
    let new: Vec<String> = alive(&lab, &manager, "updated").difference(&joined).cloned().collect();
    assert_eq!(new.len(), 1, "those that ran go on");
    // The one that is in no pool has no jobs, and is the youngest: it goes, and nothing else.
    let shrunk = with_pool(&lab, &manager, "annex update updated --count 2 --yes -o json").exit(0).json();
    assert_eq!(shrunk["wanted"], 2);
    assert_eq!(alive(&lab, &manager, "updated"), joined);
    with_pool(&lab, &manager, "annex delete updated --yes").exit(0);
}

#[test]
fn control_over_which_instance_shuts_down() {
    let (Some(lab), Some(manager)) = (Lab::aws(), manager()) else { return };
    let machines = joined(&lab, &manager, "controlled", 3);
    let chosen = machines[1].0.clone();
    with_pool(&lab, &manager, &format!("annex drain controlled --yes --instance {chosen}")).exit(0);
    let left: BTreeSet<String> = [&machines[0].0, &machines[2].0].into_iter().cloned().collect();
    assert_eq!(alive(&lab, &manager, "controlled"), left);
    let status = with_pool(&lab, &manager, "annex status controlled -o json").json();
    assert_eq!((&status["wanted"], &status["draining"]), (&json!(2), &json!([])), "none comes in its stead");
    with_pool(&lab, &manager, "annex drain controlled --yes --instance i-0123456789abcdef0")
        .exit(1)
        .says_all(&["has no instance"]);
    with_pool(&lab, &manager, "annex delete controlled --yes").exit(0);
}

#[test]
fn no_clash_with_project_id() {
    let (Some(lab), Some(manager)) = (Lab::aws(), manager()) else { return };
    let shown = lab.create("projects", "--dry-run -o json").exit(0).json();
    assert!(!whole(&shown).contains("ProjectID"), "machines say nothing of projects");
    let _machines = joined(&lab, &manager, "projects", 1);
    let text = "executable = /bin/true\nrequest_memory = 16\nrequest_disk = 16\n+ProjectID = \"astro\"\nqueue\n";
    let file = submit_file(&lab, &manager, "project.sub", text);
    let jobs = with_pool(&lab, &manager, &format!("annex submit {file} --annex projects -o json")).exit(0).json();
    let cluster = jobs["clusters"][0]["cluster"].as_u64().unwrap();
    let ask = format!("condor_history {cluster} -af ProjectID TargetAnnexName");
    manager.until("it is done", || manager.must("admin", &ask).trim() == "astro projects");
    with_pool(&lab, &manager, "annex delete projects --yes").exit(0);
}

/// The document with what its user data decodes to.
fn whole(document: &Value) -> String {
    let data =
        &document["request"]["template"]["Resources"]["Template0"]["Properties"]["LaunchTemplateData"]["UserData"];
    format!("{document}{}", decoded(data.as_str().unwrap()))
}
