use jiff::Timestamp;
use serde::Serialize;

use super::notice_text::{level_word, news_sentence};
use crate::daemon::{News, Notice};
use crate::elastic::engine::Decision;
use crate::report::schema_version::SchemaVersion;

/// One line of what `hoist elastic run` writes with `-o jsonl`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NoticeLine<'a> {
    schema: SchemaVersion,
    /// When.
    at: Timestamp,
    /// The fleet.
    fleet: &'a str,
    /// How much it matters: info, warning or error.
    level: &'static str,
    /// What: started, launch, terminate, drain, cancel_drain, refused, unterminated, source_failed, source_back,
    /// answered, reloaded, reload_refused, left, ended, lost, no_recording, recording or remark.
    event: &'static str,
    /// The machines that it is about, by the cloud's ids.
    machines: Vec<&'a str>,
    /// A sentence.
    message: String,
}

impl<'a> NoticeLine<'a> {
    /// Returns the line of a notice.
    pub fn new(notice: &'a Notice) -> Self {
        let machines = match &notice.what {
            News::Decided(Decision::Terminate(termination)) => termination.machines.as_slice(),
            News::Decided(Decision::Drain(drain)) => &drain.machines,
            News::Decided(Decision::CancelDrain(cancellation)) => &cancellation.machines,
            News::Unterminated(machines) => machines,
            _ => &[],
        };
        let mut machines: Vec<&str> = machines.iter().map(|machine| machine.as_str()).collect();
        if let News::Answered(answered) = &notice.what {
            machines.extend(answered.drained.iter().map(|(id, _)| id.as_str()));
        }
        Self {
            schema: SchemaVersion,
            at: notice.at,
            fleet: &notice.fleet,
            level: level_word(notice.what.level()),
            event: event(&notice.what),
            machines,
            message: news_sentence(&notice.what),
        }
    }
}

fn event(news: &News) -> &'static str {
    match news {
        News::Started { .. } => "started",
        News::Decided(Decision::Launch(_)) => "launch",
        News::Decided(Decision::Terminate(_)) => "terminate",
        News::Decided(Decision::Drain(_)) => "drain",
        News::Decided(Decision::CancelDrain(_)) => "cancel_drain",
        News::Refused { .. } => "refused",
        News::Unterminated(_) => "unterminated",
        News::SourceFailed { .. } => "source_failed",
        News::SourceBack(_) => "source_back",
        News::Answered(_) => "answered",
        News::Reloaded { .. } => "reloaded",
        News::ReloadRefused { .. } => "reload_refused",
        News::Left { .. } => "left",
        News::Ended { .. } => "ended",
        News::Lost { .. } => "lost",
        News::NoRecording(_) => "no_recording",
        News::Recording => "recording",
        News::Remark(_) => "remark",
    }
}
