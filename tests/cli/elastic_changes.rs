//! What operators change of a fleet: its settings, its workers, its file and its end.

use hoist::elastic::engine::MachineId;
use hoist::scaler::{FleetEvent, FleetRequest, Overrides, RequestAnswer};
use serde_json::json;

use crate::elastic_fleet::{FILE, Held};
use crate::lab::Lab;

#[test]
fn set_is_recorded_without_a_scaler_and_answered_by_one() {
    let lab = Lab::new();
    let held = Held::new(&lab);
    let set = lab.hoist("elastic set crunch --max 8 -o json").spawn();
    let asked = held.answer(&RequestAnswer::Done { message: "at most 8 workers from now on".to_owned() });
    let overrides = Overrides { max: Some(8), ..Overrides::default() };
    assert_eq!(asked, FleetRequest::Set { overrides, pause: None, reset: false });
    let document = set.wait().exit(0).json();
    assert_eq!((&document["outcome"], &document["message"]), (&json!("done"), &json!("at most 8 workers from now on")));

    let refused = lab.hoist("elastic set crunch --pause").spawn();
    held.answer(&RequestAnswer::Refused { message: "not now".to_owned(), hint: Some("later".to_owned()) });
    refused.wait().exit(1).stdout("").says("the scaler of crunch refuses: not now\n  try: later\n");

    lab.hoist("elastic set crunch --resume --no-wait").exit(0).says("recorded; the scaler takes it in: ");
    drop(held);
    lab.hoist("elastic set crunch --count 9")
        .exit(0)
        .says("9 is above the maximum of 3 in the fleet's file, and holds");
    lab.hoist("elastic set crunch --count 2")
        .exit(0)
        .never_says("above the maximum")
        .stdout("")
        .says("recorded; no scaler runs crunch, and the next one takes it in first: `hoist ");
}

#[test]
fn settings_that_cannot_be_are_refused_first() {
    let lab = Lab::new();
    let held = Held::new(&lab);
    for (words, code, why) in [
        ("", 64, "the following required arguments were not provided"),
        ("--min 4", 64, "a minimum of 4 (by `hoist elastic set`) is above the maximum of 3 (by its file)"),
        ("--max 0", 64, "a minimum of 1 (by its file) is above the maximum of 0 (by `hoist elastic set`)"),
        ("--count 2 --max 3", 64, "cannot be used with"),
        ("--pause --resume", 64, "cannot be used with"),
        ("--min -1", 64, "unexpected argument"),
        ("--max 100001", 64, "is not in 0..=100000"),
        ("--engine elastik", 64, "did you mean \"elastiq\"?"),
        ("--engine queuelen", 64, "needs the marks"),
    ] {
        lab.hoist(&format!("elastic set crunch {words}")).exit(code).stdout("").says(why);
    }
    drop(held);
    let state = hoist::state::StateFile::open(&lab.state()).unwrap();
    let id = state.find_fleet(&"crunch".parse().unwrap()).unwrap().id;
    assert!(state.fleet_answer(&id, 1).is_err(), "no request was left");
}

#[test]
fn drain_names_workers_by_id_or_name() {
    let lab = Lab::new();
    let held = Held::new(&lab);
    held.live_through(&["crunch-1", "crunch-2", "crunch-3"]);
    let drain = lab.hoist("elastic drain crunch -m crunch-2 -m i-3 -m i-1 -m i-2").spawn();
    let asked = held.answer(&RequestAnswer::Done { message: "2 workers accept no more work".to_owned() });
    let machines = ["i-2", "i-3"].map(MachineId::new).to_vec();
    assert_eq!(asked, FleetRequest::Drain { machines });
    drain.wait().exit(0).stdout("").says("crunch-1 is gone").says("2 workers accept no more work");
    lab.hoist("elastic drain crunch -m i-9").exit(64).stdout("").says("fleet crunch has no worker \"i-9\"");
    lab.hoist("elastic drain crunch -m i-1").exit(0).says("nothing is left to drain");
}

#[test]
fn reload_checks_the_file_and_asks_before_it_drains() {
    let lab = Lab::new();
    let held = Held::new(&lab);
    held.live_through(&["crunch-1", "crunch-2", "crunch-3"]);
    lab.file("elastic.toml", FILE.replace("max = 3", "max = 0"));
    lab.hoist("elastic reload crunch")
        .exit(1)
        .stdout("")
        .says("elastic.toml:2: ")
        .says("\"min\" of [workers] is 1, more than \"max\", 0")
        .says("1 problem; the fleet goes on with the file as it was");
    lab.file("elastic.toml", FILE.replace("max = 3", "max = 1"));
    lab.hoist("elastic reload crunch")
        .exit(64)
        .stdout("")
        .says(
            "elastic.toml allows 1 worker (1 to 1, by its file), and 2 live: 1 worker will be drained, those \
               without a job",
        )
        .says("Take the file in? There is nobody to ask.");
    let reload = lab.hoist("elastic reload crunch --yes").spawn();
    let asked = held.answer(&RequestAnswer::Done { message: "taken in".to_owned() });
    assert_eq!(asked, FleetRequest::Reload { confirmed: true });
    reload.wait().exit(0).says("taken in");
    // One that drains is going anyway.
    held.drain_by_hand("i-2");
    let reload = lab.hoist("elastic reload crunch").spawn();
    held.answer(&RequestAnswer::Done { message: "taken in".to_owned() });
    reload.wait().exit(0).never_says("will be drained");
    lab.file("elastic.toml", FILE.replace("max = 3", "max = 5"));
    let reload = lab.hoist("elastic reload crunch").spawn();
    held.answer(&RequestAnswer::Done { message: "taken in".to_owned() });
    reload.wait().exit(0).never_says("will be drained");
}

#[test]
fn stop_says_what_ends_and_asks() {
    let lab = Lab::new();
    let held = Held::new(&lab);
    held.live_through(&["crunch-1", "crunch-2", "crunch-3"]);
    held.pass(held.quiet_pass(1, 30, 0));
    lab.hoist("elastic stop crunch")
        .exit(64)
        .stdout("")
        .says("2 workers will accept no more work, and be ended when they have no jobs: crunch-2, crunch-3\n")
        .says("End fleet crunch? There is nobody to ask.")
        .never_says("no scaler runs it");
    lab.hoist("elastic stop crunch --keep-workers")
        .exit(64)
        .says("2 workers will stay, and end with their leases, the last in ");
    // The scaler does it, and the command shows how far it is.
    let stop = lab.hoist("elastic stop crunch --yes -o json").spawn();
    let asked = held.answer(&RequestAnswer::Done { message: "it ends".to_owned() });
    assert_eq!(asked, FleetRequest::Stop { keep_workers: false, now: false });
    let machines = ["i-2", "i-3"].map(MachineId::new).to_vec();
    for event in [
        FleetEvent::StopIntended { keep_workers: false, now: false },
        FleetEvent::TerminationIntended { machines: machines.clone(), reason: None },
        FleetEvent::TerminationAccepted { machines: machines.clone() },
        FleetEvent::Gone { machines },
        FleetEvent::Ended { kept: Vec::new() },
    ] {
        held.record(60, event);
    }
    let document = stop.wait().exit(0).json();
    assert_eq!(document["message"], "fleet crunch has ended; 2 workers proved gone");
    drop(held);
    lab.hoist("elastic stop crunch --yes").exit(1).stdout("").says("fleet crunch has ended\n");
    lab.hoist("elastic status crunch").exit(0).says("crunch is ended; nobody runs it\n").never_says("!");
    lab.hoist("elastic why crunch").exit(0).says("pass 1 at ").says("! the fleet ended at ");
    lab.hoist("elastic why crunch -m crunch-1").exit(0).says("crunch-1 i-1 of kind machine is gone since ");
    lab.hoist("elastic list").exit(0).says("no fleet lives; `hoist elastic list --all` shows 1 that ended, of ");
    lab.hoist("elastic list --all").exit(0).says("ended");
}
