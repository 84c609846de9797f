//! Sources that tell hosts by name and drain none: no job is lost that a worker takes while it is to end.

use hoist::cloud::sim::{FaultKind, SimFault};
use hoist::elastic::engine::MachineId;
use hoist::scaler::{FleetRequest, Overrides, Scaler, WorkerPhase};
use jiff::SignedDuration;

use super::answers::{Mood, Tells};
use super::lab::{Lab, burst};
use super::untold::{ELASTIQ, QUEUELEN, file, lab};
use super::world::CPUS;

/// Exactly so many workers.
fn exactly(number: u32) -> FleetRequest {
    let overrides = Overrides { min: Some(number), max: Some(number), ..Overrides::default() };
    FleetRequest::Set { overrides, pause: None, reset: false }
}

fn drained(scaler: &Scaler) -> MachineId {
    let mut workers = scaler.fleet().workers.values();
    workers.find(|worker| worker.phase == WorkerPhase::Draining).expect("one is drained").id.clone()
}

#[tokio::test(start_paused = true)]
async fn a_job_that_comes_between_look_and_end_is_not_lost() {
    for tells in [Tells::Hosts, Tells::Running] {
        for (engine, notice) in [QUEUELEN, ELASTIQ].into_iter().flat_map(|engine| [(engine, 0), (engine, 30)]) {
            for way in ["maximum", "drain", "idle", "stop", "starting"] {
                // A number does not tell that a worker comes up: that is the cloud's to say.
                if way == "starting" && tells == Tells::Running {
                    continue;
                }
                let min = if way == "idle" { 0 } else { 3 };
                let lab = Lab::new(&file(min, 3, engine), burst(0, 12, 30)).await;
                lab.world.set_tells(tells, false);
                lab.set_notice(notice);
                let mut scaler = lab.scaler().await.unwrap();
                // Workers join a minute after their launch.
                lab.run(&mut scaler, if way == "starting" { 50 } else { 200 }).await.unwrap();
                lab.set_rush(15);
                let machines = scaler.fleet().workers.keys().take(1).cloned().collect();
                let request = match way {
                    "maximum" | "starting" => Some(exactly(2)),
                    "drain" => Some(FleetRequest::Drain { machines }),
                    "stop" => Some(FleetRequest::Stop { keep_workers: false, now: false }),
                    _ => None,
                };
                if let Some(request) = request {
                    lab.journal.request(request);
                }
                lab.run(&mut scaler, 900).await.unwrap();
                let launched = lab.cloud.sim.launched();
                let ended = launched.iter().filter(|launch| launch.instance.state.is_gone()).count();
                assert!(ended > 0, "{tells:?} {engine} {way}: {:#?}", lab.passes_since(900));
                lab.check();
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_worker_that_is_to_end_takes_no_more_and_lives_until_it_is_done() {
    for engine in [QUEUELEN, ELASTIQ] {
        for silent in [false, true] {
            let (mut lab, mut scaler) = lab(2, 2, engine, Tells::Hosts, true, 4 * 3600).await;
            lab.journal.request(exactly(1));
            lab.run(&mut scaler, 120).await.unwrap();
            let leaves = drained(&scaler);
            let renewals = lab.cloud.sim.calls().renew;
            // Whatever happens meanwhile: another scaler, a source that is silent for longer than the grace.
            drop(scaler);
            lab.take_over();
            scaler = lab.scaler().await.unwrap();
            lab.run(&mut scaler, 60).await.unwrap();
            if silent {
                lab.world.set_mood(Mood::Failed);
            }
            lab.run(&mut scaler, 2 * 3600).await.unwrap();
            lab.world.set_mood(Mood::Fresh);
            // It stays closed, and nothing new is decided.
            lab.world.submit(burst(lab.clock.now().as_second(), 6, 60));
            lab.run(&mut scaler, 3600).await.unwrap();
            assert_eq!(lab.world.claims(leaves.as_str()), CPUS, "{engine}");
            assert_eq!(lab.decisions_since(3600), [], "{engine}");
            let calls = lab.cloud.sim.calls().renew - renewals;
            assert!(calls <= 50, "{engine}: {calls} renewals in three hours");
            lab.run(&mut scaler, 2 * 3600).await.unwrap();
            assert_eq!((lab.alive(), lab.world.done()), (1, 8), "{engine} {silent}: {:#?}", lab.passes_since(60));
            assert_eq!(scaler.fleet().workers[&leaves].phase, WorkerPhase::Gone, "{engine} {silent}");
            lab.check();
            lab.check_ledger();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_wanted_again_accepts_work_before_another_is_launched() {
    for fault in [None, Some(FaultKind::RenewReplyLost)] {
        for engine in [QUEUELEN, ELASTIQ] {
            let (lab, mut scaler) = lab(2, 2, engine, Tells::Hosts, false, 900).await;
            if let Some(fault) = &fault {
                lab.cloud.sim.fault(SimFault::once_each(fault.clone()));
            }
            lab.journal.request(exactly(1));
            lab.run(&mut scaler, 30).await.unwrap();
            let leaves = drained(&scaler);
            lab.journal.request(exactly(2));
            lab.run(&mut scaler, 90).await.unwrap();
            let worker = &scaler.fleet().workers[&leaves];
            assert_eq!(worker.phase, WorkerPhase::Serving, "{engine} {fault:?}: {:#?}", lab.passes_since(120));
            assert!(worker.expires_at > lab.clock.now() + SignedDuration::from_mins(31), "{engine}");
            // Its jobs end, and it takes others.
            lab.run(&mut scaler, 900).await.unwrap();
            lab.world.submit(burst(lab.clock.now().as_second(), 20, 300));
            assert_eq!(lab.world.claims(leaves.as_str()), CPUS, "{engine} {fault:?}");
            assert_eq!(lab.cloud.sim.launched().len(), 2, "{engine}");
            lab.check();
        }
    }
}
