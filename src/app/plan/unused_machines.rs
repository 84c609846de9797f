//! Instances that carry a run's tag but belong to none of its services.

use std::collections::BTreeSet;

use super::drive_options::DriveOptions;
use super::run_session::RunSession;
use super::terminate_machines::{MachineId, may_terminate, state_name, terminate_machines};
use crate::app::{CommandError, Operation};
use crate::engine::OwnedInstances;
use crate::provider::{Instance, Selector};

/// Instances that carry a run's tag but belong to none of its services. The run is locked meanwhile.
pub(crate) struct UnusedMachines<'a> {
    op: Operation<'a>,
    session: RunSession<'a>,
    /// The instances, each with the name of its cloud in the plan.
    pub(crate) machines: Vec<(String, Instance)>,
}

/// Searches the clouds of the run's plan.
///
/// # Errors
/// There is no such run, another process holds it, or a cloud could not be asked.
pub(crate) async fn unused_machines<'a>(op: Operation<'a>, name: &str) -> Result<UnusedMachines<'a>, CommandError> {
    let drive = DriveOptions { max_concurrency: 1, rehearse: None };
    let session = RunSession::open(op, name, &drive)?;
    let run = &session.run;
    let usage = OwnedInstances::of(run);
    let launched = run.plan.services().filter(|(_, service)| service.launch.is_some());
    let clouds: BTreeSet<&str> = launched.map(|(_, service)| service.cloud.as_str()).collect();
    let mut machines = Vec::new();
    for cloud in clouds {
        let instances = session.infrastructure().cloud(cloud)?.describe(&Selector::Run(run.id.clone())).await?;
        let unused = instances.into_iter().filter(|instance| !instance.state.is_gone() && !usage.holds(instance));
        machines.extend(unused.map(|instance| (cloud.to_owned(), instance)));
    }
    Ok(UnusedMachines { op, session, machines })
}

impl UnusedMachines<'_> {
    /// Returns the name of the run.
    pub(crate) fn run(&self) -> &str {
        &self.session.run.name
    }

    /// Returns the state of an instance in EC2's words.
    pub(crate) fn state_name(instance: &Instance) -> String {
        state_name(instance)
    }

    /// Asks whether to terminate them, if there are any.
    pub(crate) fn may_terminate(&self) -> Result<bool, CommandError> {
        Ok(!self.machines.is_empty() && may_terminate(self.op.user, &self.ids())?)
    }

    /// Terminates the instances.
    ///
    /// # Errors
    /// Some are still there; the error has the command that retries.
    pub(crate) async fn terminate(&self) -> Result<(), CommandError> {
        let again = format!("hoist plan clean {}", self.run());
        terminate_machines(self.op.user, self.session.infrastructure().as_ref(), &self.ids(), &again).await
    }

    fn ids(&self) -> Vec<MachineId> {
        self.machines.iter().map(|(cloud, instance)| (cloud.clone(), instance.id.clone())).collect()
    }
}
