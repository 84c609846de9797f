//! What a launch asks for, whole: what plans say and what hoist adds.

use super::groups::Groups;
use super::hardware::Hardware;
use super::tags::Tags;
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest};

/// What every instance of a launch gets. The same request makes the same specification, or its token could not be used
/// again.
#[derive(Clone)]
pub(super) struct Ec2LaunchSpec {
    pub(super) image: String,
    pub(super) key_name: Option<String>,
    pub(super) groups: Groups,
    pub(super) profile: Option<InstanceProfileRef>,
    /// Encoded as EC2 takes it.
    pub(super) user_data: Option<String>,
    pub(super) tags: Tags,
    /// Whether the machine is terminated when it is shut down from inside, which is how a lease ends. Else it is EC2's
    /// default, stopped: what is on its disk may be somebody's work.
    pub(super) ends_with_shutdown: bool,
    /// The public host key that the user data carries.
    pub(super) host_key: Option<String>,
    pub(super) hardware: Hardware,
}

impl Ec2LaunchSpec {
    /// Nothing but an image.
    pub(super) fn of_image(image: &str) -> Self {
        Self {
            image: image.to_owned(),
            key_name: None,
            groups: Default::default(),
            profile: None,
            user_data: None,
            tags: Default::default(),
            ends_with_shutdown: false,
            host_key: None,
            hardware: Hardware::default(),
        }
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

/// Whom a request is for, in few words.
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
