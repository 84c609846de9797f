//! Checks before a launch, so that a boot that cannot succeed costs nothing.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::pin_provider::pin;
use super::user_data_check::user_data;
use crate::app::{Clouds, CommandError, LiveInfrastructure, Operation, refuse};
use crate::diagnostics::{Cause, Diagnostic};
use crate::engine::{Run, check_secrets, preview};
use crate::host::ssh::check_key;
use crate::plan::{Plan, RunOn, Service};
use crate::provider::{CloudError, CloudErrorKind, Infrastructure as _};
use crate::state::Owner;

const NOTHING: &str = "nothing was launched";

/// Refuses a plan that cannot be booted, with all errors at once, before anything is launched. Services for which
/// `concerns` is false stand already. Pins the plan to the place of its clouds.
pub(super) async fn preflight(
    op: Operation<'_>,
    plan: &mut Plan,
    allowed: &[String],
    concerns: impl Fn(&str) -> bool,
) -> Result<(), CommandError> {
    let notation = plan.notation();
    let mut problems = on_this_machine(plan, &concerns);
    let elsewhere = |(_, service): (_, &Service)| is_launched_elsewhere(plan, service) && concerns(&service.name);
    let launched = plan.services().map(|(_, service)| service).filter(|service| concerns(&service.name));
    let found = user_data(launched, plan, allowed);
    problems.extend(found.diagnostics());
    found.tell_warnings(op.user);
    if plan.services().any(elsewhere) {
        problems.extend(at_the_clouds(op, plan, &concerns).await?);
    }
    for diagnostic in &mut problems {
        diagnostic.hints.iter_mut().for_each(|hint| *hint = notation.in_its_words(hint));
    }
    refuse(op.user, &problems, NOTHING)
}

/// Returns diagnostics for the secrets of the plan that this process cannot find.
pub(crate) fn missing_secrets(plan: &Plan) -> Vec<Diagnostic> {
    check_secrets(plan)
}

/// Checks on this machine: secrets, leases, keys.
fn on_this_machine(plan: &Plan, concerns: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
    let mut problems = missing_secrets(plan);
    let now = Timestamp::now();
    // The same error of many services is reported for the first one.
    let mut told = BTreeSet::new();
    for (_, service) in plan.services().filter(|(_, service)| concerns(&service.name)) {
        for diagnostic in wrong_with(plan, service, now) {
            if told.insert(diagnostic.message.clone()) {
                let message = format!("service {}: {}", service.name, diagnostic.message);
                problems.push(Diagnostic { message, ..diagnostic });
            }
        }
    }
    problems
}

fn wrong_with(plan: &Plan, service: &Service, now: Timestamp) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let lease = plan.lease_of(service).filter(|_| service.launch.is_some());
    if let Some(Err(error)) = lease.map(|lease| lease.check(now)) {
        problems.push(Diagnostic::error(error.to_string()).hint("give a later end, or a length such as 6h"));
    }
    if by_ssh(plan, service)
        && let Some(Err(error)) = service.ssh.key.as_deref().map(check_key)
    {
        problems.push(Diagnostic::error(plan.notation().in_its_words(&error.to_string())));
    }
    problems
}

fn is_launched_elsewhere(plan: &Plan, service: &Service) -> bool {
    service.launch.is_some() && plan.clouds.get(&service.cloud).is_some_and(|cloud| !cloud.is_local())
}

/// Returns whether the service's programs run over SSH.
pub(super) fn by_ssh(plan: &Plan, service: &Service) -> bool {
    let elsewhere = match service.run_on {
        RunOn::Instance => is_launched_elsewhere(plan, service),
        RunOn::Address => true,
        RunOn::ThisHost => false,
    };
    elsewhere && service.programs.iter().next().is_some()
}

/// Checks at the clouds: credentials, and the existence of the resources named by the plan.
async fn at_the_clouds(
    op: Operation<'_>,
    plan: &mut Plan,
    concerns: impl Fn(&str) -> bool,
) -> Result<Vec<Diagnostic>, CommandError> {
    let clouds = Clouds::new(op.workspace)?;
    let closed = pin(&clouds, plan).await;
    // A stand-in for the run, which is recorded only when there is something to record.
    let run = Run::new("preflight", plan.name.clone(), plan.clone());
    let infrastructure = LiveInfrastructure::new(op.workspace, &run)?;
    let owner = Owner::current().to_string();
    let mut problems: Vec<Diagnostic> = closed.iter().map(|(name, error)| kept_out(name, error)).collect();
    for (name, mut requests) in preview(&run, &owner) {
        for request in &mut requests {
            request.slots.retain(|service| concerns(service));
            // A lease that is over was reported by the local checks.
            request.expires_at = request.expires_at.filter(|end| *end > Timestamp::now());
        }
        requests.retain(|request| !request.slots.is_empty());
        if requests.is_empty() || closed.iter().any(|(cloud, _)| *cloud == name) {
            continue;
        }
        let answer = match infrastructure.cloud(&name) {
            Ok(cloud) => cloud.check(&requests).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(found) => problems.extend(found.into_iter().map(found_at_a_cloud)),
            Err(error) => problems.push(found_at_a_cloud(error)),
        }
    }
    Ok(problems)
}

/// Returns the diagnostic for a cloud's error: a quota is a limit, and no fault of the plan's.
fn found_at_a_cloud(error: CloudError) -> Diagnostic {
    match error.kind {
        CloudErrorKind::Quota => Diagnostic { cause: Cause::Policy, ..error.into() },
        _ => error.into(),
    }
}

/// Returns the diagnostic for a cloud that denies access, with hints how to try the plan without it.
fn kept_out(name: &str, error: &CloudError) -> Diagnostic {
    let mut hints: Vec<String> = error.hint.iter().cloned().collect();
    for hint in ["--cloud local tries the plan on this machine", "--dry-run goes through it on a simulated cloud"] {
        if !hints.iter().any(|known| known == hint) {
            hints.push(hint.to_owned());
        }
    }
    Diagnostic { hints, ..Diagnostic::error(format!("cloud {name}: {}", error.message)) }
}
