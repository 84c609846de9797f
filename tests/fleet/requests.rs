//! What people ask of a scaler.

use hoist::elastic::engine::MachineId;
use hoist::scaler::{FleetPhase, FleetRequest, Overrides, RequestAnswer};

use super::lab::{Lab, burst, file_text};

fn set(overrides: Overrides, pause: Option<bool>) -> FleetRequest {
    FleetRequest::Set { overrides, pause, reset: false }
}

#[tokio::test(start_paused = true)]
async fn settings_by_hand_go_before_the_file_and_outlive_the_scaler() {
    let mut lab = Lab::new(&file_text(1, 4, "name = \"classad\"", ""), Vec::new()).await;
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 300).await.unwrap();
    let wrong = lab.journal.request(set(Overrides { min: Some(9), ..Overrides::default() }, None));
    let unknown = lab.journal.request(set(Overrides { engine: Some("steam".into()), ..Overrides::default() }, None));
    let right = lab.journal.request(set(Overrides { count: Some(3), ..Overrides::default() }, None));
    lab.run(&mut scaler, 600).await.unwrap();
    let refused = |number| matches!(lab.journal.answer_to(number), Some(RequestAnswer::Refused { .. }));
    assert!(refused(wrong) && refused(unknown));
    assert!(matches!(lab.journal.answer_to(right), Some(RequestAnswer::Done { .. })));
    assert_eq!(lab.alive(), 3);
    drop(scaler);
    lab.take_over();
    let mut scaler = lab.scaler().await.unwrap();
    let (min, max) = (scaler.bounds().min, scaler.bounds().max);
    assert_eq!((min, max), (3, 3));
    let engine = Overrides { engine: Some("elastiq".into()), min: Some(2), max: Some(4), ..Overrides::default() };
    lab.journal.request(set(engine, None));
    lab.run(&mut scaler, 3600).await.unwrap();
    assert_eq!(lab.journal.passes().last().unwrap().engine, "elastiq");
    assert_eq!(lab.alive(), 2);
    lab.check();
    lab.check_ledger();
}

#[tokio::test(start_paused = true)]
async fn a_paused_fleet_stays_as_it_is_and_keeps_its_leases() {
    let lab = Lab::new(&file_text(0, 4, "name = \"classad\"", ""), burst(0, 8, 600)).await;
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 400).await.unwrap();
    assert_eq!(lab.alive(), 2);
    lab.journal.request(set(Overrides::default(), Some(true)));
    lab.run(&mut scaler, 5 * 3600).await.unwrap();
    assert_eq!((lab.alive(), lab.world.done()), (2, 8));
    lab.journal.request(set(Overrides::default(), Some(false)));
    lab.run(&mut scaler, 3600).await.unwrap();
    assert_eq!(lab.alive(), 0);
    lab.check();
}

#[tokio::test(start_paused = true)]
async fn a_drain_by_request_ends_a_worker_when_its_jobs_have_ended() {
    for engine in ["name = \"classad\"", "name = \"elastiq\"", "name = \"npreserving\"\npreserve_n = 2"] {
        let lab = Lab::new(&file_text(2, 2, engine, ""), burst(0, 8, 1800)).await;
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 600).await.unwrap();
        let worker = scaler.fleet().workers.values().next().unwrap().clone();
        let none = lab.journal.request(FleetRequest::Drain { machines: vec![MachineId::new("i-none")] });
        // By its name.
        lab.journal.request(FleetRequest::Drain { machines: vec![MachineId::new(worker.name.as_str())] });
        lab.run(&mut scaler, 300).await.unwrap();
        assert!(matches!(lab.journal.answer_to(none), Some(RequestAnswer::Refused { .. })));
        assert!(lab.cloud.sim.alive().iter().any(|launch| launch.instance.id == worker.id.as_str()), "{engine}");
        lab.world.submit(burst(lab.clock.now().as_second(), 8, 60));
        lab.run(&mut scaler, 3600).await.unwrap();
        assert!(lab.cloud.sim.alive().iter().all(|launch| launch.instance.id != worker.id.as_str()), "{engine}");
        assert_eq!((lab.world.done(), lab.alive()), (16, 2), "{engine}");
        lab.check();
        lab.check_ledger();
    }
}

#[tokio::test(start_paused = true)]
async fn a_persons_own_drain_is_never_touched() {
    for engine in ["name = \"classad\"", "name = \"elastiq\"", "name = \"queuelen\"\nhigh = 3\nlow = 1"] {
        let lab = Lab::new(&file_text(0, 3, engine, ""), burst(0, 12, 600)).await;
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 400).await.unwrap();
        let machine = lab.world.nodes()[0].clone();
        lab.world.drain_by_hand(&machine);
        lab.run(&mut scaler, 4 * 3600).await.unwrap();
        let alive: Vec<String> = lab.cloud.sim.alive().into_iter().map(|launch| launch.instance.id).collect();
        assert_eq!(alive, [machine], "{engine}");
        lab.check();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_fleet_or_leaves_its_workers_to_their_leases() {
    let lab = Lab::new(&file_text(2, 3, "name = \"classad\"", ""), burst(0, 12, 900)).await;
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 300).await.unwrap();
    assert_eq!(lab.alive(), 3);
    lab.stop(&mut scaler).await.unwrap();
    // What ran has ended by itself; what waited is left.
    assert_eq!((lab.world.done(), lab.world.unfinished()), (12, 0));
    lab.check();

    let lab = Lab::new(&file_text(2, 3, "name = \"classad\"", ""), Vec::new()).await;
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 300).await.unwrap();
    lab.journal.request(FleetRequest::Stop { keep_workers: true, now: false });
    lab.run(&mut scaler, 60).await.unwrap();
    assert!(scaler.is_over() && lab.alive() == 2);
    assert_eq!(lab.journal.fleet().phase, FleetPhase::Ended);
    tokio::time::sleep(std::time::Duration::from_secs(3700)).await;
    assert_eq!(lab.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reload_is_handed_on_and_keeps_clocks() {
    let lab = Lab::new(&file_text(3, 4, "name = \"classad\"", ""), Vec::new()).await;
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 3600).await.unwrap();
    let number = lab.journal.request(FleetRequest::Reload { confirmed: true });
    let taken = scaler.take_requests().await.unwrap();
    assert_eq!(taken.reload, Some((number, true)));
    let text = file_text(0, 1, "name = \"classad\"", "");
    let follows = scaler.reconfigure(super::lab::parse(&text), lab.kinds.clone(), text.clone()).await.unwrap();
    assert!(follows.iter().any(|line| line == "2 of 3 workers will be drained"), "{follows:?}");
    scaler.answer(number, &RequestAnswer::Done { message: follows.join("; ") }).await.unwrap();
    // They have been idle for long: their clocks go on.
    scaler.pass().await.unwrap();
    lab.run(&mut scaler, 120).await.unwrap();
    assert!(lab.alive() <= 1, "{:#?}", lab.passes_since(120));
    assert_eq!(lab.journal.fleet().text, text);
    lab.check();
}

#[tokio::test(start_paused = true)]
async fn ends_that_people_ask_for_are_no_failures() {
    for engine in ["classad", "elastiq", "coalition", "npreserving\"\npreserve_n = \"2"] {
        let engine = format!("name = \"{engine}\"").replace("\"2\"", "2");
        let lab = Lab::new(&file_text(2, 2, &engine, ""), Vec::new()).await;
        let mut scaler = lab.scaler().await.unwrap();
        for _ in 0..6 {
            lab.run(&mut scaler, 300).await.unwrap();
            let worker = lab.journal.fleet().present().next().unwrap().id.clone();
            lab.journal.request(FleetRequest::Drain { machines: vec![worker] });
        }
        lab.run(&mut scaler, 300).await.unwrap();
        assert_eq!(lab.alive(), 2, "{engine}: {:#?}", lab.passes_since(60));
        let failures = lab.journal.passes().into_iter().flat_map(|pass| {
            let notes = pass.notes.into_iter().map(|note| format!("{note:?}")).filter(|note| note.contains("Breaker"));
            let errors = pass.decisions.into_iter().map(|it| format!("{it:?}")).filter(|it| it.contains("Error {"));
            notes.chain(errors).collect::<Vec<_>>()
        });
        assert_eq!(failures.collect::<Vec<_>>(), [""; 0], "{engine}");
        lab.check();
        lab.check_ledger();
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_launches_and_ends_single_workers_without_the_engine() {
    let mut lab = Lab::new(&file_text(0, 3, "name = \"npreserving\"\npreserve_n = 0", ""), Vec::new()).await;
    lab.kinds.values_mut().for_each(|kind| drop(kind.machine.tags.insert("Name".into(), "%worker%".into())));
    let mut scaler = lab.scaler().await.unwrap();
    let until = lab.clock.now() + jiff::SignedDuration::from_hours(12);
    let launch = |count| lab.journal.request(FleetRequest::Launch { count, until, kind: None });
    let (two, too_many) = (launch(2), launch(2));
    scaler.take_requests().await.unwrap();
    assert!(matches!(lab.journal.answer_to(two), Some(RequestAnswer::Done { .. })));
    assert!(matches!(lab.journal.answer_to(too_many), Some(RequestAnswer::Refused { .. })));
    // It is announced, and killed before its calls: the next process makes them, once.
    assert_eq!((lab.journal.fleet().launching.len(), lab.alive()), (2, 0));
    drop(scaler);
    lab.take_over();
    let mut scaler = lab.scaler().await.unwrap();
    scaler.tend().await.unwrap();
    let alive = lab.cloud.sim.alive();
    let mut names: Vec<&str> = alive.iter().map(|launch| launch.instance.tags["Name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["lab-1", "lab-2"]);
    assert!(scaler.fleet().workers.values().all(
        |worker| worker.expires_at >= until.round(jiff::Unit::Second).unwrap() - jiff::SignedDuration::from_secs(1)
    ));
    lab.journal.request(FleetRequest::End { machines: vec![MachineId::new("lab-1")] });
    scaler.take_requests().await.unwrap();
    for _ in 0..20 {
        scaler.tend().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    }
    let alive = lab.cloud.sim.alive();
    assert_eq!(alive.iter().map(|launch| launch.instance.tags["Name"].as_str()).collect::<Vec<_>>(), ["lab-2"]);
    lab.check_ledger();
}
