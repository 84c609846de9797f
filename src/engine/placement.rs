//! The hosts of services' programs, and the files that hoist leaves there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::failure::{Failure, Stage};
use super::host_cleanup::{HostCleanup, way_out};
use super::host_retry::{HOST_PATIENCE, RetryPolicy};
use super::open_clouds::OpenClouds;
use super::run::Run;
use super::service_state::ServiceState;
use crate::plan::{Attributes, RunOn, SshAddress};
use crate::provider::{Host, Instance, InstanceState, RemoteMachine};

/// Returns the host of the programs of the service at `position`, and its address; without a host, the failure at
/// `stage`.
pub(super) fn host_of(
    run: &Run,
    position: usize,
    stage: Stage,
    clouds: &mut OpenClouds,
) -> Result<(Arc<dyn Host>, String), Failure> {
    let (service, record) = (run.service(position), run.record(position));
    let without_host = |error| Failure::of_host(stage, error);
    let written = || {
        let attributes = Attributes::new(run.index(), run);
        let expand = |text| attributes.expand(&service.name, text);
        service.address.as_ref().map(|text| expand(text).map_err(|error| Failure::new(stage, error.to_string())))
    };
    let owner = run.owner_of(position);
    // Another service's machine may have been replaced since.
    let recorded = record.address.clone().filter(|_| owner == position);
    let address = recorded.map(Ok).or_else(written).transpose()?;
    if service.run_on == RunOn::ThisHost {
        let host = clouds.infrastructure().this_host(service).map_err(without_host)?;
        return Ok((host, address.unwrap_or_else(|| "127.0.0.1".to_owned())));
    }
    let address = address.ok_or_else(|| Failure::new(stage, "it has no address"))?;
    let record = run.record(owner);
    let mut machine = None;
    if let Some((name, instance)) = machine_of(record, &address) {
        let cloud = clouds.cloud(&name).map_err(|error| Failure::of(stage, &error))?;
        if let Some(host) = cloud.host(&service.name, &instance) {
            return Ok((host, address));
        }
        machine = Some(RemoteMachine { cloud, id: instance.id });
    }
    let inside = record.private_address.as_ref().filter(|_| service.ssh.address == SshAddress::Private);
    let dialled = inside.filter(|_| machine.is_some()).unwrap_or(&address);
    let host = clouds.infrastructure().remote(service, dialled, machine.as_ref()).map_err(without_host)?;
    Ok((host, address))
}

/// Whether no program will ever run on the service's instance, and its cloud does not reach it either: then nobody
/// needs access, and it may not be possible.
pub(super) fn is_only_launched(run: &Run, position: usize, clouds: &mut OpenClouds) -> bool {
    let (service, record) = (run.service(position), run.record(position));
    if service.run_on != RunOn::Instance || service.programs.iter().next().is_some() {
        return false;
    }
    let Some((cloud, instance)) = record.address.as_deref().and_then(|address| machine_of(record, address)) else {
        return false;
    };
    clouds.cloud(&cloud).is_ok_and(|cloud| cloud.host(&service.name, &instance).is_none())
}

/// Returns the cleanup of a host that stays after the service is gone, if any is needed.
pub(super) fn cleanup_of(run: &Run, position: usize, clouds: &mut OpenClouds) -> Result<Option<HostCleanup>, Failure> {
    let (service, record) = (run.service(position), run.record(position));
    // The files on an instance of the run go with that instance.
    let is_given_up = record.abandoned.is_some();
    if is_given_up || service.run_on == RunOn::Instance || run.owner_of(position) != position {
        return Ok(None);
    }
    let (host, _) = match host_of(run, position, Stage::Terminate, clouds) {
        Ok(found) => found,
        // A host that was never reached has no files of hoist's.
        Err(_) if record.address.is_none() => return Ok(None),
        Err(failure) => {
            let reason = format!("could not clean up after it: {}", failure.reason);
            return Err(Failure { reason, ..failure });
        }
    };
    let stage = host.stage_base().join(&service.name);
    let patience = RetryPolicy::of(HOST_PATIENCE);
    let way_out = (service.run_on != RunOn::ThisHost).then(|| way_out(&run.name, &service.name));
    Ok(Some(HostCleanup { host, stage, patience, way_out }))
}

/// Returns the instance of a service as far as it is recorded, and the name of its cloud.
fn machine_of(record: &ServiceState, address: &str) -> Option<(String, Instance)> {
    let owned = record.instance.as_ref()?;
    let instance = Instance {
        id: owned.id.clone()?,
        state: InstanceState::Running,
        address: Some(address.to_owned()),
        private_address: record.private_address.clone(),
        launch_index: 0,
        tags: BTreeMap::new(),
        launched_at: owned.asked_at,
        reason: None,
        offer: None,
    };
    Some((owned.cloud.clone(), instance))
}
