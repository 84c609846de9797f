//! The user data of launches, with the host keys and the lease that hoist adds.

use std::sync::Arc;

use super::launch_spec::{refused, who};
use super::offload::{Offload, spill_of};
use super::options::HostKeys;

use crate::cloud::instance_data::{
    LeaseSource, ScalerParent, UserData, UserDataError, UserDataParts, combine, lease_part, renewed_part,
    takes_host_key,
};
use crate::provider::{CloudError, LaunchRequest, TAG_RUN};
use crate::user_data::{Part, SizeLimit};

/// Maximum length of presigned URLs: the longest key, and the token of temporary credentials.
const LONGEST_ADDRESS: usize = 4096;

/// Returns whether something will connect to the instance of a service by SSH.
pub(super) type ReachedBySsh = dyn Fn(&str) -> bool + Send + Sync;

/// Builds the user data of launches.
pub(super) struct LaunchUserData {
    /// Creates host keys; with `None`, no keys are passed.
    keys: Option<Arc<dyn HostKeys>>,
    reached_by_ssh: Arc<ReachedBySsh>,
    /// Stores user data that is too large; with `None`, such user data is refused.
    offload: Option<Arc<Offload>>,
    /// Whether instances can read their tags, and with them the end of a lease that is renewed.
    serves_tags: bool,
}

impl LaunchUserData {
    /// Creates a builder that passes keys of `keys` to instances that are `reached_by_ssh`, and stores user data that
    /// is too large in `offload`; `serves_tags` tells whether this cloud's metadata service has an instance's tags.
    pub(super) fn new(
        keys: Option<Arc<dyn HostKeys>>,
        reached_by_ssh: Arc<ReachedBySsh>,
        offload: Option<Arc<Offload>>,
        serves_tags: bool,
    ) -> Self {
        Self { keys, reached_by_ssh, offload, serves_tags }
    }

    /// Returns the bucket for user data that is too large, if there is one.
    pub(super) fn offload(&self) -> Option<&Offload> {
        self.offload.as_deref()
    }

    /// Returns the user data of a launch, and the public host key in it.
    pub(super) async fn make(&self, request: &LaunchRequest) -> Result<(Option<Vec<u8>>, Option<String>), CloudError> {
        let own = request.machine.user_data.as_deref();
        let key = match &self.keys {
            Some(keys) if self.passes_host_keys(request) && takes_host_key(own) => {
                let (keys, token) = (keys.clone(), request.token.clone());
                // Key generation runs a program and writes files.
                let made = tokio::task::spawn_blocking(move || keys.ephemeral(&token)).await;
                let key = made.map_err(|error| refused(format!("cannot make a host key: {error}")))?;
                Some(key.map_err(|error| refused(format!("cannot make a host key for {}: {error}", who(request))))?)
            }
            _ => None,
        };
        let halves = key.as_ref().map(|key| (key.private.as_str(), key.public.as_str()));
        let wrong = |unfit: UserDataError| refused(format!("{}: {unfit}", who(request)));
        let combined = match (self.combined(request, None, halves), &self.offload) {
            (Err(UserDataError::TooLarge(_)), Some(offload)) => {
                let first_stage = offload.first_stage(request).await?;
                self.combined(request, Some(first_stage), halves).map_err(wrong)?
            }
            (combined, _) => combined.map_err(wrong)?,
        };
        let public = key.filter(|_| combined.has_host_key).map(|key| key.public);
        Ok((combined.bytes, public))
    }

    /// Builds the user data of a launch with this host key, if its instances need one, and with this first stage in
    /// place of the user's own data, if that is stored elsewhere.
    fn combined(
        &self,
        request: &LaunchRequest,
        first_stage: Option<[Part; 2]>,
        host_key: Option<(&str, &str)>,
    ) -> Result<UserData, UserDataError> {
        let run = request.tags.get(TAG_RUN);
        let scaler = request.machine.scaler_of.as_ref().zip(run).map(|(service, run)| ScalerParent { run, service });
        combine(&UserDataParts {
            scaler,
            own: request.machine.user_data.as_deref(),
            first_stage,
            host_key: host_key.filter(|_| self.passes_host_keys(request)),
            lease: request.expires_at.map(|end| match self.serves_tags && request.has_renewed_lease() {
                true => renewed_part(end, LeaseSource::Ec2Tag),
                false => lease_part(end),
            }),
            limit: SizeLimit::EC2,
        })
    }

    /// Returns whether the instances of a launch get a host key from hoist.
    fn passes_host_keys(&self, request: &LaunchRequest) -> bool {
        self.keys.is_some() && request.slots.iter().any(|service| (self.reached_by_ssh)(service))
    }

    /// Returns whether the user data must be stored in the bucket, with only a first stage for the instances.
    pub(super) fn is_spilled(&self, request: &LaunchRequest) -> bool {
        let (private, public) = stand_ins();
        self.offload.is_some()
            && matches!(self.combined(request, None, Some((&private, &public))), Err(UserDataError::TooLarge(_)))
    }

    /// Returns the fault of the user data, without creating a key, storing anything or making any request.
    pub(super) fn wrong_with(&self, request: &LaunchRequest) -> Option<UserDataError> {
        let (private, public) = stand_ins();
        let host_key = Some((private.as_str(), public.as_str()));
        let first_stage = match self.is_spilled(request).then(|| spill_of(request)) {
            Some(Ok(spill)) => Some(spill.first_stage(&"x".repeat(1024), &"x".repeat(LONGEST_ADDRESS))),
            Some(Err(unfit)) => return Some(unfit),
            None => None,
        };
        self.combined(request, first_stage, host_key).err()
    }
}

/// Returns placeholders of a real host key's size, enough to check whether it fits.
fn stand_ins() -> (String, String) {
    ("x".repeat(411), "x".repeat(100))
}
