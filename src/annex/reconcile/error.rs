//! Why an annex is not what it was to be.

use super::super::cloud::AnnexLeftover;
use crate::engine::JournalError;
use crate::provider::CloudError;

/// Why an annex is not what it was to be.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AnnexError {
    /// The cloud refused, or did not answer.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// It could not be recorded, and so was not done.
    #[error(transparent)]
    Store(#[from] JournalError),
    /// The cloud began with it and gave up.
    #[error("{reason}")]
    Failed {
        /// Why, with the annex's name.
        reason: String,
    },
    /// It is not over in the time that is granted; it goes on by itself.
    #[error("{what}")]
    TooSlow {
        /// What was waited for, and for how long.
        what: String,
    },
    /// Its lease is over, or it is on its way out.
    #[error("{what}")]
    Ending {
        /// The annex, and what ends it.
        what: String,
    },
    /// This is left of it.
    #[error("{} of annex {annex} could not be removed", named(.remains, .reasons))]
    Remains {
        /// The annex's name.
        annex: String,
        /// What is left.
        remains: Vec<AnnexLeftover>,
        /// Why it could not be removed, by name.
        reasons: Vec<(String, String)>,
    },
}

/// What is left, by its names: what the cloud shows, else what it could not delete.
fn named(remains: &[AnnexLeftover], reasons: &[(String, String)]) -> String {
    let names: Vec<String> = match remains {
        [] => reasons.iter().map(|(name, _)| name.clone()).collect(),
        some => some.iter().map(|remain| format!("{} {}", remain.kind, remain.id)).collect(),
    };
    match names.as_slice() {
        [] => "something".to_owned(),
        [first, second, third, _, ..] => format!("{first}, {second}, {third} and {} more", names.len() - 3),
        few => few.join(", "),
    }
}
