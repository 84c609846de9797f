use jiff::Timestamp;

use crate::elastic::engine::{Decision, MachineId};
use crate::scaler::{AnsweredRequest, RequestAnswer, Unrecorded};

/// Something that the daemon tells, about one fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The fleet's name.
    pub fleet: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: News,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As meant.
    Info,
    /// It goes on, less well.
    Warning,
    /// A person has to look.
    Error,
}

/// What the daemon tells about a fleet.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// It is served.
    Started {
        /// Label of its cloud.
        place: String,
        /// Name of its engine.
        engine: String,
        /// Minimum and maximum number of workers.
        bounds: (u32, u32),
        /// Number of workers that it has already.
        workers: usize,
    },
    /// The engine has decided something.
    Decided(Decision),
    /// The cloud refused launches. Told once for each reason in a row.
    Refused {
        /// Number of machines.
        machines: u32,
        /// The cloud's words.
        reason: String,
    },
    /// The cloud did not end machines.
    Unterminated(Vec<MachineId>),
    /// A source did not answer. Told once for each error in a row.
    SourceFailed {
        /// The source: demand, pool, groups, slots, machines.
        source: String,
        /// Its error.
        error: String,
        /// When it answers again by itself, where that is known.
        until: Option<Timestamp>,
    },
    /// A source answers again.
    SourceBack(String),
    /// A person's request was carried out or refused.
    Answered(AnsweredRequest),
    /// Its file was read again and holds.
    Reloaded {
        /// What follows, for people.
        consequences: Vec<String>,
    },
    /// Its file was read again and refused; the earlier settings hold.
    ReloadRefused {
        /// The problems.
        problems: Vec<String>,
    },
    /// The daemon ends; its workers stay.
    Left {
        /// Number of workers.
        workers: usize,
        /// When the last of them ends without a scaler. None: there is none.
        until: Option<Timestamp>,
    },
    /// It has ended: its workers are gone, or were to be kept.
    Ended {
        /// Number of workers that were kept.
        kept: usize,
    },
    /// It is served no more.
    Lost {
        /// Why, and what to try.
        error: String,
    },
    /// Until its journal can be written again nothing is launched; leases are renewed, if they can be.
    NoRecording(Unrecorded),
    /// What happens is recorded again.
    Recording,
    /// A remark for people.
    Remark(String),
}

impl News {
    /// Returns how much it matters.
    pub fn level(&self) -> Level {
        match self {
            Self::Started { .. }
            | Self::Decided(_)
            | Self::SourceBack(_)
            | Self::Answered(AnsweredRequest { answer: RequestAnswer::Done { .. }, .. })
            | Self::Reloaded { .. }
            | Self::Left { .. }
            | Self::Ended { .. }
            | Self::Recording
            | Self::Remark(_) => Level::Info,
            Self::Refused { .. }
            | Self::Unterminated(_)
            | Self::SourceFailed { .. }
            | Self::Answered(_)
            | Self::ReloadRefused { .. } => Level::Warning,
            Self::Lost { .. } | Self::NoRecording(_) => Level::Error,
        }
    }
}
