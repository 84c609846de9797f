//! User data that is too large for a machine: stored before the launch, removed after the run.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;

use super::launch_spec::who;
use super::user_data::UserDataError;
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::s3::{LaunchAddress, LaunchAddresses, Store, Stored, probe};
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

/// The bucket that takes what is too large for machines.
pub(super) struct Offload {
    session: Arc<AwsSession>,
    bucket: Bucket,
    /// Keeps the signed addresses; without it, a launch that needs one is refused.
    addresses: Option<Arc<LaunchAddresses>>,
}

impl Offload {
    /// Stores in `bucket`, and keeps in `addresses` from where machines fetch. Asks nothing yet.
    pub(super) fn new(session: Arc<AwsSession>, bucket: Bucket, addresses: Option<Arc<LaunchAddresses>>) -> Self {
        Self { session, bucket, addresses }
    }

    /// Uses the bucket once, as launches will.
    ///
    /// # Errors
    /// It cannot be used, and why.
    pub(super) async fn probe(&self) -> Result<(), CloudError> {
        probe(&self.store()).await
    }

    fn store(&self) -> Store {
        Store::new(Arc::clone(&self.session), self.bucket.clone())
    }

    /// Stores the user data of a launch and gives what its machines get instead: the same for the same token.
    pub(super) async fn first_stage(&self, request: &LaunchRequest) -> Result<[Part; 2], CloudError> {
        let refused = |reason: String| CloudError::new(CloudErrorKind::Rejected, format!("{}: {reason}", who(request)));
        let spill = spill_of(request).map_err(|unfit| refused(unfit.to_string()))?;
        let addresses = self.addresses.clone();
        let addresses = addresses.ok_or_else(|| refused("there is no place to keep its address".to_owned()))?;
        let store = self.store();
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

    /// What is stored for a run, or for all.
    pub(super) async fn stored(&self, run: Option<&str>) -> Result<Vec<Leftover>, CloudError> {
        let store = self.store();
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
    pub(super) async fn remove(&self, leftover: &Leftover) -> Result<(), CloudError> {
        match leftover.id.strip_prefix(&self.bucket.url_of("")) {
            Some(key) => self.store().delete(key).await,
            None => Err(in_no_bucket(leftover)),
        }
    }
}

/// Something stored that lies where nobody looks.
pub(super) fn in_no_bucket(leftover: &Leftover) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, format!("{leftover} is in no bucket that is known here"))
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

/// The user data of a request, as it is stored.
pub(super) fn spill_of(request: &LaunchRequest) -> Result<Spill, UserDataError> {
    let own = request.machine.user_data.as_deref().unwrap_or_default();
    Spill::of(own).map_err(|why| UserDataError::Wrong(why.to_string()))
}
