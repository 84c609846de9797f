//! A fleet whose pool and whose scaler fail in the middle.

use serde_json::Value;

use crate::fleets::lab::{Lab, NAME};
use crate::fleets::settings::{MAX, MIN};

/// Makes `condor_q` fail while it is there.
const BROKEN: &str = "/usr/local/share/condor_q_fails";

#[test]
fn a_fleet_outlives_a_collector_and_its_own_scaler() {
    let Some(lab) = Lab::start() else { return };
    lab.run("condor_submit -terse jobs.sub");
    // In the middle of growth: machines are asked for, or have not joined.
    lab.until("it grows", |status| status["launching"] != 0 || Lab::workers(status, &["starting"]) > 0);
    lab.kill_daemon();
    lab.until("all workers serve", |status| Lab::workers(status, &["serving"]) == MAX);

    // Neither queue nor collector answer: nothing is ended, and nothing is launched.
    lab.root(&format!("touch {BROKEN}"));
    let collector = lab.run("pgrep -x condor_collecto");
    lab.root(&format!("kill -KILL {}", collector.trim()));
    let is_blind = |status: &Value| {
        let pass = &status["last_pass"];
        ["failed", "stale"].iter().any(|how| pass[how].get("groups").is_some() && pass[how].get("slots").is_some())
    };
    let blind = lab.until("it does not see", is_blind);
    assert_eq!(blind["last_pass"]["decisions"].as_array().unwrap().len(), 0, "{blind}");
    assert_eq!(Lab::workers(&blind, &["starting", "serving"]), MAX, "{blind}");
    lab.root(&format!("rm {BROKEN}"));
    let seen = lab.until("it sees again", |status| !is_blind(status));
    assert_eq!(Lab::workers(&seen, &["starting", "serving", "draining"]), MAX, "{seen}");

    lab.until("every job has run", |_| lab.jobs() == Some(0));
    lab.until("workers drain", |status| Lab::workers(status, &["draining"]) > 0);
    lab.kill_daemon();
    lab.until_at("it is back at the minimum", MIN);
    assert_eq!(lab.run("condor_history -af JobStatus NumJobStarts | sort | uniq -c").trim(), "60 4 1");
    // Nothing was launched twice: each worker that ever was has the next number.
    let status = lab.status().unwrap();
    assert_eq!(lab.most(), MAX, "{status}");
    let passes = lab.passes();
    let launches = passes.iter().flat_map(|pass| pass["decisions"].as_array().unwrap());
    let launched: u64 =
        launches.filter(|one| one["decision"] == "launch").map(|one| one["count"].as_u64().unwrap()).sum();
    assert_eq!(launched, MAX, "{}", lab.log());
    assert_eq!(lab.startds(), 1, "{}", lab.log());
    lab.run(&format!("hoist elastic stop {NAME} --yes"));
    lab.until("it has ended", |status| status["state"] == "ended");
    assert_eq!(lab.startds(), 0, "{}", lab.log());
    lab.finish();
}
