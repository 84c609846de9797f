//! What operators are told of a fleet.

use hoist::elastic::engine::{Decision, Launch, Limit, Note, Reason};
use hoist::scaler::{FleetEvent, PassRecord, Seen};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::elastic_fleet::{FILE, Held};
use crate::lab::{Lab, eventually};

fn limited() -> Note {
    let by = Limit::Maximum { maximum: 3, live: 3 };
    Note::StartLimited { reason: "queue".to_owned(), wanted: 5, allowed: 0, by }
}

#[test]
fn without_fleets_every_command_says_so() {
    let lab = Lab::new();
    lab.hoist("elastic list").exit(0).stdout("").says("no fleets are recorded");
    lab.hoist("elastic status").exit(0).stdout("").says("no fleets are recorded in ");
    for command in ["status", "why", "reload", "set --pause", "drain -m i-1"] {
        let state = lab.state();
        lab.hoist(&format!("elastic {command}"))
            .arg("crunch")
            .exit(1)
            .stdout("")
            .says(&format!("there is no fleet named crunch in {}", state.display()));
    }
    assert!(!lab.state().exists());
    assert_eq!(lab.hoist("elastic list -o json").exit(0).json(), json!({ "schema": 1, "fleets": [] }));
}

#[test]
fn names_that_are_misspelt_are_told_apart() {
    let lab = Lab::new();
    drop(Held::new(&lab));
    lab.hoist("elastic status crumch").exit(1).stdout("").says("crunch");
    lab.hoist("elastic status a/b").exit(64).stdout("").says("a fleet cannot be named \"a/b\"");
}

#[test]
fn status_tells_who_runs_a_fleet_and_what_holds_it_back() {
    let lab = Lab::new();
    let held = Held::new(&lab);
    held.live_through(&["crunch-1", "crunch-2", "crunch-3"]);
    let mut pass = held.quiet_pass(1, 60, 9);
    pass.notes = vec![limited()];
    held.pass(pass);
    lab.hoist("elastic status crunch")
        .exit(0)
        .says("crunch is running; run by ")
        .says("engine elastiq, on local\n")
        .says("  workers    2 of 1 to 3, by its file\n")
        .says("machine: 2 serving\n")
        .says("saw        9 jobs wait; 3 of 3 hosts are busy\n")
        .says("why not    5 workers wanted for waiting jobs, none may be launched: the maximum is 3, and 3 live\n")
        .says("  try      `hoist elastic set crunch --max 8`\n")
        .says("crunch-2  i-2  machine  serving")
        .never_says("  i-1  ");
    let document = lab.hoist("elastic status crunch -o json").exit(0).json();
    assert_eq!(
        (&document["state"], &document["live"], &document["engine"]),
        (&json!("running"), &json!(2), &json!("elastiq"))
    );
    assert_eq!(document["bounds"], json!({ "min": 1, "min_from": "file", "max": 3, "max_from": "file" }));
    assert_eq!(document["kinds"], json!({ "machine": { "serving": 2 } }));
    assert_eq!(document["last_pass"]["obstacle"]["remedy"], "`hoist elastic set crunch --max 8`");
    // Leases are renewed when half of them is over, by a pass that is due then.
    let expires: Timestamp = document["workers"][0]["expires_at"].as_str().unwrap().parse().unwrap();
    let renewal = (expires - SignedDuration::from_mins(20)).to_string();
    assert_eq!((&document["next"]["renewal"], &document["next"]["pass"]), (&json!(renewal), &json!(renewal)));
    assert_eq!(document["next"]["limits_at"], json!(null));
    lab.hoist("elastic status crunch").exit(0).says("  next pass  now\n").says("  leases     renewed now\n");
    let list = lab.hoist("elastic list -o json").exit(0).json();
    assert_eq!((&list["fleets"][0]["fleet"], &list["fleets"][0]["live"]), (&json!("crunch"), &json!(2)));

    // Once nobody runs it, the leases are what matters.
    drop(held);
    lab.hoist("elastic status")
        .exit(2)
        .says("crunch is running; nobody runs it\n")
        .says("! no scaler runs this fleet: leases end in 10 m (")
        .says("2 workers accept no more work, and end in 20 m at the latest; `hoist ")
        .says("elastic run --config ")
        .says("  10 m, at the latest 20 m\n")
        .never_says("next pass");
    let next = &lab.hoist("elastic status crunch -o json").exit(2).json()["next"];
    assert_eq!(*next, json!({ "pass": null, "renewal": null, "limits_at": null, "limits": null }));
    lab.hoist("elastic list").exit(0).says("nobody\n");
}

#[test]
fn a_scaler_that_has_just_begun_makes_a_pass_at_once() {
    let lab = Lab::new();
    let held = Held::new(&lab);
    // Of the scaler before.
    held.pass(held.quiet_pass(1, 59, 0));
    lab.hoist("elastic status crunch").exit(0).says("  next pass  now\n");
}

#[test]
fn what_stands_against_more_is_told_until_the_next_try() {
    let lab = Lab::new();
    let held = Held::new(&lab);
    let seen = |number: u64, waiting: Option<u64>, notes: Vec<Note>| {
        let minutes = 60 + i64::try_from(number).unwrap();
        let quiet = held.quiet_pass(number, minutes, 0);
        let seen = Seen { waiting, machines: [("running".to_owned(), 3)].into(), ..Seen::default() };
        held.pass(PassRecord { seen, notes, at: held.at(60), ..quiet });
    };
    seen(1, Some(9), vec![limited()]);
    // The next look begins to wait anew, and the last one is for failed machines alone.
    seen(2, Some(8), vec![Note::QueueWaits { excess: 8, since: held.at(60).as_second(), allowed: 0 }]);
    seen(3, None, vec![]);
    for command in ["status", "why"] {
        lab.hoist(&format!("elastic {command} crunch"))
            .exit(0)
            .says("machines: 3 running")
            .says(" 8 jobs wait (")
            .says("  5 workers wanted for waiting jobs, none may be launched: the maximum is 3, and 3 live (")
            .says("  `hoist elastic set crunch --max 8`\n")
            .never_says("wait for the next pass");
        let document = lab.hoist(&format!("elastic {command} crunch -o json")).exit(0).json();
        assert_eq!(document["latest"]["obstacle"]["remedy"], "`hoist elastic set crunch --max 8`", "{command}");
    }
    // A look that found nothing to do ends it.
    seen(4, Some(0), vec![]);
    for command in ["status", "why"] {
        lab.hoist(&format!("elastic {command} crunch")).exit(0).never_says("the maximum is 3");
    }
}

#[test]
fn the_queues_of_fleets_are_examined() {
    let lab = Lab::new();
    let held = Held::new(&lab);
    let doctor = || lab.hoist("doctor").run();
    doctor().exit(1).says(" wrong ").says("crunch: file: ");
    lab.file("jobs", "1\n");
    doctor().says("crunch: file, 1 job waiting\n");
    held.record(60, FleetEvent::Ended { kept: Vec::new() });
    doctor().never_says("crunch");
}

#[test]
fn why_tells_the_limit_and_the_command_that_lifts_it() {
    let lab = Lab::new();
    let held = Held::new(&lab);
    let reason = Reason::Queue { waiting: 6, coming: 0, jobs_per_machine: 2, since: held.at(1).as_second() };
    let mut first = held.quiet_pass(1, 2, 6);
    first.decisions = vec![Decision::Launch(Launch::plain(3, reason))];
    held.pass(first);
    let mut second = held.quiet_pass(2, 10, 9);
    second.notes = vec![limited()];
    held.pass(second);
    lab.hoist("elastic why crunch")
        .exit(0)
        .says("pass 2 at ")
        .says("  saw      9 jobs wait; 3 of 3 hosts are busy; 1 to 3 workers are allowed\n")
        .says("  decided  nothing (elastiq)\n")
        .says("  why not  5 workers wanted for waiting jobs, none may be launched: the maximum is 3, and 3 live\n")
        .says("    try    `hoist elastic set crunch --max 8`\n")
        .says("The last pass that decided something:\npass 1 at ")
        .says("  decided  launch 3 workers, because 6 jobs waited, more than the 0 workers on the way would take");
    // The time names the pass that held then.
    let at = held.at(5).to_string();
    lab.hoist("elastic why crunch --at").arg(&at).exit(0).says("pass 1 at ").never_says("pass 2");
    let before = held.at(-5).to_string();
    for output in ["", " -o json"] {
        lab.hoist(&format!("elastic why crunch{output} --at"))
            .arg(&before)
            .exit(1)
            .stdout("")
            .says("no pass of crunch is recorded of ")
            .says("the first that is recorded was made at ");
        let later = (Timestamp::now() + SignedDuration::from_hours(1)).to_string();
        lab.hoist(&format!("elastic why crunch{output} --at"))
            .arg(&later)
            .exit(64)
            .stdout("")
            .says(" is still to come");
    }
    // Between the second pass and now none was made.
    let long = held.at(50).to_string();
    lab.hoist("elastic why crunch --at")
        .arg(&long)
        .exit(0)
        .says("pass 2 at ")
        .says("! this is the last pass before ")
        .says(", made 40 m 00 s earlier; none was made in between");
    lab.hoist("elastic why crunch --last 0").exit(64).stdout("");
    lab.hoist("elastic why crunch --last 65535").exit(0).says("pass 1 at ").says("pass 2 at ");
    lab.hoist("elastic why crunch --last 2").exit(0).says("pass 1 at ").says("pass 2 at ");
    let document = lab.hoist("elastic why crunch -n 2 -o json").exit(0).json();
    assert_eq!(document["passes"][0]["decisions"][0]["count"], 3);
    assert_eq!(document["passes"][1]["obstacle"]["remedy"], "`hoist elastic set crunch --max 8`");

    // A pass that had nothing to do says so.
    let mut third = held.quiet_pass(3, 30, 0);
    third.bounds = (1, 3);
    held.pass(third);
    lab.hoist("elastic why crunch").exit(0).says("  why not  there is nothing to do: no job waits, and ");
    lab.hoist("elastic why crunch --at soon").exit(64).stdout("");
}

#[test]
fn why_machine_tells_a_life() {
    let lab = Lab::new();
    let held = Held::new(&lab);
    held.live_through(&["crunch-1", "crunch-2"]);
    for named in ["i-1", "crunch-1"] {
        lab.hoist("elastic why crunch --machine")
            .arg(named)
            .exit(0)
            .says("crunch-1 i-1 of kind machine is gone since ")
            .says("asked for with 1 more (machine, $0.25 an hour), because 6 jobs waited, more than ")
            .says("the cloud launched it as i-1\n")
            .says("joined the pool, 2 m 00 s after its launch\n")
            .says(
                "to accept no more work if without a claim, because without a job for 10 m 15 s; 5 m 00 s are allowed",
            )
            .says("to be ended, because its drain was complete: a fresh reading of the pool showed no claim\n")
            .says("the cloud accepted its end\n")
            .says("gone; it lived 20 m 00 s\n")
            .never_says("lease ends");
    }
    lab.hoist("elastic why crunch --machine i-2").exit(0).says("is serving since ").says("its lease ends at ");
    lab.hoist("elastic why crunch --machine crunch-0").exit(64).stdout("").says("did you mean crunch-");
    let life = lab.hoist("elastic why crunch -m i-1 -o json").exit(0).json();
    assert_eq!((&life["phase"], life["life"].as_array().map(Vec::len)), (&json!("gone"), Some(7)));

    // A name that no machine has got: its launch was refused.
    held.refuse_launch(&["crunch-3", "crunch-4"]);
    lab.hoist("elastic why crunch --machine crunch-4")
        .exit(0)
        .says("crunch-4 of kind machine was not launched\n")
        .says("asked for with 1 more (machine, $0.25 an hour), because 6 jobs waited, more than ")
        .says("the cloud launched nothing; the quota is used up\n")
        .never_says("lease");
    let refused = lab.hoist("elastic why crunch -m crunch-4 -o json").exit(0).json();
    assert_eq!((&refused["phase"], &refused["id"]), (&json!("not_launched"), &json!(null)));
    assert_eq!(refused["life"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_fleet_on_this_machine_is_grown_explained_and_stopped_without_a_scaler() {
    let lab = Lab::new();
    let file = FILE.replace("[queue]", "waiting_time = 0\n\n[queue]").replace("price = 0.25", "min = 0");
    // The file does not tell who is busy, so that a worker would have the grace of its lease to end.
    let file = file.replace("grace = \"10m\"", "grace = 0");
    lab.file("crunch.toml", file).file("jobs", "9\n");
    // The queue must have been seen too long before.
    let status = eventually("a pass launches workers", || {
        lab.hoist("elastic once --config crunch.toml").exit(0);
        let status = lab.hoist("elastic status crunch -o json").run().json();
        (status["live"] == 3).then_some(status)
    });
    assert_eq!(status["run_by"], json!(null), "{status:#}");
    let workers = status["workers"].as_array().unwrap();
    assert_eq!(lab.instances().len(), 3);
    lab.hoist("elastic why crunch").exit(0).says("  decided  launch ").says("  came     launched ");
    let id = workers[0]["id"].as_str().unwrap();
    lab.hoist("elastic why crunch --machine").arg(id).exit(0).says("  asked for").says("the cloud launched it as ");
    // The queue may be gone by now, and the file too.
    std::fs::remove_file(lab.path("jobs")).unwrap();
    std::fs::remove_file(lab.path("crunch.toml")).unwrap();
    lab.hoist("elastic stop crunch --yes")
        .exit(0)
        .stdout("")
        .says("no scaler runs it: this command ends them itself, and waits until they are gone")
        .says("fleet crunch has ended; 3 workers proved gone\n");
    lab.assert_nothing_runs();
}

#[test]
fn what_a_queue_shows_is_recorded_and_simulated() {
    let lab = Lab::new();
    lab.file("elastic.toml", FILE).file("jobs", "3\n");
    let recorded =
        lab.hoist("elastic record --config elastic.toml --to pool.jsonl --for 1s --every 1s -o json").exit(0).json();
    assert!(recorded["readings"].as_u64().unwrap() >= 1, "{recorded}");
    assert_eq!(recorded["failed"], 0);
    assert!(!lab.state().exists(), "nothing was recorded of a fleet");
    lab.hoist("elastic simulate pool.jsonl --max 3")
        .exit(0)
        .says("note: arrivals are the growth of groups from reading to reading")
        .says("note: the run time of 3 jobs is not known; each runs 600 s, a guess\n")
        .says("jobs done");
    let comparison = lab.hoist("elastic simulate pool.jsonl --engine elastiq --max 3 -o json").exit(0).json();
    assert_eq!((&comparison["format"], &comparison["engines"][0]["jobs"]["done"]), (&json!("recording"), &json!(3)));
    // A queue that cannot be read is recorded as such.
    std::fs::remove_file(lab.path("jobs")).unwrap();
    lab.hoist("elastic record --config elastic.toml --to pool.jsonl --for 1s --every 1s")
        .exit(1)
        .says("did not answer");
    lab.hoist("elastic record --config elastic.toml --to elastic.toml").exit(64).says("something else in it");
    for (words, why) in [
        ("--to x", "the following required arguments were not provided"),
        ("crunch --config elastic.toml --to x", "cannot be used with"),
        ("crunch --to x --every soon", "is no duration"),
    ] {
        lab.hoist(&format!("elastic record {words}")).exit(64).stdout("").says(why);
    }
}
