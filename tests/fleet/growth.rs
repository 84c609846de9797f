//! Fleets follow their work, whatever engine decides.

use hoist::elastic::engine::{Limit, Note};
use hoist::scaler::Scaler;

use super::answers::Mood;
use super::lab::{Lab, burst, file_text};

/// Engines that follow a queue.
const ENGINES: [&str; 4] = [
    "name = \"classad\"",
    "name = \"elastiq\"",
    "name = \"queuelen\"\nhigh = 3\nlow = 1",
    "name = \"coalition\"\nminimum_lifetime = \"5m\"",
];

#[tokio::test(start_paused = true)]
async fn a_fleet_grows_to_its_work_and_shrinks_to_its_minimum() {
    for engine in ENGINES {
        let lab = Lab::new(&file_text(1, 4, engine, ""), burst(100, 24, 900)).await;
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 600).await.unwrap();
        assert!(lab.alive() > 1, "{engine}: {:#?}", lab.journal.passes());
        lab.run(&mut scaler, 3 * 3600).await.unwrap();
        assert_eq!((lab.world.done(), lab.alive()), (24, 1), "{engine}: {:#?}", lab.passes_since(1800));
        lab.check();
        lab.check_ledger();
        // On constant input nothing is decided.
        lab.run(&mut scaler, 7200).await.unwrap();
        assert_eq!(lab.decisions_since(3600), [], "{engine}");
        assert!(lab.world.forgotten() > 0);
        lab.stop(&mut scaler).await.unwrap();
        lab.check();
    }
}

#[tokio::test(start_paused = true)]
async fn a_constant_number_of_workers_is_kept_and_replaced() {
    let lab = Lab::new(&file_text(0, 5, "name = \"npreserving\"\npreserve_n = 3", ""), Vec::new()).await;
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 300).await.unwrap();
    assert_eq!(lab.alive(), 3);
    let victim = lab.cloud.sim.alive()[0].service.clone();
    assert_eq!(lab.cloud.sim.kill(&victim), 1);
    lab.run(&mut scaler, 600).await.unwrap();
    assert_eq!((lab.alive(), lab.cloud.sim.launched().len()), (3, 4));
    lab.check();
    lab.check_ledger();
}

// In real time: a program does not run faster than it does.
#[tokio::test]
async fn a_program_decides_and_its_failure_decides_nothing() {
    let script = |answer: &str| {
        let json = answer.replace('"', "\\\"");
        format!("name = \"command\"\nprogram = [\"/bin/sh\", \"-c\", \"cat >/dev/null; echo '{json}'\"]")
    };
    let grow = script(r#"{"decisions": [{"decision": "launch", "count": 9, "reason": "more"}], "memory": {"n": 1}}"#);
    let lab = Lab::new(&file_text(0, 3, &grow, ""), Vec::new()).await;
    let mut scaler = lab.scaler().await.unwrap();
    let pass = scaler.pass().await.unwrap();
    assert_eq!(lab.alive(), 3, "{pass:#?}");
    let limited = |note: &Note| matches!(note, Note::StartLimited { by: Limit::Maximum { .. }, allowed: 3, .. });
    assert!(pass.notes.iter().any(limited), "{pass:#?}");
    drop(scaler);
    for broken in [script("nonsense"), "name = \"command\"\nprogram = [\"/bin/false\"]".to_owned()] {
        let mut lab = Lab::new(&file_text(1, 3, &broken, ""), Vec::new()).await;
        let mut scaler = lab.scaler().await.unwrap();
        let pass = scaler.pass().await.unwrap();
        let failed = |note: &Note| matches!(note, Note::Held { by: Limit::ProgramFailed { .. } });
        assert!(pass.notes.iter().any(failed), "{pass:#?}");
        // The minimum holds all the same.
        assert_eq!(lab.alive(), 1, "{pass:#?}");
        lab.take_over();
        lab.check_ledger();
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_pass_tells_and_changes_nothing() {
    for engine in ENGINES {
        let lab = Lab::new(&file_text(1, 4, engine, ""), burst(0, 24, 900)).await;
        let before = lab.journal.commits();
        tokio::time::sleep(std::time::Duration::from_secs(30)).await;
        let record = Scaler::rehearse(lab.parts()).await.unwrap();
        assert!(!record.decisions.is_empty(), "{engine}: {record:#?}");
        assert_eq!((lab.journal.commits(), lab.alive()), (before, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn sources_that_are_silent_hold_everything_but_leases() {
    for (engine, mood) in ENGINES.iter().flat_map(|engine| [(engine, Mood::Failed), (engine, Mood::Stale(4000))]) {
        let lab = Lab::new(&file_text(0, 4, engine, ""), burst(0, 8, 600)).await;
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 400).await.unwrap();
        let alive = lab.alive();
        assert!(alive > 0, "{engine}");
        lab.world.set_mood(mood);
        lab.run(&mut scaler, 5400).await.unwrap();
        assert_eq!(lab.alive(), alive, "{engine} {mood:?}: {:#?}", lab.passes_since(5400));
        assert_eq!(lab.decisions_since(5400 - 60), [], "{engine} {mood:?}");
        lab.world.set_mood(Mood::Fresh);
        lab.run(&mut scaler, 2 * 3600).await.unwrap();
        assert_eq!((lab.alive(), lab.world.done()), (0, 8), "{engine} {mood:?}");
        lab.check();
        lab.check_ledger();
    }
}
