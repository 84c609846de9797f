//! Limits that are lowered take workers out, whichever engine decides.

use hoist::elastic::engine::{Decision, Drain, Reason, Termination};
use hoist::provider::{Cloud as _, LaunchRequest, TAG_FLEET, TAG_OWNER, TAG_RUN};
use hoist::scaler::{FleetEvent, FleetRequest, Overrides, WorkerPhase};

use super::lab::{Lab, burst, file_text, parse};

const ENGINES: [&str; 5] = [
    "name = \"classad\"",
    "name = \"elastiq\"",
    "name = \"queuelen\"\nhigh = 30\nlow = 0",
    "name = \"coalition\"\nminimum_lifetime = \"5m\"",
    "name = \"npreserving\"\npreserve_n = 5",
];

/// Five workers, three of them busy.
async fn five(engine: &str) -> (Lab, hoist::scaler::Scaler) {
    let lab = Lab::new(&file_text(5, 5, engine, ""), burst(300, 12, 1800)).await;
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 600).await.unwrap();
    assert_eq!(lab.alive(), 5, "{engine}: {:#?}", lab.passes_since(600));
    (lab, scaler)
}

fn serving(scaler: &hoist::scaler::Scaler) -> usize {
    scaler.fleet().workers.values().filter(|worker| worker.phase < WorkerPhase::Draining).count()
}

fn reasons(lab: &Lab, seconds: i64) -> Vec<Reason> {
    let reason = |decision: Decision| match decision {
        Decision::Terminate(Termination { reason, .. }) | Decision::Drain(Drain { reason, .. }) => Some(reason),
        _ => None,
    };
    lab.decisions_since(seconds).into_iter().filter_map(reason).collect()
}

fn cancellations(lab: &Lab) -> usize {
    let cancelled = |line: &FleetEvent| matches!(line, FleetEvent::DrainCancelled { .. });
    lab.journal.lines().iter().filter(|(_, line)| cancelled(line)).count()
}

#[tokio::test(start_paused = true)]
async fn a_lowered_maximum_takes_those_without_a_job_out_first() {
    for engine in ENGINES {
        let (lab, mut scaler) = five(engine).await;
        let overrides = Overrides { min: Some(2), max: Some(2), ..Overrides::default() };
        lab.journal.request(FleetRequest::Set { overrides, pause: None, reset: false });
        lab.set_max(2);
        lab.run(&mut scaler, 300).await.unwrap();
        // Two had no job; the third drains until its jobs end. The engine npreserving chooses by age.
        let alive = if engine.contains("npreserving") { 3..=5 } else { 3..=3 };
        assert!(alive.contains(&lab.alive()), "{engine}: {:#?}", lab.passes_since(300));
        assert_eq!(serving(&scaler), 2, "{engine}: {:#?}", lab.passes_since(300));
        let above =
            |reason: &Reason| matches!(reason, Reason::AboveMaximum { maximum: 2, .. } | Reason::Surplus { .. });
        assert!(reasons(&lab, 300).iter().any(above), "{engine}: {:#?}", reasons(&lab, 300));
        lab.run(&mut scaler, 3600).await.unwrap();
        assert_eq!((lab.alive(), lab.world.done(), cancellations(&lab)), (2, 12, 0), "{engine}");
        lab.check();
        lab.check_ledger();
    }
}

#[tokio::test(start_paused = true)]
async fn a_lowered_hourly_budget_takes_out_what_it_does_not_pay() {
    for engine in ENGINES {
        let lab = Lab::new(&file_text(0, 4, &engine.replace('5', "4"), ""), burst(0, 60, 1800)).await;
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 900).await.unwrap();
        let before = lab.alive();
        assert!(before > 2, "{engine}: {:#?}", lab.passes_since(900));
        // A worker costs $0.50 an hour.
        let text = file_text(0, 4, &engine.replace('5', "4"), "[limits]\nbudget_per_hour = 1.2\n");
        scaler.reconfigure(parse(&text), lab.kinds.clone(), text.clone()).await.unwrap();
        lab.run(&mut scaler, 120).await.unwrap();
        assert_eq!(serving(&scaler), 2, "{engine}: {:#?}", lab.passes_since(120));
        let above = |reason: &Reason| matches!(reason, Reason::AboveHourlyBudget { .. });
        assert!(reasons(&lab, 120).iter().any(above), "{engine}: {:#?}", reasons(&lab, 120));
        lab.run(&mut scaler, 3600).await.unwrap();
        assert_eq!(cancellations(&lab), 0, "{engine}");
        assert!(lab.alive() <= 2, "{engine}: {:#?}", lab.passes_since(60));
        lab.check();
    }
}

// In real time: a program does not run faster than it does.
#[tokio::test]
async fn a_program_that_decides_nothing_does_not_keep_what_is_above_the_maximum() {
    let engine =
        "name = \"command\"\nprogram = [\"/bin/sh\", \"-c\", \"cat >/dev/null; echo '{\\\"decisions\\\": []}'\"]";
    let lab = Lab::new(&file_text(3, 3, engine, ""), Vec::new()).await;
    let mut scaler = lab.scaler().await.unwrap();
    scaler.pass().await.unwrap();
    assert_eq!(lab.alive(), 3);
    let overrides = Overrides { min: Some(0), max: Some(1), ..Overrides::default() };
    lab.journal.request(FleetRequest::Set { overrides, pause: None, reset: false });
    scaler.take_requests().await.unwrap();
    let pass = scaler.pass().await.unwrap();
    assert_eq!(serving(&scaler), 1, "{pass:#?}");
    assert_eq!(reasons(&lab, 60), [Reason::AboveMaximum { maximum: 1, serving: 3 }], "{pass:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_state_file_left_counts_against_the_maximum() {
    for engine in ENGINES {
        let lab = Lab::new(&file_text(5, 5, engine, ""), burst(0, 40, 1800)).await;
        let tag = |nonce: &str| format!("fleet/lab/{nonce}");
        let of = |owner: &str, nonce: &str| LaunchRequest {
            token: format!("{nonce}-1"),
            slots: ["a", "b", "c"].map(|name| format!("{name}-{nonce}")).to_vec(),
            machine: lab.kinds["machine"].machine.clone(),
            offers: lab.kinds["machine"].machine.offers.clone(),
            tags: [(TAG_FLEET, tag(nonce)), (TAG_RUN, tag(nonce)), (TAG_OWNER, owner.to_owned())]
                .map(|(name, value)| (name.to_owned(), value))
                .into(),
            expires_at: None,
            repeated: false,
        };
        // Those of another user do not count.
        lab.cloud.sim.launch(&of("ada@lovelace", "aaaaaaaaaaaa")).await.unwrap();
        lab.cloud.sim.launch(&of("charles@babbage", "bbbbbbbbbbbb")).await.unwrap();
        lab.set_max(8);
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 600).await.unwrap();
        assert_eq!(serving(&scaler), 2, "{engine}: {:#?}", lab.passes_since(60));
        let last = lab.journal.passes().last().unwrap().clone();
        let told = serde_json::to_string(&last).unwrap();
        assert!(told.contains("3 instances of a fleet of this name"), "{engine}: {last:#?}");
        lab.check();
    }
}
