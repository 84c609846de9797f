use super::seconds::Seconds;

/// Least time in seconds that a machine gets to come up when others of its fleet have shown how long it takes.
const LEAST: Seconds = 300;

/// Returns the time in seconds that machines get to come up: three times what the slowest one took that did. As long as
/// none is known, `unknown`, doubled with every round of failures up to four times: a slow kind comes up in the end.
pub(super) fn start_patience(unknown: Seconds, slowest: Option<Seconds>, failed_rounds: u32) -> Seconds {
    match slowest {
        Some(slowest) => slowest.saturating_mul(3).max(LEAST),
        None => unknown.saturating_mul(1 << failed_rounds.min(2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_start_times_count_threefold_and_unknown_ones_grow_with_failures() {
        assert_eq!([start_patience(600, Some(90), 5), start_patience(600, Some(700), 0)], [300, 2100]);
        assert_eq!([0, 1, 2, 9].map(|rounds| start_patience(600, None, rounds)), [600, 1200, 2400, 2400]);
    }
}
