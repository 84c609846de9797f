//! What a launch asks for, whole: what plans say and what hoist adds.

use aws_smithy_types::base64;

use super::ec2_cloud::Ec2Cloud;
use super::groups::Groups;
use super::hardware::Hardware;
use super::tags::Tags;
use super::user_data::{self, UserData, UserDataError, UserDataParts};
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest};
use crate::user_data::Part;

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

impl Ec2Cloud {
    /// Puts together what the instances of a launch get.
    pub(super) async fn specify(&self, request: &LaunchRequest) -> Result<Ec2LaunchSpec, CloudError> {
        let machine = &request.machine;
        let image = machine.image.clone().ok_or_else(|| {
            refused(format!("{} names no image", who(request))).hint("`hoist image list` shows what there is")
        })?;
        let (user_data, host_key) = self.user_data(request).await?;
        Ok(Ec2LaunchSpec {
            image,
            key_name: machine.key_name.clone(),
            groups: self.groups(request).await?,
            profile: machine.instance_profile.as_deref().map(InstanceProfileRef::new),
            user_data: user_data.map(base64::encode),
            tags: request.tags.clone(),
            ends_with_shutdown: request.expires_at.is_some(),
            host_key,
            hardware: Hardware::new(machine, self.device_of(request).await?),
        })
    }

    /// The user data of a launch, and the public host key that it carries.
    async fn user_data(&self, request: &LaunchRequest) -> Result<(Option<Vec<u8>>, Option<String>), CloudError> {
        let own = request.machine.user_data.as_deref();
        let key = match &self.options.keys {
            Some(keys) if self.passes_host_keys(request) && user_data::takes_host_key(own) => {
                let (keys, token) = (keys.clone(), request.token.clone());
                // Keys are made by a program and kept in files.
                let made = tokio::task::spawn_blocking(move || keys.ephemeral(&token)).await;
                let key = made.map_err(|error| refused(format!("cannot make a host key: {error}")))?;
                Some(key.map_err(|error| refused(format!("cannot make a host key for {}: {error}", who(request))))?)
            }
            _ => None,
        };
        let halves = key.as_ref().map(|key| (key.private.as_str(), key.public.as_str()));
        let wrong = |unfit: UserDataError| refused(format!("{}: {unfit}", who(request)));
        let combined = match (self.combined(request, None, halves), &self.options.bucket) {
            (Err(UserDataError::TooLarge(_)), Some(bucket)) => {
                let first_stage = self.first_stage(request, bucket).await?;
                self.combined(request, Some(first_stage), halves).map_err(wrong)?
            }
            (combined, _) => combined.map_err(wrong)?,
        };
        let public = key.filter(|_| combined.has_host_key).map(|key| key.public);
        Ok((combined.bytes, public))
    }

    /// The user data of a launch with this host key, where its machines are to have one, and with this instead of the
    /// user's own, where that is stored elsewhere.
    pub(super) fn combined(
        &self,
        request: &LaunchRequest,
        first_stage: Option<[Part; 2]>,
        host_key: Option<(&str, &str)>,
    ) -> Result<UserData, UserDataError> {
        user_data::combine(&UserDataParts {
            own: request.machine.user_data.as_deref(),
            first_stage,
            host_key: host_key.filter(|_| self.passes_host_keys(request)),
            expires_at: request.expires_at,
        })
    }

    /// Whether the machines of a launch are to have a host key that we know.
    fn passes_host_keys(&self, request: &LaunchRequest) -> bool {
        self.options.keys.is_some() && request.slots.iter().any(|service| (self.options.reached_by_ssh)(service))
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
