use super::fate_sentence::{fate_sentence, misfits};
use super::limit_sentence::limit_sentence;
use super::misfit_sentence::misfit_sentence;
use super::words::{length, time};
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::{KindTarget, Note, Placement};

/// Says what a pass left undone or took note of. Further lines of it are indented.
pub fn note_sentence(note: &Note) -> String {
    match note {
        Note::StartLimited { reason, wanted, allowed, by } => {
            format!("{}: {}", fewer(reason, *wanted, *allowed, None), limit_sentence(by))
        }
        Note::KindLimited { kind, reason, wanted, allowed, by } => {
            format!("{}: {}", fewer(reason, *wanted, *allowed, Some(kind)), limit_sentence(by))
        }
        Note::IdleKept { idle, ended, minimum } => format!(
            "{} without a job, of which {ended} {}: the minimum of {minimum} keeps the rest",
            counted(*idle, "worker"),
            agreeing(*ended, "ends", "end")
        ),
        Note::QueueWaits { excess, since, allowed: 0 } => format!(
            "{} {} beyond what is on the way, since {}; workers are launched if the next look finds the same",
            counted(*excess, "job"),
            agreeing(*excess, "waits", "wait"),
            time(*since),
        ),
        Note::QueueWaits { excess, since, allowed } => format!(
            "{} {} beyond what is on the way, since {}; workers are launched when that has lasted for {} \
             (waiting_time), at {}",
            counted(*excess, "job"),
            agreeing(*excess, "waits", "wait"),
            time(*since),
            length(*allowed),
            time(since.saturating_add(*allowed))
        ),
        Note::Held { by } => format!("held back: {}", limit_sentence(by)),
        Note::Unservable { jobs } => {
            format!(
                "{} left out: no machine of the fleet can run {}",
                counted(*jobs, "waiting job"),
                agreeing(*jobs, "it", "them")
            )
        }
        Note::Corrected { setting } => format!("the settings cannot be meant as written; used instead: {setting}"),
        Note::EndPostponed { machine, by } => format!("{machine} stays for now: {}", limit_sentence(by)),
        Note::Placed(placement) => placed(placement),
        Note::PlacementsOmitted { groups, jobs } => format!(
            "{} in {} {} placed as well and not told one by one",
            counted(*jobs, "more job"),
            counted(*groups, "group"),
            agreeing(*jobs, "is", "are")
        ),
        Note::Remark { text } => text.clone(),
        Note::OfferLeftOut { kind, offer, by } => {
            format!("kind {kind} is not launched as {offer}: {}", limit_sentence(by))
        }
        Note::Target(target) => of_kind(target),
    }
}

fn fewer(reason: &str, wanted: impl Into<i128>, allowed: impl Into<i128>, kind: Option<&str>) -> String {
    let kind = kind.map(|kind| format!(" of kind {kind}")).unwrap_or_default();
    let allowed = match allowed.into() {
        0 => "none may be launched".to_owned(),
        some => format!("{some} may be launched"),
    };
    format!("{}{kind} wanted {}, {allowed}", counted(wanted, "worker"), wanted_for(reason))
}

/// Says what a reason's word stands for.
fn wanted_for(word: &str) -> String {
    match word {
        "queue" | "waiting_jobs" => "for waiting jobs".to_owned(),
        "min" => "for the minimum".to_owned(),
        "min_idle" => "to have some ready".to_owned(),
        "error" => "in place of failed ones".to_owned(),
        "unique" => "for unique slots".to_owned(),
        "preserve_n" => "to keep the number".to_owned(),
        "unhealthy" => "in place of unhealthy ones".to_owned(),
        "" => "now".to_owned(),
        other => format!("({})", other.replace('_', " ")),
    }
}

fn placed(placement: &Placement) -> String {
    let mut text = format!("group {}, {}:", placement.group, counted(placement.jobs, "job"));
    for share in &placement.shares {
        text.push_str(&format!("\n  {}", fate_sentence(share)));
        misfits(&share.fate).iter().for_each(|misfit| text.push_str(&format!("\n    {}", misfit_sentence(misfit))));
    }
    text
}

fn of_kind(target: &KindTarget) -> String {
    let KindTarget { kind, live, coming, draining, needed, target, launches } = target;
    format!(
        "kind {kind}: {target} {} to serve; {live} {} ({coming} on the way, {draining} draining), jobs need {needed}, \
         {launches} launched",
        agreeing(*target, "is", "are"),
        agreeing(*live, "lives", "live")
    )
}
