//! The launch calls of a run, for checks before anything is launched.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::launch_request::{self, machine_of};
use super::run::Run;
use super::secrets;
use crate::diagnostics::Diagnostic;
use crate::plan::Plan;
use crate::provider::{InstanceSpec, LaunchRequest};

/// Stands for a token that is not known yet, at the same length.
const TOKEN: &str = "0000000000000000000000000000000000000000";

/// Returns the launches of a plan that was not booted yet, by cloud: equal instances in one request for each market.
///
/// Omits instances that read values of an earlier level, and those with unreadable input, such as a missing file of
/// user data: their launch reports it.
pub fn preview(run: &Run, owner: &str) -> BTreeMap<String, Vec<LaunchRequest>> {
    let mut equal: BTreeMap<(&str, InstanceSpec), Vec<String>> = BTreeMap::new();
    for (position, (_, service)) in run.plan.services().enumerate() {
        if service.launch.is_none() || run.launch_after(position) > 0 {
            continue;
        }
        let Ok(machine) = machine_of(run, position) else { continue };
        equal.entry((&service.cloud, machine)).or_default().push(service.name.clone());
    }
    let mut requests: BTreeMap<String, Vec<LaunchRequest>> = BTreeMap::new();
    for ((cloud, machine), services) in equal {
        let expires_at = machine.lease.map(|lease| lease.end(Timestamp::now()));
        let tags = launch_request::tags(&machine, &run.id, TOKEN, owner, expires_at);
        for spot in [true, false] {
            let offers: Vec<_> = machine.offers.iter().filter(|offer| offer.spot == spot).cloned().collect();
            if !offers.is_empty() {
                requests.entry(cloud.to_owned()).or_default().push(LaunchRequest {
                    token: TOKEN.to_owned(),
                    slots: services.clone(),
                    machine: machine.clone(),
                    offers,
                    tags: tags.clone(),
                    expires_at,
                    repeated: false,
                });
            }
        }
    }
    requests
}

/// Returns the errors of the secrets of a plan that was not booted yet, as this process finds them.
pub fn check_secrets(plan: &Plan) -> Vec<Diagnostic> {
    let sources: BTreeSet<_> = plan.services().flat_map(|(_, service)| service.secrets.values()).collect();
    sources.into_iter().filter_map(|source| secrets::read(source).err()).map(|error| error.before_a_run()).collect()
}
