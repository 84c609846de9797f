use jiff::Timestamp;

use crate::diagnostics::agreeing;
use crate::elastic::fleet::FleetFile;
use crate::report::{FleetBoundsView, count};
use crate::scaler::{Fleet, Overrides};

/// Says what a maximum does to workers that live; none if all of them may stay. Those that drain are going anyway.
/// `what` brings the maximum, with its verb: `/etc/hoist/elastic.toml allows`, `these settings allow`.
pub(super) fn surplus(
    fleet: &Fleet,
    file: &FleetFile,
    overrides: &Overrides,
    what: &str,
    now: Timestamp,
) -> Option<String> {
    let bounds = FleetBoundsView::of(file, overrides, now);
    let surplus = Some(fleet.above(bounds.max)).filter(|surplus| *surplus > 0)?;
    let (serving, draining) = (fleet.serving(), fleet.live() - fleet.serving());
    let besides = match draining {
        0 => String::new(),
        some => format!(" besides {some} that {} already", agreeing(some, "drains", "drain")),
    };
    Some(format!(
        "{what} {} ({}), and {serving} {}{besides}: {} will be drained, those without a job first, and ended",
        count(bounds.max, "worker"),
        bounds.sentence(),
        agreeing(serving, "lives", "live"),
        count(surplus, "worker"),
    ))
}
