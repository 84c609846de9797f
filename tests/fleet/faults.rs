//! Clouds that fail.

use std::collections::BTreeMap;
use std::time::Duration;

use hoist::cloud::sim::{FaultKind, SimConfig, SimFault};
use hoist::elastic::engine::{Limit, Money, Note};
use hoist::provider::{CloudErrorKind, Offer};

use super::answers::Mood;
use super::lab::{Lab, burst, file_text};

const ENGINES: [&str; 3] = ["name = \"classad\"", "name = \"elastiq\"", "name = \"queuelen\"\nhigh = 3\nlow = 1"];

#[tokio::test(start_paused = true)]
async fn lost_answers_and_throttling_launch_nothing_twice() {
    for engine in ENGINES {
        for fault in [
            FaultKind::LaunchReplyLost,
            FaultKind::Launch(CloudErrorKind::Transient),
            FaultKind::Describe(CloudErrorKind::Transient),
            FaultKind::TerminateReplyLost,
            FaultKind::Terminate(CloudErrorKind::Transient),
            FaultKind::Terminate(CloudErrorKind::Rejected),
            FaultKind::Renew(CloudErrorKind::Transient),
            FaultKind::RenewReplyLost,
        ] {
            let lab = Lab::new(&file_text(1, 4, engine, ""), burst(10, 12, 700)).await;
            lab.cloud.sim.fault(SimFault::once_each(fault.clone()).times(9));
            let mut scaler = lab.scaler().await.unwrap();
            lab.run(&mut scaler, 2 * 3600).await.unwrap();
            assert_eq!((lab.world.done(), lab.alive()), (12, 1), "{engine} {fault:?}: {:#?}", lab.passes_since(600));
            lab.check();
            lab.check_ledger();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cloud_that_is_down_for_ten_minutes_changes_nothing() {
    for engine in ENGINES {
        for at in [5, 65, 400, 1500] {
            let lab = Lab::new(&file_text(1, 4, engine, ""), burst(60, 12, 1200)).await;
            let mut scaler = lab.scaler().await.unwrap();
            lab.run(&mut scaler, at).await.unwrap();
            lab.set_down(true);
            let alive = lab.alive();
            lab.run(&mut scaler, 600).await.unwrap();
            assert_eq!(lab.alive(), alive);
            lab.set_down(false);
            lab.run(&mut scaler, 3 * 3600).await.unwrap();
            assert_eq!((lab.world.done(), lab.alive()), (12, 1), "{engine} {at}");
            lab.check();
            lab.check_ledger();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_offer_without_capacity_is_left_alone_for_a_while() {
    let offer = |instance_type: &str| Offer { instance_type: Some(instance_type.into()), ..Offer::default() };
    let capacity = BTreeMap::from([(offer("a"), 0), (offer("b"), 1)]);
    let config = SimConfig { capacity, ..SimConfig::default() };
    let mut lab = Lab::with(&file_text(0, 4, "name = \"classad\"", ""), burst(0, 12, 3600), config, true).await;
    lab.kinds.get_mut("machine").unwrap().machine.offers = vec![offer("a"), offer("b")];
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 150).await.unwrap();
    assert_eq!(lab.alive(), 1);
    let asked = lab.cloud.sim.asked();
    assert_eq!((asked[&offer("a")], asked[&offer("b")]), (1, 1));
    lab.run(&mut scaler, 3600).await.unwrap();
    // The engine waits longer with every refusal.
    assert!((2..=9).contains(&lab.cloud.sim.asked()[&offer("a")]), "{:?}", lab.cloud.sim.asked());
    lab.check_ledger();
}

#[tokio::test(start_paused = true)]
async fn machines_that_never_join_are_ended_and_the_breaker_opens() {
    for engine in ["name = \"classad\"", "name = \"elastiq\""] {
        let lab = Lab::new(&file_text(0, 4, engine, ""), burst(0, 12, 600)).await;
        // None of them joins; each counts.
        lab.world.set_mute(true);
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 12 * 3600).await.unwrap();
        let launched = lab.cloud.sim.launched().len();
        assert!((4..50).contains(&launched), "{engine}: {launched}");
        let breaker = |note: &Note| {
            matches!(
                note,
                Note::StartLimited { by: Limit::Breaker { .. }, .. }
                    | Note::KindLimited { by: Limit::Breaker { .. }, .. }
            )
        };
        assert!(lab.journal.passes().iter().any(|pass| pass.notes.iter().any(breaker)), "{engine}");
        lab.check_ledger();
        assert!(lab.world.violations().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_is_shown_late_is_neither_lost_nor_launched_again() {
    for engine in ENGINES {
        let config = SimConfig { late_visibility: Duration::from_secs(240), ..SimConfig::default() };
        let lab = Lab::with(&file_text(1, 4, engine, ""), burst(10, 12, 700), config, true).await;
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 2 * 3600).await.unwrap();
        assert_eq!((lab.world.done(), lab.alive()), (12, 1), "{engine}");
        lab.check();
        lab.check_ledger();
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_scaler_every_worker_is_gone_by_its_lease() {
    let lab = Lab::new(&file_text(2, 4, "name = \"classad\"", ""), Vec::new()).await;
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 5 * 3600).await.unwrap();
    assert_eq!((lab.alive(), lab.cloud.sim.launched().len()), (2, 2));
    drop(scaler);
    tokio::time::sleep(Duration::from_secs(3700)).await;
    assert_eq!(lab.alive(), 0);
    // By the records, too, they cost no more.
    let fleet = lab.journal.fleet();
    let cost = fleet.cost(lab.clock.now());
    assert!(cost > Money::default());
    assert_eq!(fleet.cost(lab.clock.now() + jiff::SignedDuration::from_hours(99)), cost);
}

#[tokio::test(start_paused = true)]
async fn leases_are_renewed_by_few_calls_whatever_the_sources_do() {
    let lab = Lab::new(&file_text(3, 4, "name = \"classad\"", ""), Vec::new()).await;
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 600).await.unwrap();
    lab.world.set_mood(Mood::Failed);
    lab.run(&mut scaler, 10 * 3600).await.unwrap();
    assert_eq!(lab.alive(), 3);
    let calls = lab.cloud.sim.calls().renew;
    assert!((30..=60).contains(&calls), "{calls} renewals in 10 hours");
}

#[tokio::test(start_paused = true)]
async fn where_leases_are_not_renewed_workers_are_replaced_before_their_end() {
    for engine in ["name = \"classad\"", "name = \"elastiq\""] {
        let text = file_text(2, 4, engine, "");
        let lab = Lab::with(&text, burst(23 * 3600, 8, 900), SimConfig::default(), false).await;
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 50 * 3600).await.unwrap();
        assert_eq!(lab.cloud.sim.calls().renew, 0);
        assert!(lab.alive() >= 2 && lab.cloud.sim.launched().len() >= 6, "{}", lab.cloud.sim.launched().len());
        assert_eq!(lab.world.done(), 8);
        lab.check();
        lab.check_ledger();
    }
}
