//! The programs of HTCondor that annexes need on this machine.

use std::path::Path;

use crate::os::{find_program, search_path};
use crate::provider::DoctorFinding;

/// The programs of HTCondor that hoist calls, each with the feature that needs it.
const PROGRAMS: [(&str, &str); 4] = [
    ("condor_status", "the pool's side of `annex status`, --wait pool, and which instances have jobs"),
    ("condor_submit", "`annex submit`"),
    ("condor_off", "`annex drain`, `delete --drain`, and `update` to fewer of them"),
    ("condor_advertise", "`annex status --advertise`"),
];

/// Checks the programs of HTCondor.
pub(super) fn programs(version: impl Fn(&str) -> Option<String>) -> DoctorFinding {
    let missing: Vec<&(&str, &str)> = PROGRAMS.iter().filter(|(program, _)| !is_there(program)).collect();
    if missing.is_empty() {
        let said = version("condor_status").unwrap_or_default();
        let version = said.lines().next().unwrap_or_default().trim_matches(|c: char| c == '$' || c.is_whitespace());
        return DoctorFinding::ok("htcondor", version.replace("CondorVersion: ", ""));
    }
    let remedy = "install HTCondor's tools (Debian: apt install htcondor); annexes that join no pool need none of them";
    if missing.len() == PROGRAMS.len() {
        let detail = "none of its programs is in PATH or /usr/sbin: annexes can be made and deleted, not drained, joined or submitted to";
        return DoctorFinding::absent("htcondor", detail, remedy);
    }
    let lacks: Vec<String> = missing.iter().map(|(program, what)| format!("{program} (for {what})")).collect();
    DoctorFinding::absent("htcondor", format!("not in PATH or /usr/sbin: {}", lacks.join(", ")), remedy)
}

/// Returns whether this machine has the program where hoist looks for HTCondor's.
pub(crate) fn is_there(program: &str) -> bool {
    find_program(program, Path::new(""), &search_path()).is_ok()
}
