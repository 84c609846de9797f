//! What can go wrong with HTCondor's programs.

use std::time::Duration;

/// Why HTCondor did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum HTCondorError {
    /// A program is not there.
    #[error(
        "cannot {doing}: there is no program {program} on the search path; install HTCondor (Debian's package is htcondor), or name \
         the directory of its programs in PATH"
    )]
    NotInstalled {
        /// Which one.
        program: &'static str,
        /// What it was wanted for.
        doing: String,
    },
    /// A program did not start.
    #[error("cannot {doing}: {program} does not start: {source}")]
    NotStarted {
        /// Which one.
        program: &'static str,
        /// What it was to do.
        doing: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The collector or the queue does not answer.
    #[error(
        "cannot {doing}: {program} reaches nobody: {said}; is HTCondor running there, and does CONDOR_HOST (or --central-manager) name \
         it?"
    )]
    Unreachable {
        /// Which one.
        program: &'static str,
        /// What it was to do.
        doing: String,
        /// What it said.
        said: String,
    },
    /// HTCondor does not let this user do it.
    #[error("cannot {doing}: HTCondor does not allow it: {said}; {hint}")]
    NotAuthorised {
        /// Which one.
        program: &'static str,
        /// What it was to do.
        doing: String,
        /// What it said.
        said: String,
        /// Which right is needed.
        hint: &'static str,
    },
    /// A program failed for a reason that only it knows.
    #[error("cannot {doing}: {program} failed ({status}): {said}")]
    Failed {
        /// Which one.
        program: &'static str,
        /// What it was to do.
        doing: String,
        /// How it ended.
        status: String,
        /// What it said.
        said: String,
    },
    /// A program took too long and was ended.
    #[error("cannot {doing}: {program} had not ended after {} s; is the pool overloaded?", limit.as_secs())]
    TooSlow {
        /// Which one.
        program: &'static str,
        /// What it was to do.
        doing: String,
        /// How long it may take.
        limit: Duration,
    },
    /// A program said more than anybody reads.
    #[error("cannot {doing}: {program} printed more than {limit} bytes")]
    TooMuch {
        /// Which one.
        program: &'static str,
        /// What it was to do.
        doing: String,
        /// The most, in bytes.
        limit: usize,
    },
    /// A program said what we cannot read.
    #[error("cannot {doing}: what {program} printed cannot be read: {why}; please report it, with HTCondor's version")]
    Unreadable {
        /// Which one.
        program: &'static str,
        /// What it was to do.
        doing: String,
        /// What is wrong with it.
        why: String,
    },
    /// A name that cannot stand in an expression.
    #[error(
        "\"{0}\" cannot be asked for: a name in HTCondor's expressions may not hold a backslash or a control character"
    )]
    Unwritable(String),
    /// Jobs that would run elsewhere.
    #[error("nothing was submitted: {file}: {why}")]
    NotBound {
        /// The submit file.
        file: String,
        /// What of it does not go with an annex, and what to change.
        why: String,
    },
}
