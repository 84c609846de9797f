//! Calls that concern instances by their ids.

use jiff::Timestamp;

use super::fault::FaultKind;
use super::state::{State, failure};
use crate::provider::{CloudError, CloudErrorKind};

impl State {
    pub(super) fn terminate(&mut self, ids: &[String]) -> Result<(), CloudError> {
        let now = self.now();
        let known: Vec<usize> = ids.iter().filter_map(|id| self.position(id)).collect();
        let services: Vec<String> = known.iter().map(|&at| self.instances[at].service().to_owned()).collect();
        let kind = self.fault(&services, |kind| match kind {
            FaultKind::Terminate(error) => Some(*error),
            _ => None,
        });
        if let Some(kind) = kind {
            return Err(failure(kind, "the instances cannot be terminated (simulated)"));
        }
        for at in known {
            self.instances[at].end(now, "terminated on request");
        }
        let lost = |kind: &FaultKind| (*kind == FaultKind::TerminateReplyLost).then_some(());
        match self.fault(&services, lost) {
            Some(()) => Err(failure(CloudErrorKind::Transient, "the answer was lost (simulated)")),
            None => Ok(()),
        }
    }

    pub(super) fn renew(&mut self, ids: &[String], until: Timestamp) -> Result<Vec<String>, CloudError> {
        let (now, until) = (self.now(), self.since_start(until));
        let known: Vec<usize> = ids.iter().filter_map(|id| self.position(id)).collect();
        let services: Vec<String> = known.iter().map(|&at| self.instances[at].service().to_owned()).collect();
        let kind = self.fault(&services, |kind| match kind {
            FaultKind::Renew(error) => Some(*error),
            _ => None,
        });
        if let Some(kind) = kind {
            return Err(failure(kind, "the leases cannot be renewed (simulated)"));
        }
        let mut renewed = Vec::new();
        for at in known {
            let instance = &mut self.instances[at];
            if instance.renew(until, now) {
                renewed.push(instance.id.clone());
            }
        }
        let lost = |kind: &FaultKind| (*kind == FaultKind::RenewReplyLost).then_some(());
        match self.fault(&services, lost) {
            Some(()) => Err(failure(CloudErrorKind::Transient, "the answer was lost (simulated)")),
            None => Ok(renewed),
        }
    }

    pub(super) fn console(&mut self, id: &str) -> Result<String, CloudError> {
        let now = self.now();
        let Some(at) = self.position(id) else {
            return Err(failure(CloudErrorKind::Rejected, format!("there is no instance {id}")));
        };
        Ok(self.instances[at].console(now))
    }
}
