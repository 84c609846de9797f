//! The logs of an annex's instances: as a document, and for people.

use serde::Serialize;

use super::annex_document::JoinFailureView;
use crate::annex::{AnnexName, InstanceLogs, MissingLog, NodeLog, instance_word};
use crate::report::Style;
use crate::report::guard::{in_one_line, printable, push_printed};
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist annex logs`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexLogsDocument<'a> {
    schema: SchemaVersion,
    /// The annex's name.
    annex: &'a AnnexName,
    /// Each instance with what can be read of it.
    instances: Vec<InstanceLogsView<'a>>,
}

/// What can be read of an instance.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InstanceLogsView<'a> {
    /// Its id.
    id: &'a str,
    /// Where it is in its life; null where the cloud does not show it any more.
    state: Option<&'static str>,
    /// Why it is not in its pool, by what it said and logged last; null where it says nothing of that.
    join_failure: Option<JoinFailureView<'a>>,
    /// Its console; null where it cannot be read.
    console: Option<&'a str>,
    /// HTCondor's own logs, and what the instance has stored beside them.
    logs: Vec<NodeLogView<'a>>,
    /// What cannot be read.
    missing: Vec<MissingLogView<'a>>,
}

/// A log.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NodeLogView<'a> {
    /// Its file name.
    name: &'a str,
    /// Its last lines, without what looks like a token.
    text: &'a str,
}

/// Something that cannot be read.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MissingLogView<'a> {
    /// `console`, `logs`, or the file name of one of the logs.
    what: &'a str,
    /// Why.
    reason: &'a str,
    /// What to try, where something helps.
    hint: Option<&'a str>,
}

impl<'a> AnnexLogsDocument<'a> {
    /// Creates the document.
    pub fn new(annex: &'a AnnexName, instances: &'a [InstanceLogs]) -> Self {
        Self { schema: SchemaVersion, annex, instances: instances.iter().map(InstanceLogsView::of).collect() }
    }
}

impl<'a> InstanceLogsView<'a> {
    fn of(read: &'a InstanceLogs) -> Self {
        let missing = missing(read).map(|(what, reason, hint)| MissingLogView { what, reason, hint });
        Self {
            id: &read.instance,
            state: read.state.map(instance_word),
            join_failure: read.failure.as_ref().map(JoinFailureView::of),
            console: read.console.as_deref().ok(),
            logs: logs(read)
                .filter(|log| log.unread.is_none())
                .map(|NodeLog { name, text, .. }| NodeLogView { name, text })
                .collect(),
            missing: missing.collect(),
        }
    }
}

/// Formats what can be read of an instance, each part below a heading, then what cannot.
pub fn instance_logs_human(read: &InstanceLogs, style: Style) -> String {
    let id = printable(&read.instance);
    let mut text = String::new();
    if let Ok(console) = &read.console {
        push_printed(&mut text, &style.bold(format!("── {id}: console")), console);
    }
    for log in logs(read).filter(|log| log.unread.is_none()) {
        push_printed(&mut text, &style.bold(format!("── {id}: {}", printable(&log.name))), &log.text);
    }
    for (what, why, hint) in missing(read) {
        text.push_str(&format!("{} {id}: no {}: {}\n", style.warn("!"), printable(what), in_one_line(why)));
        text.extend(hint.map(|hint| format!("  {} {}\n", style.dim("try:"), in_one_line(hint))));
    }
    if let Some(failure) = &read.failure {
        text.push_str(&format!("{} {id} is not in the pool: {}\n", style.warn("!"), printable(&failure.to_string())));
    }
    text
}

fn logs(read: &InstanceLogs) -> impl Iterator<Item = &NodeLog> {
    read.logs.iter().flatten().flatten()
}

/// Returns what cannot be read of it: what that is, why, and what to try.
fn missing(read: &InstanceLogs) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
    fn whole<'a>(what: &'static str, missing: &'a MissingLog) -> (&'a str, &'a str, Option<&'a str>) {
        (what, &missing.why, missing.hint.as_deref())
    }
    let console = read.console.as_ref().err().map(|missing| whole("console", missing));
    let all = read.logs.as_ref().and_then(|logs| logs.as_ref().err()).map(|missing| whole("logs", missing));
    let each = logs(read).filter_map(|log| Some((log.name.as_str(), log.unread.as_deref()?, None)));
    console.into_iter().chain(all).chain(each)
}
