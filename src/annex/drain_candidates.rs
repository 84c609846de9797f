//! The choice of instances to drain first.

use std::cmp::Reverse;

use super::status::{AnnexStatus, Row};
use crate::diagnostics::counted;

/// The instances to drain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrainChoice {
    /// Exactly this instance.
    Instance(String),
    /// This many, chosen by [`pick_to_drain`].
    Count(usize),
}

/// Why no instance was picked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotPick {
    /// The annex has no such instance.
    #[error("annex {annex} has no instance {instance}; `hoist annex status {annex}` lists those that it has")]
    NoSuchInstance {
        /// The annex.
        annex: String,
        /// The requested instance.
        instance: String,
    },
    /// The instance is shutting down or has ended.
    #[error("the instance {instance} of annex {annex} ends already or has ended; there is nothing to drain")]
    AlreadyEnding {
        /// The annex.
        annex: String,
        /// The requested instance.
        instance: String,
    },
    /// Too few instances can be drained.
    #[error(
        "annex {annex} has {} that could be drained, not {wanted}; `hoist annex delete {annex} --drain` ends all",
        counted(*there_are, "instance")
    )]
    TooFew {
        /// The annex.
        annex: String,
        /// The requested number.
        wanted: usize,
        /// The number that can be drained.
        there_are: usize,
    },
}

/// Returns the instances to drain, in order: those without a job first, and within each group the one whose billing
/// began last. EC2 bills by the second after a minimum of one minute ("On-Demand Instance Pricing"), so no paid time is
/// lost by this; long-running instances are kept, since they have proved to work and have users' files in their caches.
/// Ties are broken by the lower id.
///
/// # Errors
/// The instance does not exist or is shutting down already, or there are too few instances.
pub fn pick_to_drain(status: &AnnexStatus, pick: &DrainChoice) -> Result<Vec<String>, CannotPick> {
    let annex = status.id.name.to_string();
    match pick {
        DrainChoice::Instance(instance) => {
            let row = status.rows.iter().find(|row| row.instance.id == *instance);
            match row {
                None => Err(CannotPick::NoSuchInstance { annex, instance: instance.clone() }),
                Some(row) if !can_be_drained(row) => {
                    Err(CannotPick::AlreadyEnding { annex, instance: instance.clone() })
                }
                Some(_) => Ok(vec![instance.clone()]),
            }
        }
        DrainChoice::Count(wanted) => {
            let mut rows: Vec<&Row> = status.rows.iter().filter(|row| can_be_drained(row)).collect();
            if rows.len() < *wanted {
                return Err(CannotPick::TooFew { annex, wanted: *wanted, there_are: rows.len() });
            }
            rows.sort_by_key(|row| (row.is_busy(), Reverse(row.instance.launched_at), &row.instance.id));
            Ok(rows.into_iter().take(*wanted).map(|row| row.instance.id.clone()).collect())
        }
    }
}

fn can_be_drained(row: &Row) -> bool {
    row.instance.state.is_up()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::annex::{AnnexId, AnnexInstance, ObservedAnnex, ObservedState, join};
    use crate::batch::htcondor::Slot;
    use crate::provider::InstanceState;

    /// (id, state, minute of launch, whether it has a job)
    fn status(instances: &[(&str, InstanceState, i64, bool)]) -> AnnexStatus {
        let id = AnnexId { name: "foo".parse().unwrap(), nonce: String::new() };
        let seen = ObservedAnnex::new(ObservedState::Settled, 1);
        let all = instances.iter().map(|(id, state, minute, _)| AnnexInstance {
            id: (*id).to_owned(),
            state: *state,
            pool: 0,
            instance_type: None,
            zone: None,
            spot: false,
            price: None,
            private_address: None,
            address: None,
            launched_at: Timestamp::from_second(minute * 60).unwrap(),
            astray: false,
        });
        let slots = instances.iter().map(|(id, _, _, is_busy)| Slot {
            name: format!("slot1@{id}"),
            instance: Some((*id).to_owned()),
            address: None,
            state: if *is_busy { "Claimed" } else { "Unclaimed" }.to_owned(),
            activity: "Idle".to_owned(),
            is_partitionable: false,
            is_used_up: false,
            since: None,
        });
        join(id, seen, all.collect(), Some(slots.collect()), Timestamp::from_second(99_999).unwrap(), Duration::ZERO)
    }

    #[test]
    fn idle_ones_go_first_and_the_youngest_of_them() {
        use InstanceState::{Pending, Running, ShuttingDown, Terminated};
        let status = status(&[
            ("i-1", Running, 9, true),
            ("i-2", Running, 1, false),
            ("i-3", Running, 5, false),
            ("i-4", Running, 7, true),
            ("i-5", Pending, 5, false),
            ("i-6", ShuttingDown, 8, false),
            ("i-7", Terminated, 8, false),
        ]);
        let pick = |pick| pick_to_drain(&status, &pick);
        assert_eq!(pick(DrainChoice::Count(5)).unwrap(), ["i-3", "i-5", "i-2", "i-1", "i-4"]);
        assert_eq!(pick(DrainChoice::Count(1)).unwrap(), ["i-3"]);
        assert_eq!(pick(DrainChoice::Count(0)).unwrap(), [""; 0]);
        assert_eq!(pick(DrainChoice::Instance("i-1".to_owned())).unwrap(), ["i-1"]);
        let too_few = CannotPick::TooFew { annex: "foo".to_owned(), wanted: 6, there_are: 5 };
        assert_eq!(pick(DrainChoice::Count(6)).unwrap_err(), too_few);
        let errors = ["i-7", "i-9"].map(|id| pick(DrainChoice::Instance(id.to_owned())).unwrap_err().to_string());
        assert!(errors[0].contains("ends already") && errors[1].contains("has no instance i-9"), "{errors:?}");
    }
}
