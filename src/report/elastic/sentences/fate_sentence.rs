use super::limit_sentence::limit_sentence;
use super::misfit_sentence::none_can;
use super::words::time;
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::{Fate, KindMisfit, Share};

/// Says what becomes of some waiting jobs in a pass.
pub fn fate_sentence(share: &Share) -> String {
    let (jobs, them) = (counted(share.jobs, "job"), agreeing(share.jobs, "it", "them"));
    match &share.fate {
        Fate::Running => format!("{jobs}: there is free room in the pool"),
        Fate::Coming => format!("{jobs}: there will be room on workers that are on the way"),
        Fate::DrainCancelled => format!("{jobs}: drains of workers are cancelled for {them}"),
        Fate::New { kind } => format!("{jobs}: workers of kind {kind} are launched for {them}"),
        Fate::Young { until } => {
            format!("{jobs}: too young (waiting_time); workers are launched for {them} from {}", time(*until))
        }
        Fate::Limited { kind, by } => format!("{jobs}: kind {kind} fits, but {}", limit_sentence(by)),
        Fate::Unservable { kinds } => format!("{jobs}: {}", none_can(kinds, them)),
        Fate::Unknown { kinds } => {
            let known: Vec<&str> = kinds.iter().map(|misfit| &*misfit.kind).collect();
            format!(
                "{jobs}: whether {} can run {them} is not known here, and nothing is launched on a guess",
                if known.is_empty() { "a machine".to_owned() } else { known.join(" or ") }
            )
        }
    }
}

/// Returns the reasons of a fate kind by kind: those of kinds that cannot, or may not, run the jobs.
pub(super) fn misfits(fate: &Fate) -> &[KindMisfit] {
    match fate {
        Fate::Unservable { kinds } | Fate::Unknown { kinds } => kinds,
        Fate::Running
        | Fate::Coming
        | Fate::DrainCancelled
        | Fate::New { .. }
        | Fate::Young { .. }
        | Fate::Limited { .. } => &[],
    }
}
