//! Local prerequisites of a command, checked for the whole run before anything is touched.
//!
//! A secret, a program or a key missing on this side says nothing about the instances.

use std::collections::BTreeSet;

use super::preflight::by_ssh;
use crate::diagnostics::Diagnostic;
use crate::engine::{Check, Observation, ObservedInstance, Prerequisites, Run, UnknownReason};
use crate::host::ssh::check_key;
use crate::plan::Plan;

/// Message for a refusal.
pub(super) const UNTOUCHED: &str = "nothing was touched";

/// Returns diagnostics for missing prerequisites of services of this plan.
pub(super) fn missing(plan: &Plan, needs: &Prerequisites<'_>) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = needs.lacks();
    let mut told = BTreeSet::new();
    for service in needs.services().filter(|service| by_ssh(plan, service)) {
        if let Some(key) = service.ssh.key.as_deref().filter(|key| told.insert(key.to_path_buf()))
            && let Err(error) = check_key(key)
        {
            diagnostics.push(Diagnostic::error(format!("service {}: {error}", service.name)).hint("put the key back"));
        }
    }
    diagnostics
}

/// Returns diagnostics for clouds that could not be asked; without their answers nothing may be replaced.
pub(super) fn silent_clouds<'a>(run: &Run, seen: impl IntoIterator<Item = &'a ObservedInstance>) -> Vec<Diagnostic> {
    let mut told = BTreeSet::new();
    let mut diagnostics = Vec::new();
    for (position, instance) in seen.into_iter().enumerate() {
        let ObservedInstance::Unknown(UnknownReason { reason, hint }) = instance else { continue };
        let cloud = run.record(position).instance.as_ref().map(|owned| owned.cloud.as_str()).unwrap_or_default();
        if told.insert(cloud) {
            let diagnostic =
                Diagnostic::error(format!("cloud {cloud} could not be asked: {}", reason.trim_end_matches('.')));
            diagnostics.push(diagnostic.hints(hint).hint("`hoist doctor` shows what is configured and reachable"));
        }
    }
    diagnostics
}

/// Returns diagnostics for checks that could not be made, neither passed nor failed, of services that `concerns`
/// accepts.
pub(super) fn unmade_checks(run: &Run, seen: &[Observation], concerns: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
    let unmade = |(position, observation): (usize, &Observation)| match &observation.check {
        Check::Unknown(UnknownReason { reason, hint }) if concerns(&run.service(position).name) => {
            let name = &run.service(position).name;
            Some(Diagnostic::error(format!("service {name} could not be checked: {reason}")).hints(hint))
        }
        _ => None,
    };
    seen.iter().enumerate().filter_map(unmade).collect()
}
