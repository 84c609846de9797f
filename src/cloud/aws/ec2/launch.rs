//! Launches: one request becomes one call that is safe to repeat, or a fixed series of such calls.

use std::sync::Arc;

use super::describe::Describer;
use super::ec2_compatible::CompatibleLauncher;
use super::fleet::FleetLauncher;
use super::launch_spec::{Ec2LaunchSpec, who};
use super::launch_specifier::LaunchSpecifier;
use super::options::HostKeys;
use super::run_instances::OnDemandLauncher;
use crate::cloud::aws::api::AwsSession;
use crate::provider::{CloudError, CloudErrorKind, Instance, LaunchRequest, Launched, Offer};

/// Launches instances in the way that suits the cloud and the request.
pub(super) struct Launcher {
    pub(super) session: Arc<AwsSession>,
    pub(super) describer: Describer,
    pub(super) specifier: LaunchSpecifier,
    pub(super) on_demand: OnDemandLauncher,
    pub(super) fleet: FleetLauncher,
    pub(super) one_by_one: CompatibleLauncher,
    /// Records the host keys of new instances; `None` if they are given none.
    pub(super) keys: Option<Arc<dyn HostKeys>>,
}

impl Launcher {
    /// Launches the requested instances, or finds those of an earlier call with the same token.
    pub(super) async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        let specification = match self.specifier.specify(request).await {
            Ok(specification) => specification,
            // A file or a key may have been removed since an earlier process launched; its instances count.
            Err(error) if request.repeated => {
                let found = self.describer.launched_with(&request.token).await?;
                return if found.is_empty() { Err(error) } else { Ok(found.into()) };
            }
            Err(error) => return Err(error),
        };
        let launched = if self.session.is_compatible() {
            self.one_by_one.launch(request, &specification).await?
        } else if let [offer @ Offer { spot: false, .. }] = request.offers.as_slice() {
            self.on_demand.launch(request, &specification, offer).await?
        } else {
            self.fleet.launch(request, &specification).await?
        };
        if !launched.instances.is_empty() && launched.instances.iter().all(|instance| instance.state.is_gone()) {
            let message = format!("what was launched for {} is gone again", who(request));
            return Err(CloudError::new(CloudErrorKind::TokenUsed, message).hint("`hoist plan repair` launches anew"));
        }
        self.pin(&specification, &launched.instances).await?;
        Ok(launched)
    }

    /// Records the host key that these instances were given as the expected one.
    async fn pin(&self, specification: &Ec2LaunchSpec, instances: &[Instance]) -> Result<(), CloudError> {
        let (Some(keys), Some(public)) = (self.keys.clone(), specification.host_key.clone()) else {
            return Ok(());
        };
        let ids: Vec<String> = instances.iter().map(|instance| instance.id.clone()).collect();
        let pinned = tokio::task::spawn_blocking(move || ids.iter().try_for_each(|id| keys.pin(id, &public))).await;
        // The instances exist: the call must be repeated, not forgotten.
        let failed = |reason: String| {
            CloudError::new(CloudErrorKind::Transient, format!("cannot record the host key: {reason}"))
        };
        match pinned {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}
