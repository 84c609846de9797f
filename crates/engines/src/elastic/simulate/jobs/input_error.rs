use std::fmt;

use thiserror::Error;

use crate::classad::ParseError;
use crate::elastic::simulate::ScenarioError;

/// The place of an entry in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line, from 1.
    Line(usize),
    /// A record of a JSON list, from 1.
    Record(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(formatter, "line {line}"),
            Place::Record(record) => write!(formatter, "record {record}"),
        }
    }
}

/// The fault of an entry.
#[derive(Debug, Error)]
pub enum Fault {
    /// It is no JSON of the expected form.
    #[error("{0}")]
    Json(#[source] serde_json::Error),
    /// A reading is cut short, and another one begins in its line.
    #[error(
        "a reading is cut short here, as by a crash, and the next one begins within it; sed -i {line}d FILE removes both"
    )]
    Torn {
        /// The line.
        line: usize,
    },
    /// It has too few fields.
    #[error("{found} fields, but a job of the Standard Workload Format has {expected}")]
    Fields {
        /// Number of fields found.
        found: usize,
        /// Number of fields expected.
        expected: usize,
    },
    /// A field is no number, or out of range.
    #[error("`{field}` is `{value}`, but must be {expected}")]
    Value {
        /// The field.
        field: &'static str,
        /// The value.
        value: String,
        /// The values that are accepted.
        expected: &'static str,
    },
    /// An expression of a job cannot be read.
    #[error("`{attribute}` is no ClassAd expression: {source}")]
    Expression {
        /// The attribute.
        attribute: String,
        /// The fault.
        #[source]
        source: ParseError,
    },
    /// An event has no header of the usual form.
    #[error("not an event like `000 (12.0.0) 2026-01-31 12:00:00 …`: {text}")]
    Event {
        /// The line.
        text: String,
    },
    /// Too many jobs.
    #[error("more than {most} jobs; simulate a part of the log")]
    TooManyJobs {
        /// The maximum.
        most: usize,
    },
    /// Too many classes of alike jobs.
    #[error("more than {most} different kinds of jobs; leave out attributes that differ from job to job")]
    TooManyClasses {
        /// The maximum.
        most: usize,
    },
}

/// A workload that cannot be read.
#[derive(Debug, Error)]
pub enum InputError {
    /// An entry has a fault.
    #[error("{place}: {fault}")]
    Entry {
        /// Its place.
        place: Place,
        /// The fault.
        #[source]
        fault: Box<Fault>,
    },
    /// The content has no known form.
    #[error(
        "the content is none of: lines of JSON with `at` and `run`, Standard Workload Format, condor_history -json or \
         -jsonl, an HTCondor event log, a scenario; it begins with: {begin}"
    )]
    UnknownFormat {
        /// The first characters.
        begin: String,
    },
    /// The content is larger than can be read.
    #[error("the workload is larger than {most} MiB; simulate a part of it")]
    TooLarge {
        /// The maximum in MiB.
        most: u64,
    },
    /// The content is compressed more than a log can be.
    #[error(
        "the gzip file unpacks to more than {ratio} times its size, as no log of jobs does; if it is one, unpack it \
         and give that (up to {free} MiB any file is taken)"
    )]
    TooTight {
        /// The largest ratio.
        ratio: u64,
        /// The unpacked size in MiB up to which the ratio does not matter.
        free: u64,
    },
    /// The compressed content is damaged.
    #[error("the gzip file cannot be read: {0}; fetch it again")]
    Archive(#[source] std::io::Error),
    /// The content is no text.
    #[error("the workload is no UTF-8 text from byte {at} on")]
    Text {
        /// The position.
        at: usize,
    },
    /// A scenario cannot be read.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A scenario of an engine that has no workload.
    #[error("a scenario of the engine {engine} has no workload; give one of elastiq, coalition or queuelen")]
    NoWorkload {
        /// The engine.
        engine: String,
    },
}

impl InputError {
    /// Makes the error of an entry.
    pub(super) fn at(place: Place, fault: Fault) -> InputError {
        InputError::Entry { place, fault: Box::new(fault) }
    }
}
