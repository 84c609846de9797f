//! Instances that do not run: the word for each state, its cost, and a remedy.

use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::phase::Phase;
use crate::provider::{Instance, InstanceState};

/// The description of an instance that does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// Its state and the cost of that.
    pub what: String,
    /// A suggested remedy.
    pub hint: &'static str,
}

/// Returns why the instance is not up; `None` if it runs.
pub fn standstill(instance: &Instance) -> Option<Standstill> {
    let id = &instance.id;
    // Its state is unknown, which is no reason to replace it.
    if instance.unsure().is_some() {
        return None;
    }
    if let Some(finding) = instance.finding().filter(|_| !instance.state.is_gone()) {
        return Some(Standstill { what: format!("{id}: {finding}"), hint: "`hoist plan repair` replaces it" });
    }
    if let Some(finding) = instance.finding().filter(|_| instance.state == InstanceState::ShuttingDown) {
        let what = format!("{id} has ended, and is not proved gone: {finding}");
        return Some(Standstill { what, hint: "once that is mended, `hoist plan repair` replaces it" });
    }
    let (what, hint) = match instance.state {
        InstanceState::Stopped => (
            format!("{id} is stopped, and bills for its disks"),
            "start it (on EC2: aws ec2 start-instances), then `hoist plan resume`; or `hoist plan repair` replaces it",
        ),
        InstanceState::Stopping => (
            format!("{id} is stopping, and bills for its disks"),
            "start it once it is stopped (on EC2: aws ec2 start-instances), then `hoist plan resume`; \
             or `hoist plan repair` replaces it",
        ),
        InstanceState::Pending => {
            (format!("{id} is pending: it starts, and bills once it runs"), "wait a minute, and ask again")
        }
        InstanceState::ShuttingDown => {
            (format!("{id} is shutting down for good, and bills no longer"), "`hoist plan repair` replaces it")
        }
        InstanceState::Terminated => {
            (format!("{id} is terminated, and bills nothing"), "`hoist plan repair` replaces it")
        }
        InstanceState::Running => return None,
    };
    let reason = instance.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    Some(Standstill { what: format!("{what}{reason}"), hint })
}

/// Returns the event for the service of a stopped instance; none while the instance comes up by itself.
pub(super) fn stopped(instance: &Instance, phase: &Phase) -> Option<ServiceEvent> {
    let is_stopped = matches!(instance.state, InstanceState::Stopped | InstanceState::Stopping);
    // An instance that its cloud has lost control of cannot be reached.
    let is_lost = instance.finding().is_some();
    let Standstill { what, hint } = standstill(instance).filter(|_| is_stopped || is_lost)?;
    // The boot program's effects are on its disks: an instance that is started again continues from there.
    let stage = match phase {
        Phase::Launched => Stage::Reach,
        Phase::Reachable | Phase::Booting(_) => Stage::Boot,
        Phase::Booted | Phase::Checking(_) | Phase::Ready { .. } => Stage::Ready,
        _ => return None,
    };
    Some(ServiceEvent::Failed { failure: Failure::new(stage, what).hint(Some(hint)) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;
    use crate::provider::{TAG_FINDING, TAG_UNSURE};

    #[test]
    fn each_state_has_its_word_its_cost_and_what_to_do() {
        let instance = |state| Instance {
            id: "i-1".to_owned(),
            state,
            address: None,
            private_address: None,
            launch_index: 0,
            tags: BTreeMap::new(),
            launched_at: Timestamp::UNIX_EPOCH,
            reason: None,
            offer: None,
        };
        let told = |state| standstill(&instance(state)).map(|it| (it.what, it.hint.to_owned()));
        let (what, hint) = told(InstanceState::Stopped).unwrap();
        assert_eq!(what, "i-1 is stopped, and bills for its disks");
        assert!(hint.contains("start-instances") && hint.contains("hoist plan repair"), "{hint}");
        assert!(told(InstanceState::Stopping).unwrap().0.contains("stopping"));
        let (what, hint) = told(InstanceState::Pending).unwrap();
        assert!(what.contains("pending") && hint.contains("wait"), "{what} {hint}");
        assert!(told(InstanceState::ShuttingDown).unwrap().0.contains("shutting down for good, and bills no longer"));
        assert!(told(InstanceState::Terminated).unwrap().0.contains("terminated, and bills nothing"));
        assert_eq!(told(InstanceState::Running), None);

        let tagged = |state, tags: &[(&str, &str)]| {
            let tags = tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            standstill(&Instance { tags, ..instance(state) })
        };
        // A leftover means that it has not ended, and is named.
        let left = [(TAG_FINDING, "its init was killed, and 77 (sleep) may be what it had started")];
        let told = tagged(InstanceState::ShuttingDown, &left).unwrap().what;
        assert!(told.contains("not proved gone: its init was killed, and 77 (sleep)"), "{told}");
        assert!(!told.contains("bills"), "{told}");
        // An instance that may work is neither called stopped nor replaced.
        let unsure = [(TAG_FINDING, "it does not answer"), (TAG_UNSURE, "look at it")];
        assert_eq!(tagged(InstanceState::Running, &unsure), None);
    }
}
