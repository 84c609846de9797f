//! Ends of the leases of a run.

use jiff::Timestamp;

use crate::engine::Run;
use crate::report::time::{age, duration, local};
use crate::report::{Style, count};

/// Leases of a run's instances.
#[derive(Clone, Debug, Default)]
pub(super) struct Leases {
    ends: Vec<(String, Timestamp)>,
}

impl Leases {
    /// Reads the leases of the instances of the run.
    pub(super) fn of(run: &Run) -> Self {
        let end = |position: usize| {
            let end = run.record(position).instance.as_ref()?.expires_at?;
            Some((run.service(position).name.clone(), end))
        };
        Self { ends: (0..run.records().len()).filter_map(end).collect() }
    }

    /// Returns the end of the lease of the service's instance.
    pub(super) fn end(&self, service: &str) -> Option<Timestamp> {
        self.ends.iter().find(|(name, _)| name == service).map(|(_, end)| *end)
    }

    /// Describes the next end of a lease, and warns of instances whose lease is over.
    pub(super) fn lines(&self, now: Timestamp, style: Style) -> String {
        let mut text = String::new();
        let (over, to_come): (Vec<_>, Vec<_>) = self.ends.iter().partition(|(_, end)| *end <= now);
        if let Some((name, first)) = over.iter().min_by_key(|(_, end)| *end) {
            let others = match over.len() {
                1 => String::new(),
                several => format!(", and those of {} more", several - 1),
            };
            text.push_str(&format!(
                "{} the lease of {name} ended {} ago{others}: `hoist orphans --terminate` removes what does not end by itself\n",
                style.warn("!"),
                duration(age(*first, now)),
            ));
        }
        if let Some((name, next)) = to_come.iter().min_by_key(|(_, end)| *end) {
            let shown = local(*next);
            let left = duration(age(now, *next));
            let same = to_come.iter().all(|(_, end)| end == next);
            text.push_str(&match to_come.len() {
                1 => format!("  the lease of {name} ends at {shown}, in {left}\n"),
                all if same => format!("  the leases of {} end at {shown}, in {left}\n", count(all, "machine")),
                all => format!("  the first of {} ends at {shown}, in {left}: that of {name}\n", count(all, "lease")),
            });
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_told_before_what_is_to_come() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let lines = |ends: &[(&str, &str)]| {
            let ends = ends.iter().map(|(name, end)| ((*name).to_owned(), at(end))).collect();
            Leases { ends }.lines(at("2026-11-20T12:00:00Z"), Style::new(false))
        };
        let (early, late) = (local(at("2026-11-20T12:30:00Z")), local(at("2026-11-20T14:10:00Z")));
        assert_eq!(lines(&[]), "");
        assert_eq!(
            lines(&[("a", "2026-11-20T14:10:00Z"), ("b", "2026-11-20T14:10:00Z")]),
            format!("  the leases of 2 machines end at {late}, in 2 h 10 m\n")
        );
        assert_eq!(
            lines(&[("a", "2026-11-20T11:57:00Z"), ("b", "2026-11-20T11:00:00Z"), ("c", "2026-11-20T14:10:00Z")]),
            format!(
                "! the lease of b ended 1 h 00 m ago, and those of 1 more: `hoist orphans --terminate` removes what does \
                 not end by itself\n  the lease of c ends at {late}, in 2 h 10 m\n"
            )
        );
        assert_eq!(
            lines(&[("a", "2026-11-20T13:00:00Z"), ("b", "2026-11-20T12:30:00Z")]),
            format!("  the first of 2 leases ends at {early}, in 30 m 00 s: that of b\n")
        );
    }
}
