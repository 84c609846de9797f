//! What else a cloud can be asked about: what is left beside instances, images, prices.

use jiff::Timestamp;

/// Something beside an instance that carries our tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// What it is.
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
    /// A template that a launch was made from.
    LaunchTemplate,
    /// A request for spare capacity.
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
            Self::LaunchTemplate => "launch template",
            Self::SpotRequest => "spot request",
            Self::Fleet => "fleet",
            Self::StoredUserData => "stored user data",
        }
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
    /// Its name.
    pub name: String,
    /// Whose it is.
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

/// What spare capacity costs.
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
