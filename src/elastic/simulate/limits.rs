/// Most machines that a simulated cloud launches: beyond, launches are refused, so that memory is bounded.
const MOST_MACHINES: usize = 1_000_000;

/// Returns how many of `count` machines are launched when there are `launched` already, and how many are refused.
pub(super) fn within_limit(count: u32, launched: usize) -> (u32, u32) {
    let room = u32::try_from(MOST_MACHINES.saturating_sub(launched)).unwrap_or(u32::MAX);
    (count.min(room), count.saturating_sub(room))
}

/// Most slots of a simulated host.
pub(super) const MOST_SLOTS: u32 = 65_536;
