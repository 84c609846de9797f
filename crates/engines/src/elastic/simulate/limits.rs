/// Most machines of a simulated account that live at a time: beyond, launches are refused, so that work is bounded.
const MOST_MACHINES: usize = 10_000;

/// Most slots of a simulated host.
pub(super) const MOST_SLOTS: u32 = 65_536;

/// Returns how many of `count` machines are launched when `live` machines are there, and how many are refused.
pub(super) fn within_limit(count: u32, live: i64) -> (u32, u32) {
    let live = usize::try_from(live).unwrap_or(0);
    let room = u32::try_from(MOST_MACHINES.saturating_sub(live)).unwrap_or(u32::MAX);
    (count.min(room), count.saturating_sub(room))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn launches_beyond_the_limit_are_refused() {
        assert_eq!(within_limit(u32::MAX, 9_990), (10, u32::MAX - 10));
        assert_eq!(within_limit(5, 10_001), (0, 5));
    }
}
