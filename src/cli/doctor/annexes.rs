//! What annexes need here: HTCondor's programs, and the set-up.

use std::ffi::OsStr;
use std::sync::Arc;

use crate::annex::DriftStatus;
use crate::cli::annex::set_up;
use crate::cloud::aws::api::AwsSession;
use crate::report::DoctorFinding;

/// HTCondor's programs that are called, each with what is lacking without it.
const PROGRAMS: [(&str, &str); 4] = [
    ("condor_status", "the pool's side of `annex status`, --wait pool, and which instances have jobs"),
    ("condor_submit", "`annex submit`"),
    ("condor_off", "`annex drain`, `delete --drain`, and `update` to fewer of them"),
    ("condor_advertise", "`annex status --advertise`"),
];

/// HTCondor's programs.
pub(super) fn htcondor(version: impl Fn(&str) -> Option<String>) -> DoctorFinding {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let missing: Vec<&(&str, &str)> = PROGRAMS.iter().filter(|(program, _)| !is_there(&path, program)).collect();
    if missing.is_empty() {
        let said = version("condor_status").unwrap_or_default();
        let version = said.lines().next().unwrap_or_default().trim_matches(|c: char| c == '$' || c.is_whitespace());
        return DoctorFinding::ok("htcondor", version.replace("CondorVersion: ", ""));
    }
    let remedy = "install HTCondor's tools (Debian: apt install htcondor); annexes that join no pool need none of them";
    if missing.len() == PROGRAMS.len() {
        let detail =
            "none of its programs is in PATH: annexes can be made and deleted, not drained, joined or submitted to";
        return DoctorFinding::absent("htcondor", detail, remedy);
    }
    let lacks: Vec<String> = missing.iter().map(|(program, what)| format!("{program} (for {what})")).collect();
    DoctorFinding::absent("htcondor", format!("not in PATH: {}", lacks.join(", ")), remedy)
}

pub(in crate::cli) fn is_there(path: &OsStr, program: &str) -> bool {
    use nix::unistd::{AccessFlags, access};
    std::env::split_paths(path).any(|place| access(&place.join(program), AccessFlags::X_OK).is_ok())
}

/// The set-up for annexes, where there can be one.
pub(super) async fn setup(session: &Arc<AwsSession>) -> Option<DoctorFinding> {
    if session.is_compatible() {
        return None;
    }
    let wants = "whoever makes annexes needs the permissions of `hoist annex policy --for user`";
    let set_up = match set_up(session) {
        Ok(set_up) => set_up,
        Err(error) => return Some(DoctorFinding::wrong("annexes", error.message, error.hints.into_iter().next())),
    };
    let made = match set_up.outputs().await {
        Ok(Some(made)) => made,
        Ok(None) => {
            let remedy = "`hoist annex setup` does that, once in a region; `--cloud local` needs none";
            return Some(DoctorFinding::absent("annexes", "not set up in this region", remedy));
        }
        // Whoever has no annexes needs no right to look for them.
        Err(error) if error.kind.is_refusal() => {
            return Some(DoctorFinding::absent("annexes", error.message, wants));
        }
        Err(error) => return Some(DoctorFinding::wrong("annexes", error.message, error.hint)),
    };
    let place = format!("set up, with the bucket {}", made.bucket);
    let found = match set_up.check(None).await {
        Ok(found) => found,
        Err(error) if error.kind.is_refusal() => {
            return Some(DoctorFinding::ok("annexes", format!("{place}; looking closer is for who may set up")));
        }
        Err(error) => return Some(DoctorFinding::wrong("annexes", error.message, error.hint)),
    };
    let other: Vec<String> = found
        .iter()
        .filter(|thing| thing.presence != DriftStatus::There)
        .map(|thing| format!("{} is {}", thing.what, thing.presence.as_str()))
        .collect();
    Some(match other.is_empty() {
        true => DoctorFinding::ok("annexes", place),
        false => DoctorFinding::wrong(
            "annexes",
            format!("the set-up is not as it should be: {}", other.join(", ")),
            Some("`hoist annex check-setup` says how; `hoist annex setup` mends it".to_owned()),
        ),
    })
}
