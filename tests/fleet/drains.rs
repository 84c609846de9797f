//! Drains of the scaler's outlive it, whatever the pool remembers of them.

use hoist::elastic::engine::{DrainOwner, MachineId};
use hoist::scaler::{FleetEvent, Scaler, WorkerPhase};

use super::answers::Mood;
use super::lab::{Lab, burst, file_text};

const ENGINES: [&str; 4] = [
    "name = \"classad\"",
    "name = \"elastiq\"",
    "name = \"queuelen\"\nhigh = 3\nlow = 1",
    "name = \"coalition\"\nminimum_lifetime = \"5m\"",
];

/// A fleet of four busy workers whose maximum is set to one: three drain until their jobs end.
async fn draining(engine: &str, forgetful: bool) -> (Lab, Scaler, Vec<MachineId>) {
    let lab = Lab::new(&file_text(0, 4, engine, ""), burst(0, 16, 3600)).await;
    if forgetful {
        lab.world.set_forgetful();
    }
    let mut scaler = lab.scaler().await.unwrap();
    lab.run(&mut scaler, 400).await.unwrap();
    assert_eq!(lab.alive(), 4, "{engine}: {:#?}", lab.passes_since(400));
    let machines: Vec<MachineId> = scaler.fleet().workers.keys().take(3).cloned().collect();
    let request = hoist::scaler::FleetRequest::Drain { machines: machines.clone() };
    lab.journal.request(request);
    lab.run(&mut scaler, 120).await.unwrap();
    (lab, scaler, machines)
}

#[tokio::test(start_paused = true)]
async fn a_confirmed_drain_is_not_doubted_by_the_next_process() {
    for (engine, forgetful) in ENGINES.into_iter().flat_map(|engine| [(engine, false), (engine, true)]) {
        let (mut lab, scaler, machines) = draining(engine, forgetful).await;
        let worker = |lab: &Lab, machine: &MachineId| lab.journal.fleet().workers[machine].clone();
        let confirmed: Vec<_> = machines.iter().map(|machine| worker(&lab, machine).drained_at).collect();
        assert!(confirmed.iter().all(Option::is_some), "{engine} {forgetful}: {confirmed:?}");
        let orders = lab.world.orders();
        for _ in 0..3 {
            lab.take_over();
            let mut scaler = lab.scaler().await.unwrap();
            lab.run(&mut scaler, 200).await.unwrap();
        }
        drop(scaler);
        assert_eq!(lab.world.orders(), orders, "{engine} {forgetful}");
        for (machine, at) in machines.iter().zip(confirmed) {
            assert_eq!(worker(&lab, machine).drained_at, at, "{engine} {forgetful}");
        }
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 5400).await.unwrap();
        let gone = |machine: &MachineId| worker(&lab, machine).phase == WorkerPhase::Gone;
        assert!(machines.iter().all(gone), "{engine} {forgetful}: {:#?}", lab.passes_since(600));
        lab.check();
        lab.check_ledger();
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_somebody_cancelled_is_ordered_again() {
    for engine in ENGINES {
        let (lab, mut scaler, machines) = draining(engine, false).await;
        lab.world.undo_drain(machines[0].as_str());
        lab.run(&mut scaler, 300).await.unwrap();
        assert!(lab.world.is_drained(machines[0].as_str()), "{engine}");
        let undone = |event: &FleetEvent| matches!(event, FleetEvent::DrainUndone { .. });
        assert_eq!(lab.journal.lines().iter().filter(|(_, line)| undone(line)).count(), 1, "{engine}");
        lab.run(&mut scaler, 2 * 3600).await.unwrap();
        lab.check();
        lab.check_ledger();
    }
}

/// Lets a fleet shrink, and its scaler die right after it announced the first drain of its own.
async fn shrinking(engine: &str) -> (Lab, MachineId) {
    let new = async || {
        let lab = Lab::new(&file_text(0, 2, engine, ""), burst(0, 8, 600)).await;
        lab.world.set_forgetful();
        lab
    };
    let is_drain = |line: &FleetEvent| matches!(line, FleetEvent::DrainIntended { by: DrainOwner::Scaler, .. });
    let whole = new().await;
    let mut scaler = whole.scaler().await.unwrap();
    whole.run(&mut scaler, 3600).await.unwrap();
    let lines = whole.journal.lines();
    let position = lines.iter().position(|(_, line)| is_drain(line));
    let position = position.unwrap_or_else(|| panic!("{engine}: it never drained"));
    // Several of one commit.
    let number = lines[position..].iter().take_while(|(_, line)| is_drain(line)).count();
    let mut lab = new().await;
    lab.journal.die_after_lines(position + number);
    let mut scaler = lab.scaler().await.unwrap();
    assert!(lab.run(&mut scaler, 3600).await.is_err());
    lab.take_over();
    let lines = lab.journal.lines();
    let Some((_, FleetEvent::DrainIntended { machines, .. })) = lines.last() else { panic!("{engine}: {lines:?}") };
    (lab, machines[0].clone())
}

#[tokio::test(start_paused = true)]
async fn what_the_journal_drained_is_the_scalers_after_a_kill_though_the_pool_keeps_no_mark() {
    for engine in ENGINES {
        let (lab, machine) = shrinking(engine).await;
        let worker = lab.journal.fleet().workers[&machine].clone();
        assert!(worker.has_drain_of_scaler() && worker.drained_at.is_none(), "{engine}");
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 3600).await.unwrap();
        // It is ended as the dead process would have, and not left alone as a person's.
        assert_eq!(lab.alive(), 0, "{engine}: {:#?} {:#?}", lab.passes_since(300), scaler.fleet().workers);
        lab.check();
        lab.check_ledger();
    }
}

#[tokio::test(start_paused = true)]
async fn a_persons_drain_stays_a_persons_where_the_pool_keeps_no_mark() {
    for engine in ENGINES {
        let mut lab = Lab::new(&file_text(0, 3, engine, ""), burst(0, 12, 600)).await;
        lab.world.set_forgetful();
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 400).await.unwrap();
        let machine = lab.world.nodes()[0].clone();
        lab.world.drain_by_hand(&machine);
        for _ in 0..4 {
            lab.run(&mut scaler, 1200).await.unwrap();
            drop(scaler);
            lab.take_over();
            scaler = lab.scaler().await.unwrap();
        }
        let alive: Vec<String> = lab.cloud.sim.alive().into_iter().map(|launch| launch.instance.id).collect();
        assert_eq!(alive, [machine], "{engine}");
        lab.check();
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_that_is_not_confirmed_is_made_again() {
    for engine in &ENGINES[1..] {
        for forgetful in [false, true] {
            let mut lab = Lab::new(&file_text(0, 1, engine, ""), burst(0, 4, 300)).await;
            if forgetful {
                lab.world.set_forgetful();
            }
            let mut scaler = lab.scaler().await.unwrap();
            lab.run(&mut scaler, 200).await.unwrap();
            let machine = scaler.fleet().workers.keys().next().unwrap().clone();
            // A drain whose cancellation an earlier process announced and did not carry out.
            drop(scaler);
            let lines = [
                FleetEvent::DrainIntended {
                    machines: vec![machine.clone()],
                    by: DrainOwner::Scaler,
                    unclaimed_only: false,
                    reason: None,
                },
                FleetEvent::DrainConfirmed { machines: vec![machine.clone()], leases_end: None },
                FleetEvent::DrainCancelled { machines: vec![machine.clone()], reason: None },
            ];
            lab.record(&lines).await;
            lab.world.drain_as_fleet(machine.as_str());
            lab.take_over();
            lab.world.submit(burst(lab.clock.now().as_second(), 8, 300));
            lab.world.set_mood(Mood::Failed);
            let mut scaler = lab.scaler().await.unwrap();
            lab.run(&mut scaler, 60).await.unwrap();
            assert!(lab.journal.fleet().workers[&machine].resuming, "{engine} {forgetful}");
            lab.world.set_mood(Mood::Fresh);
            lab.run(&mut scaler, 60).await.unwrap();
            assert!(!lab.world.is_drained(machine.as_str()), "{engine} {forgetful}: {:#?}", lab.passes_since(60));
            assert!(!lab.journal.fleet().workers[&machine].resuming, "{engine} {forgetful}");
            lab.run(&mut scaler, 3 * 3600).await.unwrap();
            assert_eq!((lab.world.unfinished(), lab.alive()), (0, 0), "{engine} {forgetful}");
            lab.check();
            lab.check_ledger();
        }
    }
}
