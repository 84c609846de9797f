use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::super::decision::{Decision, Drain, DrainCancellation, Launch, Market, Termination};
use super::super::machine::MachineId;
use super::super::note::Note;
use super::super::reason::Reason;

/// What a program prints.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) decisions: Vec<AnswerDecision>,
    /// Remarks, as text.
    #[serde(default)]
    pub(super) notes: Vec<String>,
    #[serde(default)]
    pub(super) memory: Value,
}

/// A decision in a program's notation, which differs from our own in that its reason is a text.
#[derive(Debug, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum AnswerDecision {
    Launch {
        #[serde(default)]
        kind: Option<Arc<str>>,
        count: u32,
        #[serde(default)]
        variables: BTreeMap<String, Value>,
        #[serde(default)]
        market: Market,
        #[serde(default)]
        reason: String,
    },
    Terminate {
        machines: Vec<MachineId>,
        #[serde(default)]
        reason: String,
    },
    Drain {
        machines: Vec<MachineId>,
        #[serde(default)]
        unclaimed_only: bool,
        #[serde(default)]
        reason: String,
    },
    CancelDrain {
        machines: Vec<MachineId>,
        #[serde(default)]
        reason: String,
    },
}

/// Longest text that is kept, in characters.
const LONGEST: usize = 300;

fn text(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// Returns a program's remark.
pub(super) fn remark(note: &str) -> Note {
    Note::Remark { text: text(note) }
}

impl From<AnswerDecision> for Decision {
    fn from(decision: AnswerDecision) -> Decision {
        let of = |reason: String| Reason::Program { text: text(&reason) };
        match decision {
            AnswerDecision::Launch { kind, count, variables, market, reason } => {
                Decision::Launch(Launch { kind, variables, market, ..Launch::plain(count, of(reason)) })
            }
            AnswerDecision::Terminate { machines, reason } => {
                Decision::Terminate(Termination { machines, reason: of(reason) })
            }
            AnswerDecision::Drain { machines, unclaimed_only, reason } => {
                Decision::Drain(Drain { machines, unclaimed_only, reason: of(reason) })
            }
            AnswerDecision::CancelDrain { machines, reason } => {
                Decision::CancelDrain(DrainCancellation { machines, reason: of(reason) })
            }
        }
    }
}
