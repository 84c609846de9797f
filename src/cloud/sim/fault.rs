//! Faults of a simulated cloud, and their counters.

use std::collections::HashMap;
use std::time::Duration;

use crate::plan::ProgramKind;
use crate::provider::{CloudErrorKind, ExitOutcome};

/// A fault of a service, which occurs a limited number of times.
#[derive(Clone, Debug, PartialEq)]
pub struct SimFault {
    /// The service, by its full name; `None` for all.
    pub service: Option<String>,
    /// The kind of fault.
    pub kind: FaultKind,
    /// The number of occurrences: for each affected service, or in total if it affects calls for many services (launch,
    /// describe, terminate, renew).
    pub times: u32,
}

/// A kind of fault.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// A launch fails and launches nothing.
    Launch(CloudErrorKind),
    /// A launch takes effect, and its answer is lost.
    LaunchReplyLost,
    /// A launch returns at most this many instances, as when capacity runs out.
    LaunchCut(usize),
    /// The instance stays pending for ever.
    NeverRuns,
    /// The instance ends by itself, this long after its launch.
    Dies(Duration),
    /// The host answers this much later.
    Unreachable(Duration),
    /// A describe call fails.
    Describe(CloudErrorKind),
    /// A terminate call fails and ends nothing.
    Terminate(CloudErrorKind),
    /// A terminate call takes effect, and its answer is lost.
    TerminateReplyLost,
    /// A renewal of leases fails and moves none.
    Renew(CloudErrorKind),
    /// A renewal of leases takes effect, and its answer is lost.
    RenewReplyLost,
    /// The program ends like this.
    ProgramFails {
        /// The kind of program.
        program: ProgramKind,
        /// How it ends.
        outcome: ExitOutcome,
        /// Its output.
        output: String,
    },
    /// The program runs until its time limit.
    ProgramHangs(ProgramKind),
    /// The program runs and ends, and the answer of the host is lost.
    ProgramReplyLost(ProgramKind),
}

impl SimFault {
    /// Creates a fault that occurs once, for `service`.
    pub fn once(service: impl Into<String>, kind: FaultKind) -> Self {
        Self { service: Some(service.into()), kind, times: 1 }
    }

    /// Creates a fault that occurs once for each service, or once in total if it affects calls for many services.
    pub fn once_each(kind: FaultKind) -> Self {
        Self { service: None, kind, times: 1 }
    }

    /// Sets the number of occurrences.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }
}

impl FaultKind {
    /// Whether it affects calls that may be for many services.
    fn is_of_call(&self) -> bool {
        match self {
            Self::Launch(_) | Self::LaunchReplyLost | Self::LaunchCut(_) | Self::Describe(_) => true,
            Self::Terminate(_) | Self::TerminateReplyLost | Self::Renew(_) | Self::RenewReplyLost => true,
            Self::NeverRuns | Self::Dies(_) | Self::Unreachable(_) => false,
            Self::ProgramFails { .. } | Self::ProgramHangs(_) | Self::ProgramReplyLost(_) => false,
        }
    }
}

/// The faults of a cloud, and the occurrences of each.
#[derive(Debug, Default)]
pub(super) struct Faults {
    planned: Vec<(SimFault, HashMap<String, u32>)>,
}

impl Faults {
    pub(super) fn add(&mut self, fault: SimFault) {
        self.planned.push((fault, HashMap::new()));
    }

    /// Returns the first fault that affects one of `services`, is accepted by `pick`, and has occurrences left; counts
    /// an occurrence.
    pub(super) fn take<'a, T>(
        &mut self,
        services: impl Iterator<Item = &'a str> + Clone,
        pick: impl Fn(&FaultKind) -> Option<T>,
    ) -> Option<T> {
        for (fault, happened) in &mut self.planned {
            let Some(picked) = pick(&fault.kind) else { continue };
            let counted_for = |service: &'a str| if fault.kind.is_of_call() { "" } else { service };
            let concerned =
                services.clone().map(|service| (service, counted_for(service))).find(|(service, counter)| {
                    let named = fault.service.as_deref();
                    named.is_none_or(|name| name == *service)
                        && happened.get(*counter).copied().unwrap_or(0) < fault.times
                });
            if let Some((_, counter)) = concerned {
                *happened.entry(counter.to_owned()).or_default() += 1;
                return Some(picked);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_as_often_as_it_says_to_each_service() {
        let mut faults = Faults::default();
        faults.add(SimFault::once_each(FaultKind::NeverRuns).times(2));
        let mut stuck = |service| {
            faults.take([service].into_iter(), |kind| (*kind == FaultKind::NeverRuns).then_some(())).is_some()
        };
        assert_eq!([stuck("a"), stuck("a"), stuck("a"), stuck("b")], [true, true, false, true]);
    }

    #[test]
    fn a_fault_of_calls_counts_calls() {
        let mut faults = Faults::default();
        faults.add(SimFault::once_each(FaultKind::LaunchReplyLost));
        let lost = |kind: &FaultKind| (*kind == FaultKind::LaunchReplyLost).then_some(());
        assert_eq!(faults.take(["a", "b"].into_iter(), lost), Some(()));
        assert_eq!(faults.take(["a", "b"].into_iter(), lost), None);
    }

    #[test]
    fn a_fault_of_another_service_or_kind_is_left() {
        let mut faults = Faults::default();
        faults.add(SimFault::once("a", FaultKind::NeverRuns));
        let never_runs = |kind: &FaultKind| (*kind == FaultKind::NeverRuns).then_some(());
        assert_eq!(faults.take(["b"].into_iter(), never_runs), None);
        assert_eq!(faults.take(["a"].into_iter(), |_| None::<()>), None);
        assert_eq!(faults.take(["b", "a"].into_iter(), never_runs), Some(()));
    }
}
