//! Errors of changes to annexes.

use super::super::cloud::AnnexLeftover;
use crate::engine::JournalError;
use crate::provider::CloudError;

/// Why a change of an annex failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AnnexError {
    /// The cloud refused, or did not answer.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The journal could not be written, so the action was not taken.
    #[error(transparent)]
    Store(#[from] JournalError),
    /// The cloud started the change and gave up.
    #[error("{reason}")]
    Failed {
        /// The reason, with the annex's name.
        reason: String,
    },
    /// The change exceeded the time limit; it continues in the cloud.
    #[error("{what}")]
    TooSlow {
        /// The awaited change, and the time limit.
        what: String,
    },
    /// The lease is over, or the annex is being deleted.
    #[error("{what}")]
    Ending {
        /// The annex, and why it ends.
        what: String,
    },
    /// Resources of the annex are left.
    #[error("{} of annex {annex} could not be removed", named(.remains, .reasons))]
    Remains {
        /// The annex's name.
        annex: String,
        /// The remaining resources.
        remains: Vec<AnnexLeftover>,
        /// The reasons for which they could not be removed, by name.
        reasons: Vec<(String, String)>,
    },
}

/// Names the remaining resources: those that the cloud shows, or else those that it failed to delete.
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
