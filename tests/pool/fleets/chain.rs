//! From jobs to workers and back.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;

use crate::fleets::lab::{Lab, NAME};
use crate::fleets::settings::{IDLE, MAX, MIN};

/// Seconds from one pass to the next.
const PERIOD: i64 = 15;

/// Seconds after a launch in which no machine of the kind is taken out.
const COOLDOWN: i64 = 60;

/// Seconds that a launch and a pass may take by themselves, on a machine with much else to do: a cool-down begins after
/// a launch, and a period after a pass.
const TAKES: i64 = 5;

#[test]
fn a_fleet_grows_for_jobs_and_shrinks_after_them() {
    let Some(lab) = Lab::start() else { return };
    let began = Instant::now();
    let last = &lab.status().unwrap()["last_pass"];
    let before = last["pass"].as_u64().unwrap() + last["repeats"].as_u64().unwrap();
    lab.run("condor_submit -terse jobs.sub");
    let large = lab.run("condor_submit -terse large.sub");
    let large = large.split_whitespace().next().unwrap().to_owned();
    lab.until("every job that can run has run", |_| lab.jobs() == Some(1));
    let done = began.elapsed();
    assert_eq!(lab.most(), MAX, "{}", lab.log());
    lab.until_at("it is back at the minimum", MIN);
    let back = began.elapsed();

    // No job was interrupted.
    assert_eq!(lab.run("condor_history -af JobStatus NumJobStarts | sort | uniq -c").trim(), "60 4 1");
    let passes = lab.passes();
    let decided: Vec<(&Value, &Value)> = passes
        .iter()
        .flat_map(|pass| pass["decisions"].as_array().unwrap().iter().map(move |decision| (pass, decision)))
        .collect();
    let shown = || format!("{decided:#?}\n{}", lab.log());
    let of = |word: &str| decided.iter().filter(|(_, one)| one["decision"] == word).collect::<Vec<_>>();
    let launches = of("launch");
    assert_eq!(launches.iter().map(|(_, launch)| launch["count"].as_u64().unwrap()).sum::<u64>(), MAX, "{}", shown());
    let growth = launches.iter().map(|(pass, _)| pass["pass"].as_u64().unwrap()).find(|pass| *pass > before);
    assert!(growth.is_some_and(|pass| pass <= before + 2), "{before}: {}", shown());
    // Back at the minimum within the idle time and two passes, where nothing younger forbids it.
    let ended = lab.run("condor_history -af CompletionDate").lines().filter_map(|line| line.parse::<i64>().ok()).max();
    let launched = launches.iter().map(|(pass, _)| at(pass)).max().unwrap();
    let last = of("terminate").iter().map(|(pass, _)| at(pass)).max().unwrap();
    let allowed = (ended.unwrap() + IDLE).max(launched + COOLDOWN) + 2 * PERIOD + TAKES;
    assert!(last <= allowed, "{last} > {allowed}: {}", shown());
    // Each was drained, and then ended.
    let mut drained = BTreeSet::new();
    for (_, decision) in &decided {
        let machines = decision["machines"].as_array().unwrap().iter().map(|id| id.as_str().unwrap());
        match decision["decision"].as_str().unwrap() {
            "drain" => drained.extend(machines),
            "terminate" => machines.for_each(|id| assert!(drained.contains(id), "{id}: {}", shown())),
            _ => {}
        }
    }
    assert_eq!(drained.len() as u64, MAX - MIN, "{}", shown());
    // The job for 1 TB has started nothing, and the clause is named.
    for words in [format!("elastic why {NAME} --job {large}"), format!("elastic why {NAME}")] {
        let said = lab.run(&format!("hoist {words}"));
        assert!(said.contains("RequestMemory"), "{said}");
    }
    // A fleet that was stopped is not started again.
    lab.run(&format!("hoist elastic stop {NAME} --yes"));
    lab.until("it has ended", |status| status["state"] == "ended");
    assert_eq!(lab.startds(), 0, "{}", lab.log());
    lab.until("its master runs no scaler", |_| lab.daemon().is_none());
    let figures = format!("60 jobs {done:.0?}, at the minimum after {back:.0?}, stopped after {:.0?}", began.elapsed());
    writeln!(std::io::stderr(), "{figures}").unwrap();
    lab.finish();
}

fn at(pass: &Value) -> i64 {
    pass["at"].as_str().unwrap().parse::<Timestamp>().unwrap().as_second()
}
