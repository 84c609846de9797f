//! What the daemon of fleets tells, for people.

use super::pass_text::workers_between;
use super::sentences::decision_sentence;
use crate::daemon::{Level, News, Notice};
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::MachineId;
use crate::report::time::local;
use crate::report::{Style, printable};
use crate::scaler::{AnsweredRequest, FleetRequest, RequestAnswer, Unrecorded};

/// Renders a notice as one line of a log, with its time.
pub fn notice_human(notice: &Notice, style: Style) -> String {
    let level = notice.what.level();
    let shown = match level {
        Level::Info => style.dim(level_word(level)),
        Level::Warning => style.warn(level_word(level)),
        Level::Error => style.bad(level_word(level)),
    };
    let sentence = printable(&news_sentence(&notice.what));
    format!("{} {shown} {}: {sentence}", local(notice.at), style.bold(&notice.fleet))
}

/// Renders a notice for the journal of systemd, which knows the time, and takes the level from the prefix
/// (sd-daemon(3)).
pub fn notice_for_journal(notice: &Notice) -> String {
    let priority = match notice.what.level() {
        Level::Info => 6,
        Level::Warning => 4,
        Level::Error => 3,
    };
    format!("<{priority}>{}: {}", notice.fleet, printable(&news_sentence(&notice.what)))
}

/// Returns the word of a level.
pub(super) fn level_word(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// Says what a notice is about, in one line.
pub(super) fn news_sentence(news: &News) -> String {
    let ids = |machines: &[MachineId]| machines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let workers = |number: usize| counted(number, "worker");
    let text = match news {
        News::Started { place, engine, bounds, workers: present } => format!(
            "served on {place} by the engine {engine}, {}; it has {}",
            workers_between(bounds.0, bounds.1),
            workers(*present)
        ),
        News::Decided(decision) => decision_sentence(decision),
        News::Refused { machines, reason } => {
            format!("the cloud refused to launch {}: {reason}", workers(*machines as usize))
        }
        News::Unterminated(machines) => format!("the cloud did not end {}; this is tried again", ids(machines)),
        News::SourceFailed { source, error, until: None } => {
            format!("the source of {source} does not answer, so nothing is decided by it: {error}")
        }
        News::SourceFailed { source, error, until: Some(until) } => format!(
            "the source of {source} has no answer to go by before {}, and nothing is decided by it until then: {error}",
            local(*until)
        ),
        News::SourceBack(source) => format!("the source of {source} answers again"),
        News::Answered(answered) => answered_sentence(answered),
        News::Reloaded { consequences } if consequences.is_empty() => "its file was read again and holds".to_owned(),
        News::Reloaded { consequences } => {
            format!("its file was read again and holds: {}", consequences.join("; "))
        }
        News::ReloadRefused { problems } => {
            format!("its file was read again and refused, what held before holds: {}", problems.join("; "))
        }
        News::Left { workers: 0, .. } => "served no more: the daemon ends; it has no workers".to_owned(),
        News::Left { workers: present, until } => {
            let until = until.map(|until| format!(", the last at {}", local(until))).unwrap_or_default();
            format!("served no more: the daemon ends; {} {}{until}", workers(*present), stay(*present))
        }
        News::Ended { kept: 0 } => "ended: every worker is gone".to_owned(),
        News::Ended { kept } => format!("ended; {} {}", workers(*kept), stay(*kept)),
        News::Lost { error } => format!("served no more: {error}"),
        News::NoRecording(Unrecorded { error, leases: None }) => format!(
            "nothing can be recorded, so nothing is launched; leases are renewed, and this is tried again: {error}"
        ),
        News::NoRecording(Unrecorded { error, leases: Some(leases) }) => format!(
            "nothing can be recorded, so nothing is launched, and leases are not renewed either: workers end by them; \
             both are tried again: {error}; {leases}"
        ),
        News::Recording => "what happens is recorded again".to_owned(),
        News::Remark(text) => text.clone(),
    };
    // Messages of clouds and programs may have several lines.
    text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Says what a person asked for, and what came of it.
fn answered_sentence(answered: &AnsweredRequest) -> String {
    let asked = match &answered.request {
        FleetRequest::Drain { machines } if answered.drained.is_empty() => {
            let ids: Vec<&str> = machines.iter().map(MachineId::as_str).collect();
            format!("a person asked to drain {}", ids.join(", "))
        }
        FleetRequest::Drain { .. } => {
            let names = answered.drained.iter().map(|(id, name)| format!("{name} ({id})"));
            format!("a person drains {}", names.collect::<Vec<_>>().join(", "))
        }
        FleetRequest::Launch { count, .. } => format!("a person asked for {}", counted(*count, "worker")),
        FleetRequest::End { machines } => {
            let ids: Vec<&str> = machines.iter().map(MachineId::as_str).collect();
            format!("a person ends {}", ids.join(", "))
        }
        FleetRequest::Set { .. } => "a person asked for other settings".to_owned(),
        FleetRequest::Reload { .. } => "a person asked to read the file again".to_owned(),
        FleetRequest::Stop { .. } => "a person asked for the fleet's end".to_owned(),
    };
    match &answered.answer {
        RequestAnswer::Done { message } => format!("{asked}: {message}"),
        RequestAnswer::Refused { message, .. } => format!("{asked}, which is refused: {message}"),
    }
}

/// Says that so many workers stay when their fleet ends or its scaler does.
fn stay(workers: usize) -> &'static str {
    agreeing(workers, "stays until its lease ends", "stay until their leases end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_one_line() {
        let notice = |what| Notice { fleet: "night".to_owned(), at: "2026-12-01T10:00:00Z".parse().unwrap(), what };
        let refused = notice(News::Refused { machines: 2, reason: "no capacity\n  in a\n".to_owned() });
        assert_eq!(notice_for_journal(&refused), "<4>night: the cloud refused to launch 2 workers: no capacity; in a");
        let lost = notice(News::Lost { error: "the disk is full".to_owned() });
        assert!(notice_human(&lost, Style::new(false)).ends_with("error night: served no more: the disk is full"));
        let left = News::Left { workers: 1, until: None };
        assert_eq!(news_sentence(&left), "served no more: the daemon ends; 1 worker stays until its lease ends");
    }
}
