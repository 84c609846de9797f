//! Drains that let running jobs end.
//!
//! A drained slot ends its job once the job has run for `MaxJobRetirementTime`, which the machine sets (0 unless
//! configured: a graceful drain then ends jobs within two seconds), and a job may shorten for itself. The slot tells
//! what is left in `RetirementTimeRemaining`, also while it is not drained.

use crate::elastic::engine::Seconds;

/// The retirement time, in seconds, from which a machine is trusted to let jobs end: a day.
pub(super) const LONG_ENOUGH: Seconds = 86_400;

/// The retirement time, in seconds, that a running job has at least left where a drain spares it: an hour.
pub(super) const LEFT_AT_LEAST: Seconds = 3600;

/// A condition on slots, evaluated by the machine itself for each of its slots, dynamic ones included: the slot has no
/// claim. For `condor_drain -check`.
pub(super) const UNCLAIMED: &str = "(State =!= \"Claimed\" && State =!= \"Matched\" && State =!= \"Preempting\")";

/// The same: a graceful drain would end no job. A claim without a job (`Idle`) has none to lose.
pub(super) fn spared() -> String {
    format!(
        "{UNCLAIMED} || Activity =?= \"Idle\" || (MaxJobRetirementTime =!= undefined && RetirementTimeRemaining =!= undefined \
         && MaxJobRetirementTime >= {LONG_ENOUGH} && RetirementTimeRemaining >= {LEFT_AT_LEAST})"
    )
}

/// Whether a graceful drain lets the jobs of a slot end: its `MaxJobRetirementTime`, and what each running job has
/// left.
pub(super) fn spares(retirement: Option<Seconds>, left: impl IntoIterator<Item = Option<Seconds>>) -> bool {
    retirement.is_some_and(|time| time >= LONG_ENOUGH)
        && left.into_iter().all(|left| left.is_none_or(|left| left >= LEFT_AT_LEAST))
}
