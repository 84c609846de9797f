//! The complete specification of a launch: the plan's settings and hoist's additions.

use aws_sdk_ec2::types::ShutdownBehavior;

use super::groups::Groups;
use super::hardware::Hardware;
use super::tags::Tags;
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest};

/// Settings of every instance of a launch. The same request gives the same specification, or its token could not be
/// reused.
#[derive(Clone)]
pub(super) struct Ec2LaunchSpec {
    pub(super) image: String,
    pub(super) key_name: Option<String>,
    pub(super) groups: Groups,
    pub(super) profile: Option<InstanceProfileRef>,
    /// User data in base64, as EC2 takes it.
    pub(super) user_data: Option<String>,
    pub(super) tags: Tags,
    /// Whether the instance is terminated when it is shut down from inside, which is how a lease ends. Else it is
    /// stopped, EC2's default: its disk may hold somebody's work.
    pub(super) ends_with_shutdown: bool,
    /// Whether the metadata service tells the instance its tags, among them the end of a lease that is renewed.
    pub(super) metadata_tags: bool,
    /// Public host key in the user data.
    pub(super) host_key: Option<String>,
    pub(super) hardware: Hardware,
}

impl Ec2LaunchSpec {
    /// Creates a specification of an image alone.
    pub(super) fn of_image(image: &str) -> Self {
        Self {
            image: image.to_owned(),
            key_name: None,
            groups: Default::default(),
            profile: None,
            user_data: None,
            tags: Default::default(),
            ends_with_shutdown: false,
            metadata_tags: false,
            host_key: None,
            hardware: Hardware::default(),
        }
    }

    /// Returns what becomes of an instance that is shut down from inside; `None`: EC2's default.
    pub(super) fn shutdown_behavior(&self) -> Option<ShutdownBehavior> {
        self.ends_with_shutdown.then_some(ShutdownBehavior::Terminate)
    }
}

/// An instance profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InstanceProfileRef {
    Name(String),
    Arn(String),
}

impl InstanceProfileRef {
    pub(super) fn new(text: &str) -> Self {
        if text.starts_with("arn:") { Self::Arn(text.to_owned()) } else { Self::Name(text.to_owned()) }
    }

    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Name(name) => Some(name.clone()),
            Self::Arn(_) => None,
        }
    }

    pub(super) fn arn(&self) -> Option<String> {
        match self {
            Self::Arn(arn) => Some(arn.clone()),
            Self::Name(_) => None,
        }
    }
}

/// Returns the services of a request in few words.
pub(super) fn who(request: &LaunchRequest) -> String {
    match request.slots.as_slice() {
        [] => "a launch".to_owned(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [first, .., last] => format!("{first} to {last} ({} services)", request.slots.len()),
    }
}

pub(super) fn refused(message: String) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message)
}
