//! What is looked at before anything is launched, so that a boot that cannot succeed costs nothing.

use jiff::Timestamp;

use super::session::block_on;
use crate::cli::clouds::unsupported;
use crate::cli::context::Context;
use crate::cli::exit::CommandError;
use crate::cli::places::{RealPlaces, is_this_machine};
use crate::engine::{CloudError, Places, Run, check_secrets, preview};
use crate::host::ssh::check_key;
use crate::plan::{Plan, RunOn, Service};
use crate::report::count;
use crate::state::Owner;

/// Refuses a plan that cannot be raised: everything that is wrong is told at once, and nothing was launched.
pub(super) fn preflight(context: &Context, plan: &Plan) -> Result<(), CommandError> {
    let mut problems = on_this_machine(plan);
    if problems.is_empty() && plan.services().any(|(_, service)| is_launched_elsewhere(plan, service)) {
        problems = at_the_clouds(context, plan)?;
    }
    refuse(context, &problems)
}

/// A thing that is wrong, and what to try.
struct Trouble {
    message: String,
    hint: Option<String>,
}

impl From<CloudError> for Trouble {
    fn from(CloudError { message, hint, .. }: CloudError) -> Self {
        Self { message, hint }
    }
}

fn refuse(context: &Context, problems: &[Trouble]) -> Result<(), CommandError> {
    let Some((last, others)) = problems.split_last() else { return Ok(()) };
    let with_hint = |error: CommandError, problem: &Trouble| match &problem.hint {
        Some(hint) => error.hint(hint),
        None => error,
    };
    if others.is_empty() {
        return Err(with_hint(CommandError::new(format!("{}; nothing was launched", last.message)), last));
    }
    for problem in problems {
        context.say(&problem.message);
        if let Some(hint) = &problem.hint {
            context.say(&format!("  {} {hint}", context.message_style.dim("try:")));
        }
    }
    Err(CommandError::new(format!("{}; nothing was launched", count(problems.len(), "problem"))))
}

/// What this machine can tell: secrets, leases, keys.
fn on_this_machine(plan: &Plan) -> Vec<Trouble> {
    let plain = |message| Trouble { message, hint: None };
    let mut problems: Vec<Trouble> = check_secrets(plan).into_iter().map(plain).collect();
    let now = Timestamp::now();
    // The same of many services is told of the first.
    let mut told = std::collections::BTreeSet::new();
    for (_, service) in plan.services() {
        for (message, hint) in wrong_with(plan, service, now) {
            if told.insert(message.clone()) {
                problems.push(Trouble { message: format!("service {}: {message}", service.name), hint });
            }
        }
    }
    problems
}

fn wrong_with(plan: &Plan, service: &Service, now: Timestamp) -> Vec<(String, Option<String>)> {
    let mut problems = Vec::new();
    let provider = plan.clouds.get(&service.cloud).map_or(service.cloud.as_str(), |cloud| cloud.provider.as_str());
    if service.launch.is_some() && !matches!(provider, "local" | "ec2") {
        let CloudError { message, hint, .. } = unsupported(provider);
        problems.push((format!("cloud {}: {message}", service.cloud), hint));
    }
    if let Some(Err(problem)) =
        plan.lease_of(service).filter(|_| service.launch.is_some()).map(|lease| lease.check(now))
    {
        problems.push((problem, None));
    }
    if by_ssh(plan, service)
        && let Some(Err(problem)) = service.ssh.key.as_deref().map(check_key)
    {
        problems.push((problem, None));
    }
    problems
}

fn is_launched_elsewhere(plan: &Plan, service: &Service) -> bool {
    service.launch.is_some() && plan.clouds.get(&service.cloud).is_some_and(|cloud| cloud.provider != "local")
}

/// Whether the service's programs are run over SSH.
fn by_ssh(plan: &Plan, service: &Service) -> bool {
    let elsewhere = match service.run_on {
        RunOn::Instance => is_launched_elsewhere(plan, service),
        RunOn::Address => {
            service.address.as_ref().is_some_and(|address| !(address.is_plain() && is_this_machine(address.as_str())))
        }
        RunOn::ThisHost => false,
    };
    elsewhere && service.programs.iter().next().is_some()
}

/// What the clouds can tell: credentials, and whether what the plan names exists.
fn at_the_clouds(context: &Context, plan: &Plan) -> Result<Vec<Trouble>, CommandError> {
    // Not the run itself, which is recorded once there is something to record.
    let run = Run::new("preflight", plan.name.clone(), plan.clone());
    let places = RealPlaces::new(context, &run)?;
    let owner = Owner::current().to_string();
    block_on(async {
        let mut problems: Vec<Trouble> = Vec::new();
        for (name, requests) in preview(&run, &owner) {
            let answer = match places.cloud(&name) {
                Ok(cloud) => cloud.check(&requests).await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(found) => problems.extend(found.into_iter().map(Trouble::from)),
                Err(error) => problems.push(Trouble::from(error)),
            }
        }
        problems
    })
}
