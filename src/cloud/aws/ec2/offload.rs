//! User data that is too large for an instance: stored before the launch, removed after the run.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;

use super::launch_spec::who;
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::s3::{LaunchAddress, LaunchAddresses, Store, Stored, probe};
use crate::cloud::instance_data::UserDataError;
use crate::plan::Bucket;
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest, Leftover, LeftoverKind, TAG_OWNER, TAG_RUN};
use crate::user_data::{Part, Spill};

/// Validity of the URL that an instance fetches its user data from. An instance fetches once, within minutes of its
/// launch, and keeps the data; but the URL is part of the launch, and a launch with a lost answer is repeated
/// unchanged, also by a `resume` on the next morning. Whoever can read the URL can read the instance's user data
/// anyway, so it discloses nothing more.
const VALIDITY: SignedDuration = SignedDuration::from_hours(24);

/// Minimum remaining validity for a launch.
const SOON: SignedDuration = SignedDuration::from_mins(10);

/// The bucket for user data that is too large for instances.
pub(super) struct Offload {
    session: Arc<AwsSession>,
    bucket: Bucket,
    /// Stores the presigned URLs; without it, a launch that needs one is refused.
    addresses: Option<Arc<LaunchAddresses>>,
}

impl Offload {
    /// Creates storage in `bucket`, with the URLs for instances kept in `addresses`. Requests nothing yet.
    pub(super) fn new(session: Arc<AwsSession>, bucket: Bucket, addresses: Option<Arc<LaunchAddresses>>) -> Self {
        Self { session, bucket, addresses }
    }

    /// Uses the bucket once as launches do.
    ///
    /// # Errors
    /// The bucket cannot be used, with the reason.
    pub(super) async fn probe(&self) -> Result<(), CloudError> {
        probe(&self.store()).await
    }

    fn store(&self) -> Store {
        Store::new(Arc::clone(&self.session), self.bucket.clone())
    }

    /// Stores the user data of a launch, and returns the first stage that its instances get instead: the same for the
    /// same token.
    pub(super) async fn first_stage(&self, request: &LaunchRequest) -> Result<[Part; 2], CloudError> {
        let refused = |reason: String| CloudError::new(CloudErrorKind::Rejected, format!("{}: {reason}", who(request)));
        let spill = spill_of(request).map_err(|unfit| refused(unfit.to_string()))?;
        let addresses = self.addresses.clone();
        let addresses = addresses.ok_or_else(|| refused("there is no place to keep its address".to_owned()))?;
        let store = self.store();
        let key = store.key(request.tags.get(TAG_RUN).map(String::as_str), spill.sha256());
        // Even if an earlier process stored it: the object may have been removed since.
        let owner = request.tags.get(TAG_OWNER).map(String::as_str);
        store.put(&key, spill.content(), spill.sha256(), owner).await?;
        let address = match kept(&addresses, request)? {
            Some(address) => address,
            None => {
                let address = store.sign(&key, VALIDITY).await?;
                // From here on, the launch always uses this URL.
                addresses.keep(&request.token, &address).map_err(|error| unkept(request, &error))?;
                address
            }
        };
        Ok(spill.first_stage(&store.url_of(&key), address.url.expose_secret()))
    }

    /// Returns the objects of a run, or of all runs.
    pub(super) async fn stored(&self, run: Option<&str>) -> Result<Vec<Leftover>, CloudError> {
        let store = self.store();
        let mut left = Vec::new();
        for Stored { key, run: of, bytes, .. } in store.list(run).await? {
            left.push(Leftover {
                kind: LeftoverKind::StoredUserData,
                id: store.url_of(&key),
                // The owner of a single run is known to the caller.
                owner: if run.is_none() { store.owner(&key).await? } else { None },
                run: of,
                annex: None,
                expires_at: None,
                detail: format!("{bytes} bytes"),
                bills: true,
            });
        }
        Ok(left)
    }

    /// Removes a stored object.
    pub(super) async fn remove(&self, leftover: &Leftover) -> Result<(), CloudError> {
        match leftover.id.strip_prefix(&self.bucket.url_of("")) {
            Some(key) => self.store().delete(key).await,
            None => Err(in_no_bucket(leftover)),
        }
    }
}

/// Returns the error about an object outside the known bucket.
pub(super) fn in_no_bucket(leftover: &Leftover) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, format!("{leftover} is in no bucket that is known here"))
}

/// Returns the URL of this launch, if it was begun before.
fn kept(addresses: &LaunchAddresses, request: &LaunchRequest) -> Result<Option<LaunchAddress>, CloudError> {
    let kept = addresses.get(&request.token).map_err(|error| unkept(request, &error))?;
    match kept {
        // Instances launched with the URL count, and are found; new ones could not boot.
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

/// Returns the user data of a request in its stored form.
pub(super) fn spill_of(request: &LaunchRequest) -> Result<Spill, UserDataError> {
    let own = request.machine.user_data.as_deref().unwrap_or_default();
    Spill::of(own).map_err(|why| UserDataError::Wrong(why.to_string()))
}
