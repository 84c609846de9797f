use jiff::Timestamp;

use crate::diagnostics::agreeing;
use crate::elastic::fleet::FleetFile;
use crate::report::{FleetBoundsView, count};
use crate::scaler::{Fleet, Overrides};

/// Says what a maximum does to workers that live; none if all of them may stay. `what` brings the maximum, with its
/// verb: `/etc/hoist/elastic.toml allows`, `these settings allow`.
pub(super) fn surplus(
    fleet: &Fleet,
    file: &FleetFile,
    overrides: &Overrides,
    what: &str,
    now: Timestamp,
) -> Option<String> {
    let bounds = FleetBoundsView::of(file, overrides, now);
    let live = u32::try_from(fleet.live()).unwrap_or(u32::MAX);
    let surplus = live.checked_sub(bounds.max).filter(|surplus| *surplus > 0)?;
    Some(format!(
        "{what} {} ({}), and {live} {}: {} will be drained, those without a job first, and ended",
        count(bounds.max, "worker"),
        bounds.sentence(),
        agreeing(live, "lives", "live"),
        count(surplus, "worker"),
    ))
}
