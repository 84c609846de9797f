use super::work_source::{SourceError, WorkReading};
use crate::elastic::engine::{Demand, Reading, Wants};

/// Returns the reading of a source that failed as a whole: each part that is wanted is failed.
pub(super) fn failed_reading(wants: Wants, error: &SourceError) -> WorkReading {
    let reason = || error.to_string();
    WorkReading {
        demand: failed_part(wants.demand, reason),
        pool: failed_part(wants.pool, reason),
        groups: failed_part(wants.groups, reason),
        slots: failed_part(wants.slots, reason),
        ..WorkReading::default()
    }
}

/// Reads a queue that knows the waiting work alone. It is asked only if that is wanted.
pub(super) async fn read_demand(wants: Wants, waiting: impl Future<Output = Result<u64, SourceError>>) -> WorkReading {
    if wants.demand { demand_reading(waiting.await) } else { WorkReading::default() }
}

/// Returns the reading of a queue that knows the waiting work alone.
pub(super) fn demand_reading(waiting: Result<u64, SourceError>) -> WorkReading {
    let demand = match waiting {
        Ok(waiting) => Reading::Fresh { value: Demand { waiting, unservable: 0 } },
        Err(error) => Reading::Failed { reason: error.to_string() },
    };
    WorkReading { demand, ..WorkReading::default() }
}

fn failed_part<T>(wanted: bool, reason: impl Fn() -> String) -> Reading<T> {
    if wanted { Reading::Failed { reason: reason() } } else { Reading::Unread }
}
