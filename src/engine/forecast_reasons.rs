//! Reasons for a command's planned actions, in the words of its announcement.

use super::phase::Phase;
use super::planned_action::PlannedAction;
use super::run::Run;
use super::stale::{misled_by, stale};
use super::stale_values::Stale;

/// Returns the reason for this action, from the recorded state of the service.
pub(super) fn why_of(begun: &Run, service: &str, deed: PlannedAction) -> Option<String> {
    let position = begun.position(service)?;
    let phase = &begun.record(position).phase;
    match (phase, deed) {
        (
            _,
            PlannedAction::Remove
            | PlannedAction::Keep
            | PlannedAction::Add
            | PlannedAction::Accept
            | PlannedAction::Configure,
        ) => None,
        (Phase::Failed(failure), _) => Some(failure.reason.clone()),
        (Phase::Lost(reason), _) => Some(reason.clone()),
        (Phase::Terminating(_), _) => Some("its removal was begun".to_owned()),
        (_, PlannedAction::Raise) => Some(format!("it is {}", phase.name())),
        (_, PlannedAction::Replace) => {
            let owner = begun.owner_of(position);
            (owner != position).then(|| format!("it runs on the machine of {}", begun.service(owner).name))
        }
        (_, PlannedAction::Check) => None,
    }
}

/// Returns why the boot program runs again: a value that it was given and the present one, or the services that it
/// reads.
pub(super) fn why_again(begun: &Run, service: &str, source: Option<&str>) -> String {
    let stale = begun.position(service).map(|position| stale(begun, position)).unwrap_or_default();
    match (stale.first(), source) {
        (Some(Stale { reference, then, now }), _) => {
            let more = if stale.len() > 1 { format!(", and {} more values", stale.len() - 1) } else { String::new() };
            let now = now.as_deref().unwrap_or("nothing");
            format!("{reference} was {then}, is {now}{more}")
        }
        (None, Some(source)) => format!("{source}, where that gives it other values"),
        (None, None) => "it reads what is raised or configured before it, where that gives it other values".to_owned(),
    }
}

/// Returns why a failed check is left alone: values that the service was given have changed, or will have once the
/// command has done the rest.
pub(super) fn why_left(begun: &Run, played: &Run, service: &str) -> Option<String> {
    let fails = |run: &Run| run.position(service).filter(|&position| run.record(position).phase.failed_its_check());
    fails(begun)?;
    let told = |run: &Run| {
        let misled = misled_by(run, fails(run)?)?;
        let who = Some(&run.service(misled).name).filter(|name| *name != service);
        let who = who.map(|name| format!("{name}, which it reads, was given what is something else now: "));
        Some((who.unwrap_or_default(), stale(run, misled).into_iter().next()?))
    };
    let changed = match (told(begun), told(played)) {
        (Some((who, Stale { reference, then, now })), _) => {
            format!("{who}{reference} was {then}, is {}", now.as_deref().unwrap_or("nothing"))
        }
        (None, Some((who, Stale { reference, then, .. }))) => format!("{who}{reference} was {then}, and changes"),
        (None, None) => return None,
    };
    let name = &begun.name;
    Some(format!(
        "its check fails, and {changed}; `hoist plan repair {name} --with-dependents` runs its boot program again"
    ))
}

/// Describes the machine's present address, if that is not the recorded one.
pub(super) fn move_of(before: &Run, begun: &Run, service: &str) -> Option<String> {
    let address = |run: &Run| run.record(run.position(service)?).address.clone();
    let (recorded, now) = (address(before)?, address(begun)?);
    (recorded != now).then(|| format!("it is at {now} now, {recorded} is recorded"))
}
