//! What else a cloud can be asked about: what is left beside instances, images, prices.

use jiff::Timestamp;

use super::cloud_error::{CloudError, CloudErrorKind};

/// What a cloud shows beside instances. Each kind of thing is asked for by itself: one that cannot be asked for says
/// nothing of the others, and nothing of itself either.
#[derive(Clone, Debug, Default)]
pub struct Leftovers {
    /// What carries our tags.
    pub found: Vec<Leftover>,
    /// The kinds that could not be asked for, and why.
    pub unanswered: Vec<ListFailure>,
}

/// A kind of thing that could not be asked for.
#[derive(Clone, Debug)]
pub struct ListFailure {
    /// The kind of resource.
    pub kind: LeftoverKind,
    /// Why, and what to try.
    pub error: CloudError,
}

impl Leftovers {
    /// Takes the answer about one kind.
    pub fn take(&mut self, kind: LeftoverKind, answer: Result<Vec<Leftover>, CloudError>) {
        match answer {
            Ok(found) => self.found.extend(found),
            Err(error) => self.unanswered.push(ListFailure { kind, error }),
        }
    }

    /// Whether asking again may tell more.
    pub fn may_tell_more(&self) -> bool {
        self.unanswered.iter().any(|unanswered| unanswered.error.kind == CloudErrorKind::Transient)
    }
}

/// Something beside an instance that carries our tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The kind of resource.
    pub kind: LeftoverKind,
    /// The cloud's id.
    pub id: String,
    /// The run that it was made for, by its tag.
    pub run: Option<String>,
    /// Who made it, by its tag.
    pub owner: Option<String>,
    /// When the lease ends of the machines that it was made for, by its tag.
    pub expires_at: Option<Timestamp>,
    /// What a person should know of it: its size, its state.
    pub detail: String,
    /// Whether it costs money.
    pub bills: bool,
}

/// What a leftover is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftoverKind {
    /// A disk that outlived its instance.
    Volume,
    /// A network interface that outlived its instance.
    NetworkInterface,
    /// A public address that is kept.
    Address,
    /// A copy of a disk.
    Snapshot,
    /// A security group.
    SecurityGroup,
    /// A template that a launch was made from.
    LaunchTemplate,
    /// A spot request.
    SpotRequest,
    /// A fleet.
    Fleet,
    /// User data that was too large to be given to a machine.
    StoredUserData,
}

impl LeftoverKind {
    /// In a person's words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::NetworkInterface => "network interface",
            Self::Address => "address",
            Self::Snapshot => "snapshot",
            Self::SecurityGroup => "security group",
            Self::LaunchTemplate => "launch template",
            Self::SpotRequest => "spot request",
            Self::Fleet => "fleet",
            Self::StoredUserData => "stored user data",
        }
    }

    /// Several, in a person's words.
    pub fn several(self) -> &'static str {
        match self {
            Self::Volume => "volumes",
            Self::NetworkInterface => "network interfaces",
            Self::Address => "addresses",
            Self::Snapshot => "snapshots",
            Self::SecurityGroup => "security groups",
            Self::LaunchTemplate => "launch templates",
            Self::SpotRequest => "spot requests",
            Self::Fleet => "fleets",
            Self::StoredUserData => "stored user data",
        }
    }

    /// Whether it may hold or be something that its user wants to keep, so that only a person removes it.
    pub fn is_kept(self) -> bool {
        matches!(self, Self::Volume | Self::Address | Self::Snapshot | Self::SecurityGroup)
    }
}

/// `volume vol-1234`
impl std::fmt::Display for Leftover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.id)
    }
}

/// Which images to list; what is not given does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageFilter {
    /// `self`, `amazon`, or an account.
    pub owner: Option<String>,
    /// The name, where `*` stands for anything.
    pub name: Option<String>,
    /// The operating system, such as `debian-12`.
    pub os: Option<String>,
}

/// An image to launch from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The cloud's id.
    pub id: String,
    /// The image's name in its publisher's catalog.
    pub name: String,
    /// The account or the alias of the publisher.
    pub owner: Option<String>,
    /// The operating system, as far as its name tells.
    pub os: Option<String>,
    /// `x86_64`, `arm64`.
    pub architecture: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Whether its owner advises against using it.
    pub deprecated: bool,
    /// The `resolve:ssm:` name that always stands for its publisher's newest image of this system and architecture.
    pub resolve: Option<String>,
}

/// What spot capacity costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotPrice {
    /// The instance type.
    pub instance_type: String,
    /// The availability zone.
    pub zone: String,
    /// US dollars an hour, as the cloud writes them.
    pub dollars_an_hour: String,
    /// Since when.
    pub at: Timestamp,
}
