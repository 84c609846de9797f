//! The wizard's questions, in the order in which they are asked.

mod check;
mod ecm_keys;
mod formats;
mod texts;
mod value;

use super::answers::CloudKind;
use crate::diagnostics::did_you_mean_word;

pub(super) use check::check;
pub use check::read_os;
pub use ecm_keys::ECM_KEYS;
pub use texts::Words;
pub use value::AnswerValue;

/// The answer for a security group that the wizard creates.
pub const NEW_GROUP: &str = "new";

/// The answer for the program that runs here.
pub const OWN_PROGRAM: &str = "self";

/// The answers that leave an optional value out.
const NONE: [&str; 2] = ["", "none"];

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "their words say what they ask for")]
pub enum Question {
    Cloud,
    Region,
    Endpoint,
    Os,
    Image,
    WorkerType,
    MasterType,
    MinWorkers,
    MaxWorkers,
    JobsPerWorker,
    IdleSeconds,
    KeyName,
    KeyFile,
    Subnet,
    MasterGroup,
    WorkerGroup,
    Pool,
    MasterProfile,
    WorkerProfile,
    PasswordFrom,
    PasswordFile,
    Docker,
    Scaler,
    BinarySource,
    BinaryBucket,
    BinarySha256,
    Lease,
}

impl Question {
    /// All questions, in an order in which each follows the questions that it depends on.
    pub const ALL: [Self; 27] = [
        Self::Cloud,
        Self::Region,
        Self::Endpoint,
        Self::Os,
        Self::Image,
        Self::WorkerType,
        Self::MasterType,
        Self::MinWorkers,
        Self::MaxWorkers,
        Self::JobsPerWorker,
        Self::IdleSeconds,
        Self::KeyName,
        Self::KeyFile,
        Self::Subnet,
        Self::MasterGroup,
        Self::WorkerGroup,
        Self::Pool,
        Self::MasterProfile,
        Self::WorkerProfile,
        Self::PasswordFrom,
        Self::PasswordFile,
        Self::Docker,
        Self::Scaler,
        Self::BinarySource,
        Self::BinaryBucket,
        Self::BinarySha256,
        Self::Lease,
    ];

    /// Returns its key in the answers file: `max_workers`.
    pub fn key(self) -> &'static str {
        self.words().key
    }

    /// Returns its option without leading dashes: `max-workers`. The endpoint's is the one that every command has.
    pub fn option(self) -> String {
        match self {
            Self::Endpoint => "endpoint-url".to_owned(),
            _ => self.key().replace('_', "-"),
        }
    }

    /// Returns the question with this key.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.key() == key)
    }

    /// Returns a hint for an unknown key, if a known one is similar.
    pub fn key_hint(word: &str) -> Option<String> {
        did_you_mean_word(&word.replace('-', "_"), Self::ALL.map(Self::key))
    }

    /// Whether the answer may be `none`.
    pub fn may_be_none(self) -> bool {
        matches!(
            self,
            Self::Region
                | Self::Endpoint
                | Self::KeyName
                | Self::KeyFile
                | Self::Subnet
                | Self::MasterGroup
                | Self::WorkerGroup
                | Self::MasterProfile
                | Self::WorkerProfile
                | Self::PasswordFrom
                | Self::BinaryBucket
                | Self::Lease
        )
    }

    /// Whether this text is the answer `none`.
    pub fn is_none(self, text: &str) -> bool {
        self.may_be_none() && NONE.contains(&text.trim())
    }

    /// Returns the possible words; empty if the choice is not limited to a few.
    pub fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Cloud => &CloudKind::WORDS,
            Self::Scaler => &["hoist", "elastiq"],
            Self::Docker => &["false", "true"],
            _ => &[],
        }
    }
}

impl CloudKind {
    /// The words of the kinds, in their order.
    pub const WORDS: [&'static str; 3] = ["ec2", "compatible", "local"];

    /// Returns the kind with this word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Ec2, Self::Compatible, Self::Local].into_iter().find(|kind| kind.as_str() == word)
    }

    /// Returns its word.
    pub fn as_str(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}
