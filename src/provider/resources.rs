//! Other resources of a cloud: leftovers beside instances, images, prices.

use jiff::Timestamp;

use super::cloud_error::{CloudError, CloudErrorKind};

/// Tagged resources of a cloud other than instances. Each kind is queried separately: a failed query gives no
/// information about its own kind and does not affect the others.
#[derive(Clone, Debug, Default)]
pub struct Leftovers {
    /// The tagged resources.
    pub found: Vec<Leftover>,
    /// The kinds whose query failed, with their errors.
    pub unanswered: Vec<ListFailure>,
}

/// The failed query of a kind of resource.
#[derive(Clone, Debug)]
pub struct ListFailure {
    /// The kind of resource.
    pub kind: LeftoverKind,
    /// The error.
    pub error: CloudError,
}

impl Leftovers {
    /// Adds the result of the query of one kind.
    pub fn take(&mut self, kind: LeftoverKind, answer: Result<Vec<Leftover>, CloudError>) {
        match answer {
            Ok(found) => self.found.extend(found),
            Err(error) => self.unanswered.push(ListFailure { kind, error }),
        }
    }

    /// Whether repeating the queries may succeed.
    pub fn may_tell_more(&self) -> bool {
        self.unanswered.iter().any(|unanswered| unanswered.error.kind == CloudErrorKind::Transient)
    }
}

/// A resource other than an instance with hoist's tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The kind of resource.
    pub kind: LeftoverKind,
    /// The cloud's id.
    pub id: String,
    /// The run that it was made for, from its tag.
    pub run: Option<String>,
    /// The annex that it was made for, from its tag.
    pub annex: Option<String>,
    /// Its owner, from its tag.
    pub owner: Option<String>,
    /// The end of the lease of the instances that it was made for, from its tag.
    pub expires_at: Option<Timestamp>,
    /// Details for people: its size, its state.
    pub detail: String,
    /// Whether it costs money.
    pub bills: bool,
}

/// A kind of leftover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftoverKind {
    /// A disk that outlived its instance.
    Volume,
    /// A network interface that outlived its instance.
    NetworkInterface,
    /// A reserved public address.
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
    /// User data that was too large to be passed to an instance directly.
    StoredUserData,
}

impl LeftoverKind {
    /// Returns the word for people.
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

    /// Returns the plural for people.
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

    /// Whether it may contain data that its user wants to keep, so that only an operator removes it.
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

/// A filter for images; unset fields do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageFilter {
    /// The owner: `self`, `amazon`, or an account.
    pub owner: Option<String>,
    /// The name, where `*` stands for any characters.
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
    /// The operating system, guessed from its name.
    pub os: Option<String>,
    /// `x86_64`, `arm64`.
    pub architecture: Option<String>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// Whether its owner has deprecated it.
    pub deprecated: bool,
    /// The `resolve:ssm:` name of its publisher's newest image of this system and architecture.
    pub resolve: Option<String>,
}

/// A price of spot capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotPrice {
    /// The instance type.
    pub instance_type: String,
    /// The availability zone.
    pub zone: String,
    /// US dollars per hour, as the cloud writes them.
    pub dollars_an_hour: String,
    /// When this price began.
    pub at: Timestamp,
}
