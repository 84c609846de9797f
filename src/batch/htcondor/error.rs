//! Errors of HTCondor's programs.

use std::time::Duration;

use crate::batch::work_source::SourceError;

impl From<HTCondorError> for SourceError {
    fn from(error: HTCondorError) -> Self {
        Self { message: error.to_string(), hint: None }
    }
}

/// Why an HTCondor operation failed.
#[derive(Debug, thiserror::Error)]
pub enum HTCondorError {
    /// A program is not installed.
    #[error(
        "cannot {doing}: there is no program {program} in PATH or /usr/sbin; install HTCondor (Debian's package is htcondor), or \
         name the directory of its programs in PATH"
    )]
    NotInstalled {
        /// The program.
        program: &'static str,
        /// Its purpose.
        doing: String,
    },
    /// A program could not be started.
    #[error("cannot {doing}: {program} does not start: {source}")]
    NotStarted {
        /// The program.
        program: &'static str,
        /// Its purpose.
        doing: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The collector or the queue does not answer.
    #[error(
        "cannot {doing}: {program} reaches nobody: {said}; is HTCondor running there, and does CONDOR_HOST (or --central-manager) name \
         it?"
    )]
    Unreachable {
        /// The program.
        program: &'static str,
        /// Its purpose.
        doing: String,
        /// Its message.
        said: String,
    },
    /// HTCondor denies this user the permission.
    #[error("cannot {doing}: HTCondor does not allow it: {said}; {hint}")]
    NotAuthorised {
        /// The program.
        program: &'static str,
        /// Its purpose.
        doing: String,
        /// Its message.
        said: String,
        /// The required permission.
        hint: &'static str,
    },
    /// A program failed for another reason.
    #[error("cannot {doing}: {program} failed ({status}): {said}")]
    Failed {
        /// The program.
        program: &'static str,
        /// Its purpose.
        doing: String,
        /// Its exit status.
        status: String,
        /// Its message.
        said: String,
    },
    /// A machine's slots are in the pool while its master, which receives commands, is not.
    #[error(
        "cannot drain {0}: its slots are in the pool, and its condor_master has not reported to the collector yet, which it does \
         every few minutes; the same command again"
    )]
    MasterUnreported(String),
    /// A program exceeded its time limit and was killed.
    #[error("cannot {doing}: {program} had not ended after {} s; is the pool overloaded?", limit.as_secs())]
    TooSlow {
        /// The program.
        program: &'static str,
        /// Its purpose.
        doing: String,
        /// The time limit.
        limit: Duration,
    },
    /// A program printed too much.
    #[error("cannot {doing}: {program} printed more than {limit} bytes")]
    TooMuch {
        /// The program.
        program: &'static str,
        /// Its purpose.
        doing: String,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A program's output cannot be parsed.
    #[error("cannot {doing}: what {program} printed cannot be read: {why}; please report it, with HTCondor's version")]
    Unreadable {
        /// The program.
        program: &'static str,
        /// Its purpose.
        doing: String,
        /// The parse error.
        why: String,
    },
    /// A name that cannot be written in an expression.
    #[error(
        "\"{0}\" cannot be asked for: a name in HTCondor's expressions may not hold a backslash or a control character"
    )]
    Unwritable(String),
    /// Jobs that could run outside the annex.
    #[error("nothing was submitted: {file}: {why}")]
    NotBound {
        /// The submit file.
        file: String,
        /// The conflict with an annex, and its remedy.
        why: String,
    },
}

impl HTCondorError {
    /// Whether the collector or the queue does not answer now, and may later.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TooSlow { .. })
    }
}
