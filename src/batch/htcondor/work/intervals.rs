use crate::batch::htcondor::pool::HTCondor;
use crate::classad::{ClassAd, Scope, Value, evaluate, parse_expression};
use crate::elastic::engine::Seconds;

/// Periods of HTCondor's, in seconds, by the configuration here. They may differ elsewhere in the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Intervals {
    /// `UPDATE_INTERVAL`: how often machines report to the collector.
    pub(super) of_machines: Seconds,
    /// `SCHEDD_INTERVAL`: how often queues do.
    pub(super) of_queues: Seconds,
    /// `NEGOTIATOR_INTERVAL`: how often jobs are matched.
    pub(super) of_negotiator: Seconds,
}

/// Time that a report may take, in seconds, besides the period: who reports to a collector that has started anew is
/// refused once, since it does not know the session, and has up to 20 s to begin another (`SEC_TCP_SESSION_TIMEOUT`).
pub(super) const REPORT_TIME: Seconds = 20;

/// HTCondor's own defaults.
pub(super) const DEFAULT: Intervals = Intervals { of_machines: 300, of_queues: 300, of_negotiator: 60 };

/// Reads the periods; HTCondor's defaults where the configuration does not tell.
pub(super) async fn intervals(pool: &HTCondor) -> Intervals {
    Intervals {
        of_machines: interval(pool, "UPDATE_INTERVAL").await.unwrap_or(DEFAULT.of_machines),
        of_queues: interval(pool, "SCHEDD_INTERVAL").await.unwrap_or(DEFAULT.of_queues),
        of_negotiator: interval(pool, "NEGOTIATOR_INTERVAL").await.unwrap_or(DEFAULT.of_negotiator),
    }
}

async fn interval(pool: &HTCondor, name: &'static str) -> Option<Seconds> {
    pool.known_config(name).await.and_then(|text| seconds(&text))
}

/// Reads a number of seconds, which may be written as an expression such as `5 * 60`.
fn seconds(text: &str) -> Option<Seconds> {
    let nothing = ClassAd::new();
    match evaluate(&parse_expression(text).ok()?, Scope::new(&nothing, None, 0)).value {
        Value::Integer(seconds) if seconds > 0 => Some(seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn periods_are_numbers_or_products() {
        assert_eq!(
            (seconds("300"), seconds("5 * 60"), seconds("0"), seconds("a b")),
            (Some(300), Some(300), None, None)
        );
    }
}
