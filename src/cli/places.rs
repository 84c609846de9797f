//! The clouds and hosts of a run, put together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::context::Context;
use super::exit::CommandError;
use crate::cloud::local::{LocalCloud, LocalCloudConfig};
use crate::cloud::rehearsal::Rehearsal;
use crate::engine::{Cloud, CloudError, CloudErrorKind, Host, HostError, Places, RemoteMachine, Run};
use crate::host::{ThisHost, own_program};
use crate::plan::{Plan, RunOn, Service};

/// Real places: the local cloud and this machine.
pub(super) struct LocalPlaces {
    plan: Arc<Plan>,
    local: Arc<dyn Cloud>,
    this_host: PathBuf,
    run_id: String,
    init_program: PathBuf,
}

impl LocalPlaces {
    /// The places of this run, beside the state file.
    pub(super) fn new(context: &Context, run: &Run) -> Result<Self, CommandError> {
        let init_program = own_program();
        let state_path = std::path::absolute(&context.state_path)
            .map_err(|error| CommandError::new(format!("cannot find {}: {error}", context.state_path.display())))?;
        let beside = state_path.parent().unwrap_or(Path::new("/"));
        let local: Arc<dyn Cloud> = Arc::new(LocalCloud::new(LocalCloudConfig {
            root: beside.join("local"),
            init_program: init_program.clone(),
            namespaces: true,
        })?);
        Ok(Self {
            plan: run.plan.clone(),
            local,
            this_host: beside.join("this-host"),
            run_id: run.id.clone(),
            init_program,
        })
    }

    /// What the local cloud lacks here, for a plan that uses it.
    pub(super) fn lacks(&self) -> Vec<String> {
        let used = |service: &Service| {
            service.launch.is_some()
                && self.plan.clouds.get(&service.cloud).is_none_or(|cloud| cloud.provider == "local")
        };
        if self.plan.services().any(|(_, service)| used(service)) {
            self.local.capabilities().lacks
        } else {
            Vec::new()
        }
    }
}

impl Places for LocalPlaces {
    fn cloud(&self, name: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        let provider = self.plan.clouds.get(name).map_or(name, |cloud| cloud.provider.as_str());
        match provider {
            "local" => Ok(self.local.clone()),
            other => {
                Err(CloudError::new(CloudErrorKind::Refused, format!("cloud {name}: {}", unsupported_cloud(other)))
                    .hint("--cloud local tries the plan on this machine"))
            }
        }
    }

    fn this_host(&self, service: &Service) -> Result<Arc<dyn Host>, HostError> {
        let host =
            ThisHost::new(self.this_host.join(format!("{}.{}", self.run_id, service.name)), self.init_program.clone());
        Ok(Arc::new(host))
    }

    fn remote(&self, service: &Service, address: &str, _: Option<&RemoteMachine>) -> Result<Arc<dyn Host>, HostError> {
        if is_this_machine(address) {
            self.this_host(service)
        } else {
            Err(HostError::Failed(unsupported_host(address)))
        }
    }
}

/// These places, misbehaving as the file of faults says, if there is one.
pub(super) fn rehearsed(places: Arc<dyn Places>, faults: Option<&Path>) -> Result<Arc<dyn Places>, CommandError> {
    Ok(match rehearsal(faults)? {
        Some(rehearsal) => rehearsal.places(places),
        None => places,
    })
}

/// Reads a file of faults.
pub(super) fn rehearsal(file: Option<&Path>) -> Result<Option<Rehearsal>, CommandError> {
    file.map(Rehearsal::load).transpose().map_err(|error| CommandError::new(error.to_string()))
}

/// Refuses a plan that this build cannot raise, before anything is launched.
pub(super) fn check_supported(plan: &Plan) -> Result<(), CommandError> {
    for (_, service) in plan.services() {
        let provider = plan.clouds.get(&service.cloud).map_or(service.cloud.as_str(), |cloud| cloud.provider.as_str());
        if service.launch.is_some() && provider != "local" {
            let message = format!(
                "service {} needs cloud {}: {}; nothing was launched",
                service.name,
                service.cloud,
                unsupported_cloud(provider)
            );
            return Err(CommandError::new(message)
                .hint("--cloud local tries the plan on this machine")
                .hint("--dry-run goes through it on a simulated cloud"));
        }
        if let (RunOn::Address, Some(address)) = (service.run_on, &service.address)
            && address.is_plain()
            && !is_this_machine(address.as_str())
        {
            let message =
                format!("service {}: {}; nothing was launched", service.name, unsupported_host(address.as_str()));
            return Err(CommandError::new(message).hint("--dry-run goes through it on a simulated cloud"));
        }
    }
    Ok(())
}

fn unsupported_cloud(provider: &str) -> String {
    format!("this version of hoist cannot launch on {provider}, only on local")
}

fn unsupported_host(address: &str) -> String {
    format!("this version of hoist cannot reach {address} by SSH, only this machine and local instances")
}

/// Whether an address is this machine's own, so that no SSH is needed to run programs there.
fn is_this_machine(address: &str) -> bool {
    matches!(address, "localhost" | "127.0.0.1" | "::1")
}
