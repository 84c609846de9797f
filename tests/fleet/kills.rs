//! A scaler that dies anywhere leaves a journal from which the next one goes on.

use std::collections::BTreeSet;
use std::time::Duration;

use hoist::cloud::sim::SimConfig;
use hoist::elastic::engine::MachineId;
use hoist::scaler::{FleetRequest, Scaler, ScalerError};

use super::lab::{Lab, burst, file_text, kinds, parse};

const ENGINES: [&str; 4] = [
    "name = \"classad\"",
    "name = \"elastiq\"",
    "name = \"queuelen\"\nhigh = 3\nlow = 1",
    "name = \"npreserving\"\npreserve_n = 3\n[engine.unique.head]\nrole = \"head\"",
];

/// A life: grows, shrinks, a drain by request, a reload, and the end.
async fn life(lab: &mut Lab, scaler: &mut Scaler, step: &mut usize) -> Result<(), ScalerError> {
    loop {
        match *step {
            0 => lab.run(scaler, 400).await?,
            1 => {
                let worker = lab.world.nodes().first().cloned();
                if let Some(worker) = worker {
                    lab.journal.request(FleetRequest::Drain { machines: vec![MachineId::new(worker.as_str())] });
                }
                *step += 1;
                continue;
            }
            2 => lab.run(scaler, 600).await?,
            3 => {
                let text = lab.text.replace("max = 4", "max = 3");
                let file = parse(&text);
                scaler.reconfigure(file.clone(), lab.kinds.clone(), text.clone()).await?;
                (lab.file, lab.text) = (file, text);
            }
            4 => lab.run(scaler, 900).await?,
            _ => return lab.stop(scaler).await,
        }
        *step += 1;
    }
}

async fn lab(engine: &str, user_data: &str) -> Lab {
    let mut lab = Lab::new(&file_text(1, 4, engine, ""), burst(30, 14, 300)).await;
    lab.kinds = kinds(user_data);
    lab
}

/// The commits after which a life is cut: those with lines, the ones right before them, and of the others, which are
/// constant passes and alike, some.
async fn points(engine: &str, user_data: &str) -> BTreeSet<usize> {
    let mut lab = lab(engine, user_data).await;
    let mut scaler = lab.scaler().await.unwrap();
    life(&mut lab, &mut scaler, &mut 0).await.unwrap();
    let with_lines = lab.journal.commits_with_lines();
    let last = *with_lines.last().unwrap();
    with_lines.into_iter().flat_map(|commit| [commit - 1, commit]).chain((1..last).step_by(19)).collect()
}

async fn killed_after(engine: &str, user_data: &str, commits: usize) -> bool {
    let mut lab = lab(engine, user_data).await;
    lab.journal.die_after_commits(commits);
    let mut step = 0;
    let ended = match lab.scaler().await {
        Ok(mut scaler) => life(&mut lab, &mut scaler, &mut step).await,
        Err(error) => Err(error),
    };
    let died = ended.is_err();
    if died {
        lab.take_over();
        tokio::time::sleep(Duration::from_secs(7)).await;
        let mut scaler = lab.scaler().await.unwrap();
        // The file is what it was when the journal last said so.
        lab.text = lab.journal.fleet().text.clone();
        life(&mut lab, &mut scaler, &mut step).await.unwrap();
    }
    lab.check();
    lab.check_names();
    died
}

#[tokio::test(start_paused = true)]
async fn a_kill_at_any_commit_loses_nothing() {
    for engine in ENGINES {
        // With a token in the user data the same call cannot be made again.
        for user_data in ["#!/bin/sh\n", "#!/bin/sh\n: %worker_token%\n"] {
            let points = points(engine, user_data).await;
            assert!(points.len() > 40, "{engine}: {points:?}");
            let last = points.last().copied();
            // The first commit is the fleet's own; after the last nothing more is recorded.
            for commits in points.into_iter().filter(|commits| *commits > 0) {
                let died = killed_after(engine, user_data, commits).await;
                assert!(died || Some(commits) == last, "{engine}: {commits}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_kill_within_any_call_loses_nothing() {
    for engine in ENGINES {
        for user_data in ["#!/bin/sh\n", "#!/bin/sh\n: %worker_token%\n"] {
            for number in 0..20_u64 {
                let config = SimConfig { late_visibility: Duration::from_secs(20), ..SimConfig::default() };
                let mut lab = Lab::with(&file_text(1, 4, engine, ""), burst(0, 14, 300), config, true).await;
                lab.kinds = kinds(user_data);
                // Into the first launches, or into an end.
                let moment = if number % 2 == 0 { 300 * number } else { 600_000 + 2733 * number };
                let limit = Duration::from_millis(moment);
                let run = async {
                    let mut scaler = lab.scaler().await.unwrap();
                    lab.run(&mut scaler, 1800).await.unwrap();
                };
                let cut = tokio::time::timeout(limit, run).await;
                assert!(cut.is_err());
                tokio::time::sleep(Duration::from_secs(number % 40)).await;
                lab.take_over();
                let mut scaler = lab.scaler().await.unwrap();
                lab.run(&mut scaler, 900).await.unwrap();
                lab.check_ledger();
                lab.stop(&mut scaler).await.unwrap();
                lab.check();
                lab.check_names();
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn idle_times_go_on_however_often_the_scaler_dies() {
    for engine in ["name = \"classad\"", "name = \"elastiq\"", "name = \"coalition\"\nminimum_lifetime = \"5m\""] {
        let mut lab = Lab::new(&file_text(0, 2, engine, ""), burst(0, 8, 300)).await;
        // The pool keeps no clocks, so the engine's are all that there is.
        lab.world.set_forgetful();
        let mut scaler = lab.scaler().await.unwrap();
        lab.run(&mut scaler, 200).await.unwrap();
        assert_eq!(lab.alive(), 2, "{engine}: {:#?}", lab.passes_since(400));
        while lab.world.done() < 8 {
            lab.run(&mut scaler, 5).await.unwrap();
        }
        // Five minutes without a job, two passes to drain and end, and the time that starts take.
        for _ in 0..9 {
            drop(scaler);
            lab.take_over();
            scaler = lab.scaler().await.unwrap();
            lab.run(&mut scaler, 45).await.unwrap();
        }
        assert_eq!(lab.alive(), 0, "{engine}: {:#?}", lab.passes_since(400));
        lab.check();
        lab.check_ledger();
    }
}
