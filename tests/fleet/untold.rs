//! Sources that do not tell who is busy: workers are told by their leases that they are to leave.

use hoist::elastic::engine::{Limit, Note};
use hoist::scaler::{FleetRequest, Overrides, Scaler, Worker, WorkerPhase};

use super::answers::{Mood, Tells};
use super::lab::{Lab, burst, file_text};

pub(crate) const QUEUELEN: &str = "name = \"queuelen\"\nhigh = 2\nlow = 1";
pub(crate) const ELASTIQ: &str = "name = \"elastiq\"";

/// A fleet file whose queue is not HTCondor's.
pub(crate) fn file(min: u32, max: u32, engine: &str) -> String {
    file_text(min, max, engine, "").replace("kind = \"htcondor\"", "kind = \"file\"\npath = \"/run/jobs\"")
}

pub(crate) async fn lab(min: u32, max: u32, engine: &str, tells: Tells, leaves: bool, length: i64) -> (Lab, Scaler) {
    let lab = Lab::new(&file(min, max, engine), burst(0, 12, length)).await;
    lab.world.set_tells(tells, leaves);
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 300).await.unwrap();
    (lab, scaler)
}

fn may_have_jobs(lab: &Lab, seconds: i64) -> bool {
    let of = |note: &Note| matches!(note, Note::EndPostponed { by: Limit::MayHaveJobs { .. }, .. });
    lab.passes_since(seconds).iter().any(|pass| pass.notes.iter().any(of))
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_is_to_end_now_waits_for_no_job_even_if_it_ends_already() {
    let pools = [ELASTIQ, "name = \"classad\""].map(|engine| file_text(3, 3, engine, ""));
    for text in [file(3, 3, QUEUELEN)].into_iter().chain(pools) {
        for before in [None, Some(FleetRequest::Stop { keep_workers: false, now: false })] {
            let lab = Lab::new(&text, burst(0, 12, 20_000)).await;
            lab.world.set_tells(Tells::Waiting, true);
            let mut scaler = lab.scaler().await.unwrap();
            lab.run(&mut scaler, 300).await.unwrap();
            assert_eq!(scaler.fleet().live(), 3, "{text}");
            if let Some(request) = before.clone() {
                lab.journal.request(request);
                lab.run(&mut scaler, 300).await.unwrap();
                assert_eq!(scaler.fleet().live(), 3, "their jobs are waited for: {text}");
            }
            lab.journal.request(FleetRequest::Stop { keep_workers: false, now: true });
            lab.run(&mut scaler, 120).await.unwrap();
            assert!(scaler.is_over(), "{before:?}, {text}: {:#?}", lab.passes_since(120));
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Drain,
    Maximum,
    Stop,
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_may_be_busy_is_told_by_its_lease_and_has_the_grace() {
    for (engine, way) in [QUEUELEN, ELASTIQ]
        .into_iter()
        .flat_map(|engine| [Way::Drain, Way::Maximum, Way::Stop].map(|way| (engine, way)))
    {
        for tells in [Tells::Waiting, Tells::Running] {
            // Jobs run for 20 minutes, less than the grace.
            let (lab, mut scaler) = lab(3, 3, engine, tells, true, 1200).await;
            let phases: Vec<WorkerPhase> = scaler.fleet().workers.values().map(|worker| worker.phase).collect();
            assert_eq!(phases, [WorkerPhase::Serving; 3], "{engine} {way:?}");
            let one = scaler.fleet().workers.keys().next().unwrap().clone();
            let max = |max| Overrides { min: Some(max), max: Some(max), ..Overrides::default() };
            lab.journal.request(match way {
                Way::Drain => FleetRequest::Drain { machines: vec![one.clone()] },
                Way::Maximum => FleetRequest::Set { overrides: max(2), pause: None, reset: false },
                Way::Stop => FleetRequest::Stop { keep_workers: false, now: false },
            });
            lab.run(&mut scaler, 300).await.unwrap();
            let draining = scaler.fleet().workers.values().filter(|worker| worker.phase == WorkerPhase::Draining);
            let count = if way == Way::Stop { 3 } else { 1 };
            assert_eq!(draining.count(), count, "{engine} {way:?} {tells:?}: {:#?}", lab.passes_since(300));
            assert!(may_have_jobs(&lab, 300), "{engine} {way:?} {tells:?}: {:#?}", lab.passes_since(300));
            lab.run(&mut scaler, 1300).await.unwrap();
            let left = match way {
                Way::Drain => usize::from(lab.cloud.sim.alive().iter().any(|it| it.instance.id == one.as_str())),
                Way::Maximum => lab.alive() - 2,
                Way::Stop => lab.alive(),
            };
            assert_eq!(left, 0, "{engine} {way:?} {tells:?}: {:#?}", lab.passes_since(120));
            assert_eq!(lab.world.done(), 12, "{engine} {way:?} {tells:?}");
            lab.check();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_does_not_leave_is_ended_when_its_grace_is_over() {
    let (lab, mut scaler) = lab(2, 2, QUEUELEN, Tells::Waiting, false, 7200).await;
    let overrides = Overrides { min: Some(1), max: Some(1), ..Overrides::default() };
    lab.journal.request(FleetRequest::Set { overrides, pause: None, reset: false });
    lab.run(&mut scaler, 1700).await.unwrap();
    assert_eq!(lab.alive(), 2, "{:#?}", lab.passes_since(60));
    lab.run(&mut scaler, 300).await.unwrap();
    assert_eq!(lab.alive(), 1, "{:#?}", lab.passes_since(60));
    // The other one's lease is renewed all the while.
    lab.run(&mut scaler, 7200).await.unwrap();
    assert_eq!(lab.alive(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_to_stay_after_all_has_a_lease_again() {
    let (lab, mut scaler) = lab(2, 2, QUEUELEN, Tells::Waiting, true, 7200).await;
    let set = |number| {
        let overrides = Overrides { min: Some(number), max: Some(number), ..Overrides::default() };
        FleetRequest::Set { overrides, pause: None, reset: false }
    };
    lab.journal.request(set(1));
    lab.run(&mut scaler, 120).await.unwrap();
    let is_drained = |worker: &&Worker| worker.phase == WorkerPhase::Draining;
    let drained = scaler.fleet().workers.values().find(is_drained).unwrap();
    // What the journal says of its lease is what the cloud was told: half an hour of grace, from the drain on.
    let left = drained.expires_at.duration_since(lab.clock.now()).as_secs();
    assert!((1600..=1800).contains(&left), "{left}");
    lab.journal.request(set(2));
    for _ in 0..8 {
        lab.run(&mut scaler, 15).await.unwrap();
        let starts = |worker: &Worker| worker.phase == WorkerPhase::Starting;
        assert!(!scaler.fleet().present().any(starts), "what came up once does not start again");
    }
    lab.run(&mut scaler, 3600).await.unwrap();
    let phases: Vec<WorkerPhase> = scaler.fleet().present().map(|worker| worker.phase).collect();
    assert_eq!((phases.as_slice(), lab.alive()), (&[WorkerPhase::Serving; 2][..], 2), "{:#?}", lab.passes_since(60));
    assert_eq!(lab.cloud.sim.launched().len(), 2, "the same two");
    lab.check();
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_where_the_source_tells_that_nothing_runs() {
    for engine in [QUEUELEN, ELASTIQ] {
        let (lab, mut scaler) = lab(2, 2, engine, Tells::Running, false, 60).await;
        lab.run(&mut scaler, 120).await.unwrap();
        let overrides = Overrides { min: Some(1), max: Some(1), ..Overrides::default() };
        lab.journal.request(FleetRequest::Set { overrides, pause: None, reset: false });
        lab.run(&mut scaler, 60).await.unwrap();
        assert_eq!(lab.alive(), 1, "{engine}: {:#?}", lab.passes_since(60));
        lab.check();
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_told_to_be_busy_is_ended_by_nothing() {
    for engine in [QUEUELEN, ELASTIQ] {
        let (lab, mut scaler) = lab(3, 3, engine, Tells::Hosts, false, 5400).await;
        lab.run(&mut scaler, 120).await.unwrap();
        let all: Vec<_> = scaler.fleet().workers.keys().cloned().collect();
        lab.journal.request(FleetRequest::Drain { machines: all[..1].to_vec() });
        let overrides = Overrides { min: Some(0), max: Some(1), ..Overrides::default() };
        lab.journal.request(FleetRequest::Set { overrides, pause: None, reset: false });
        lab.run(&mut scaler, 600).await.unwrap();
        lab.journal.request(FleetRequest::Stop { keep_workers: false, now: false });
        lab.run(&mut scaler, 3600).await.unwrap();
        assert_eq!(lab.alive(), 3, "{engine}: {:#?}", lab.passes_since(60));
        lab.run(&mut scaler, 3600).await.unwrap();
        assert_eq!((lab.alive(), lab.world.done()), (0, 12), "{engine}");
        lab.check();
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_had_joined_and_is_not_told_of_is_not_dead() {
    for engine in [QUEUELEN, ELASTIQ] {
        // Who has joined has no deadline any more; its jobs end within the grace of the drain.
        let (lab, mut scaler) = lab(3, 3, engine, Tells::Hosts, true, 2400).await;
        let joined = scaler.fleet().workers.values().filter(|worker| worker.joined_at.is_some()).count();
        assert_eq!(joined, 3, "{engine}");
        lab.world.set_tells(Tells::NoHosts, true);
        lab.run(&mut scaler, 1500).await.unwrap();
        assert_eq!(lab.alive(), 3, "{engine}: {:#?}", lab.passes_since(1500));
        // Who is to end is told by its lease, as where nothing is told of anybody.
        let one = scaler.fleet().workers.keys().next().unwrap().clone();
        lab.journal.request(FleetRequest::Drain { machines: vec![one.clone()] });
        lab.run(&mut scaler, 120).await.unwrap();
        assert_eq!(scaler.fleet().workers[&one].phase, WorkerPhase::Draining, "{engine}");
        assert!(may_have_jobs(&lab, 120), "{engine}: {:#?}", lab.passes_since(120));
        lab.world.set_tells(Tells::Hosts, true);
        lab.run(&mut scaler, 7200).await.unwrap();
        assert_eq!(lab.world.done(), 12, "{engine}");
        lab.check();
    }
}

#[tokio::test(start_paused = true)]
async fn elastiq_grows_and_keeps_its_minimum_though_hosts_are_not_told() {
    let lab = Lab::new(&file(1, 4, ELASTIQ), Vec::new()).await;
    lab.world.set_tells(Tells::Waiting, true);
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 600).await.unwrap();
    assert_eq!(lab.alive(), 1, "{:#?}", lab.passes_since(600));
    lab.world.submit(burst(lab.clock.now().as_second(), 24, 300));
    lab.run(&mut scaler, 300).await.unwrap();
    assert_eq!(lab.alive(), 4, "{:#?}", lab.passes_since(300));
    // None is known to be idle.
    lab.run(&mut scaler, 7200).await.unwrap();
    assert_eq!((lab.alive(), lab.world.done()), (4, 24));
    lab.check();
    lab.check_ledger();
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_neither_grows_nor_shrinks_a_fleet() {
    let engines = ["name = \"classad\"", ELASTIQ, QUEUELEN, "name = \"coalition\"\nminimum_lifetime = \"5m\""];
    for (engine, waits) in engines.into_iter().flat_map(|engine| [(engine, true), (engine, false)]) {
        let lab = Lab::new(&file_text(0, 4, engine, ""), burst(0, 4, 60)).await;
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 150).await.unwrap();
        if waits {
            lab.world.submit(burst(lab.clock.now().as_second(), 40, 600));
        }
        // The last answer is hardly old.
        lab.world.set_mood(Mood::Stale(2));
        let alive = lab.alive();
        lab.run(&mut scaler, 900).await.unwrap();
        assert_eq!(lab.alive(), alive, "{engine} {waits}: {:#?}", lab.passes_since(900));
        assert_eq!(lab.decisions_since(900), [], "{engine} {waits}");
        // What is overdue does not make a pass each second.
        let passes: u64 = lab.passes_since(900).iter().map(|pass| 1 + pass.repeats).sum();
        assert!(passes <= 200, "{engine}: {passes} passes");
        let held =
            |note: &Note| matches!(note, Note::Held { by: Limit::StaleReading { .. } | Limit::FailedReading { .. } });
        let passes = lab.journal.passes();
        let told = passes.iter().rev().take(4).any(|pass| pass.notes.iter().any(held));
        assert!(told, "{engine} {waits}: {:#?}", passes.last());
        lab.check();
    }
}

// In real time: a program does not run faster than it does.
#[tokio::test]
async fn a_programs_decisions_wait_for_a_source_that_is_silent() {
    let json = r#"{\"decisions\": [{\"decision\": \"launch\", \"count\": 3}]}"#;
    let engine = format!("name = \"command\"\nprogram = [\"/bin/sh\", \"-c\", \"cat >/dev/null; echo '{json}'\"]");
    let lab = Lab::new(&file_text(1, 3, &engine, ""), Vec::new()).await;
    lab.world.set_mood(Mood::Failed);
    let mut scaler = lab.scaler().await.unwrap();
    let pass = scaler.pass().await.unwrap();
    // The minimum needs the cloud alone.
    assert_eq!(lab.alive(), 1, "{pass:#?}");
    lab.world.set_mood(Mood::Fresh);
    scaler.pass().await.unwrap();
    assert_eq!(lab.alive(), 3);
}
