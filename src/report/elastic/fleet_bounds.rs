use jiff::Timestamp;
use serde::Serialize;

use crate::elastic::fleet::FleetFile;
use crate::scaler::{Overrides, schedule_change};

/// Time for which changes by schedules are looked for: a week, and a day more for clocks that are put forward or back.
const WEEK: jiff::SignedDuration = jiff::SignedDuration::from_hours(8 * 24);

/// The limits of the number of workers at a time, each with its origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FleetBoundsView {
    /// Minimum number of workers.
    pub min: u32,
    /// Origin of the minimum: `file`, `schedule WHEN` or `set`.
    pub min_from: String,
    /// Maximum number of workers.
    pub max: u32,
    /// Origin of the maximum.
    pub max_from: String,
}

impl FleetBoundsView {
    /// Reckons the limits at `at`: those of the fleet file, a schedule laid over, `hoist elastic set` laid over that.
    pub fn of(file: &FleetFile, overrides: &Overrides, at: Timestamp) -> Self {
        let scheduled = file.schedules.iter().rev().find(|schedule| schedule.bounds(at, &file.workers).is_some());
        let bounds = file.bounds(at);
        let from = |of_schedule: Option<u32>, of_set: Option<u32>| match (of_set, scheduled, of_schedule) {
            (Some(_), ..) => "set".to_owned(),
            (None, Some(schedule), Some(_)) => format!("schedule {}", schedule.when),
            (None, ..) => "file".to_owned(),
        };
        let (min, max) = (overrides.count.or(overrides.min), overrides.count.or(overrides.max));
        let most = max.unwrap_or(bounds.max);
        Self {
            min: min.unwrap_or(bounds.min).min(most),
            min_from: from(scheduled.and_then(|schedule| schedule.min), min),
            max: most,
            max_from: from(scheduled.and_then(|schedule| schedule.max), max),
        }
    }

    /// Returns the time at which a schedule brings other limits next, and these. None: none does within a week.
    pub fn next_change(file: &FleetFile, overrides: &Overrides, now: Timestamp) -> Option<(Timestamp, Self)> {
        let limits = |view: &Self| (view.min, view.max);
        let before = Self::of(file, overrides, now);
        let week = now.checked_add(WEEK).unwrap_or(Timestamp::MAX);
        let changes = std::iter::successors(schedule_change(file, now, week), |at| schedule_change(file, *at, week));
        // What was set by hand may hold all the same.
        let mut views = changes.map(|at| (at, Self::of(file, overrides, at)));
        views.find(|(_, view)| limits(view) != limits(&before))
    }

    /// Says them with their origins: `0 to 6 (max by set, min by file)`.
    pub fn sentence(&self) -> String {
        let Self { min, max, min_from, max_from } = self;
        if min_from == max_from {
            return format!("{min} to {max}, by {}", origin(min_from));
        }
        format!("{min} (by {}) to {max} (by {})", origin(min_from), origin(max_from))
    }
}

fn origin(from: &str) -> String {
    match from {
        "file" => "its file".to_owned(),
        "set" => "`hoist elastic set`".to_owned(),
        schedule => schedule.replacen("schedule ", "the schedule ", 1),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn file() -> FleetFile {
        let text = "[workers]\nmax = 6\n[cloud]\nprovider = \"local\"\n[machine]\n[engine]\nname = \"npreserving\"\n\
                    preserve_n = 1\n[[schedule]]\nwhen = \"mon-fri 08:00-18:00 UTC\"\nmin = 2\n";
        FleetFile::parse(text, Path::new("/etc/hoist/elastic.toml")).unwrap()
    }

    fn bounds(overrides: Overrides) -> String {
        // A Tuesday.
        FleetBoundsView::of(&file(), &overrides, "2026-12-01T10:00:00Z".parse().unwrap()).sentence()
    }

    #[test]
    fn every_bound_says_its_origin() {
        let max = Overrides { max: Some(9), ..Overrides::default() };
        let count = Overrides { count: Some(4), ..Overrides::default() };
        assert_eq!(bounds(Overrides::default()), "2 (by the schedule mon-fri 08:00-18:00 UTC) to 6 (by its file)");
        assert_eq!(bounds(max), "2 (by the schedule mon-fri 08:00-18:00 UTC) to 9 (by `hoist elastic set`)");
        assert_eq!(bounds(count), "4 to 4, by `hoist elastic set`");
    }

    #[test]
    fn a_schedule_changes_limits_unless_others_were_set() {
        let change = |overrides: &Overrides, now: &str| {
            let change = FleetBoundsView::next_change(&file(), overrides, now.parse().unwrap());
            change.map(|(at, view)| (at.to_string(), view.min, view.max))
        };
        let none = Overrides::default();
        assert_eq!(change(&none, "2026-12-01T10:00:00Z"), Some(("2026-12-01T18:00:00Z".to_owned(), 0, 6)));
        assert_eq!(change(&none, "2026-12-04T18:00:00Z"), Some(("2026-12-07T08:00:00Z".to_owned(), 2, 6)));
        let set = Overrides { min: Some(1), ..Overrides::default() };
        assert_eq!(change(&set, "2026-12-01T10:00:00Z"), None);
    }

    #[test]
    fn a_maximum_that_was_set_lowers_a_scheduled_minimum() {
        let max = Overrides { max: Some(1), ..Overrides::default() };
        assert_eq!(bounds(max), "1 (by the schedule mon-fri 08:00-18:00 UTC) to 1 (by `hoist elastic set`)");
    }
}
