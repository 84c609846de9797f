//! User data that is too large for a machine: stored before the launch, removed after the run.

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;

use super::ec2_cloud::Ec2Cloud;
use super::launch_spec::who;
use super::user_data::UserDataError;
use crate::cloud::aws::s3::{LaunchAddress, LaunchAddresses};
use crate::cloud::aws::s3::{Store, Stored};
use crate::plan::Bucket;
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest, Leftover, LeftoverKind, TAG_OWNER, TAG_RUN};
use crate::user_data::{Part, Spill};

/// How long the address is good that a machine fetches its user data from. A machine does so once, within minutes of
/// its launch, and keeps what it got; but the address is a part of the launch, and a launch whose answer was lost is
/// made again as it was, also by a `resume` on the next morning. Whoever can read the address can read the machine's
/// user data, so it gives nothing away that was not to be had without it.
const VALIDITY: SignedDuration = SignedDuration::from_hours(24);

/// How much of that must be left for a launch.
const SOON: SignedDuration = SignedDuration::from_mins(10);

/// As long as addresses become: the longest key, and the token of temporary credentials.
const LONGEST_ADDRESS: usize = 4096;

impl Ec2Cloud {
    /// Stores the user data of a launch and gives what its machines get instead: the same for the same token.
    pub(super) async fn first_stage(&self, request: &LaunchRequest, bucket: &Bucket) -> Result<[Part; 2], CloudError> {
        let refused = |reason: String| CloudError::new(CloudErrorKind::Rejected, format!("{}: {reason}", who(request)));
        let spill = spill_of(request).map_err(refused)?;
        let addresses = self.options.addresses.clone();
        let addresses = addresses.ok_or_else(|| refused("there is no place to keep its address".to_owned()))?;
        let store = Store::new(self.session.clone(), bucket.clone());
        let key = store.key(request.tags.get(TAG_RUN).map(String::as_str), spill.sha256());
        // Also where an earlier process did: what it stored may have been removed since.
        let owner = request.tags.get(TAG_OWNER).map(String::as_str);
        store.put(&key, spill.content(), spill.sha256(), owner).await?;
        let address = match kept(&addresses, request)? {
            Some(address) => address,
            None => {
                let address = store.sign(&key, VALIDITY).await?;
                // From here on, the launch is made with this address and no other.
                addresses.keep(&request.token, &address).map_err(|error| unkept(request, &error))?;
                address
            }
        };
        Ok(spill.first_stage(&store.url_of(&key), address.url.expose_secret()))
    }

    /// Whether the user data is to be stored, and only a first stage of it given to the machines.
    pub(super) fn is_spilled(&self, request: &LaunchRequest) -> bool {
        let (private, public) = stand_ins();
        self.options.bucket.is_some()
            && matches!(self.combined(request, None, Some((&private, &public))), Err(UserDataError::TooLarge(_)))
    }

    /// What is wrong with the user data, found without making a key, storing anything or asking anybody.
    pub(super) fn wrong_with_user_data(&self, request: &LaunchRequest) -> Option<String> {
        let (private, public) = stand_ins();
        let host_key = Some((private.as_str(), public.as_str()));
        let first_stage = match self.is_spilled(request).then(|| spill_of(request)) {
            Some(Ok(spill)) => Some(spill.first_stage(&"x".repeat(1024), &"x".repeat(LONGEST_ADDRESS))),
            Some(Err(reason)) => return Some(reason),
            None => None,
        };
        self.combined(request, first_stage, host_key).err().map(|unfit| unfit.to_string())
    }

    /// What is stored for a run, or for all.
    pub(super) async fn stored(&self, run: Option<&str>) -> Result<Vec<Leftover>, CloudError> {
        let Some(bucket) = &self.options.bucket else { return Ok(Vec::new()) };
        let store = Store::new(self.session.clone(), bucket.clone());
        let mut left = Vec::new();
        for Stored { key, run: of, bytes, .. } in store.list(run).await? {
            left.push(Leftover {
                kind: LeftoverKind::StoredUserData,
                id: store.url_of(&key),
                // Whoever asks for one run knows whose it is.
                owner: if run.is_none() { store.owner(&key).await? } else { None },
                run: of,
                expires_at: None,
                detail: format!("{bytes} bytes"),
                bills: true,
            });
        }
        Ok(left)
    }

    /// Removes what is stored.
    pub(super) async fn remove_stored(&self, leftover: &Leftover) -> Result<(), CloudError> {
        let bucket = self.options.bucket.as_ref();
        let key = bucket.and_then(|bucket| leftover.id.strip_prefix(&bucket.url_of("")));
        match (bucket, key) {
            (Some(bucket), Some(key)) => Store::new(self.session.clone(), bucket.clone()).delete(key).await,
            _ => {
                let message = format!("{leftover} is in no bucket that is known here");
                Err(CloudError::new(CloudErrorKind::Rejected, message))
            }
        }
    }
}

/// The address that this launch carries, if it was begun before.
fn kept(addresses: &LaunchAddresses, request: &LaunchRequest) -> Result<Option<LaunchAddress>, CloudError> {
    let kept = addresses.get(&request.token).map_err(|error| unkept(request, &error))?;
    match kept {
        // What was launched with it counts, and is found; a launch now would make machines that cannot boot.
        Some(address) if address.until < Timestamp::now() + SOON => {
            let message = format!("the address of the user data for {} has expired", who(request));
            Err(CloudError::new(CloudErrorKind::TokenUsed, message).hint("`hoist plan repair` launches anew"))
        }
        kept => Ok(kept),
    }
}

fn unkept(request: &LaunchRequest, error: &std::io::Error) -> CloudError {
    let message = format!("cannot keep the address of the user data for {}: {error}", who(request));
    CloudError::new(CloudErrorKind::Rejected, message)
}

fn spill_of(request: &LaunchRequest) -> Result<Spill, String> {
    Spill::of(request.machine.user_data.as_deref().unwrap_or_default()).map_err(|error| error.to_string())
}

/// A host key of the size of real ones: no key needs to be made to know whether it fits.
fn stand_ins() -> (String, String) {
    ("x".repeat(411), "x".repeat(100))
}
