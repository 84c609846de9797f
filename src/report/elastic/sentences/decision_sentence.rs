use super::reason_sentence::reason_sentence;
use super::words::some;
use crate::diagnostics::counted;
use crate::elastic::engine::{Decision, Market};

/// Says what was decided, and why.
pub fn decision_sentence(decision: &Decision) -> String {
    match decision {
        Decision::Launch(launch) => {
            let kind = launch.kind.as_deref().map(|kind| format!(" of kind {kind}")).unwrap_or_default();
            let slot = launch.slot.as_deref().map(|slot| format!(" for the slot \"{slot}\"")).unwrap_or_default();
            let market = match launch.market {
                Market::AsDescribed => "",
                Market::Spot => " on the spot market",
                Market::OnDemand => " at list price",
            };
            let workers = counted(launch.count, "worker");
            format!("launch {workers}{kind}{slot}{market}, because {}", reason_sentence(&launch.reason))
        }
        Decision::Terminate(end) => {
            format!("end {}, because {}", some(&end.machines), reason_sentence(&end.reason))
        }
        Decision::Drain(drain) => {
            let only = if drain.unclaimed_only { " (only without a claim)" } else { "" };
            format!("drain {}{only}, because {}", some(&drain.machines), reason_sentence(&drain.reason))
        }
        Decision::CancelDrain(cancel) => {
            format!("let {} accept work again, because {}", some(&cancel.machines), reason_sentence(&cancel.reason))
        }
    }
}
