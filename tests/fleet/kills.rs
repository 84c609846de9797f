//! A scaler that dies anywhere leaves a journal from which the next one goes on.

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

async fn killed_after(engine: &str, user_data: &str, commits: usize) -> bool {
    let mut lab = Lab::new(&file_text(1, 4, engine, ""), burst(30, 14, 300)).await;
    lab.kinds = kinds(user_data);
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
            let mut commits = 1;
            while killed_after(engine, user_data, commits).await {
                // Constant passes are alike.
                commits += if commits < 45 { 1 } else { 19 };
            }
            assert!(commits > 20, "{engine}");
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
