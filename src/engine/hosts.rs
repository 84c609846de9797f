//! Where a service's programs run, and what hoist leaves there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::cloud::{Cloud, CloudError, Instance, InstanceState};
use super::driver::Driver;
use super::host::Host;
use super::places::{Places, RemoteMachine};
use super::run::Run;
use super::service_record::ServiceRecord;
use super::work::Traces;
use crate::plan::{Attributes, Reference, RunOn};

/// The attributes that lead to a machine.
const ADDRESSES: [&str; 3] = ["address", "hostname", "private_address"];

impl Driver<'_> {
    /// The cloud of this name, asked for once.
    pub(super) fn cloud(&mut self, name: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        known_cloud(&mut self.clouds, self.places.as_ref(), name)
    }

    /// Where the programs of the service at `position` run, and its address.
    pub(super) fn host_of(&mut self, position: usize) -> Result<(Arc<dyn Host>, String), String> {
        let Self { run, places, clouds, .. } = self;
        host_of(run, position, |name| known_cloud(clouds, places.as_ref(), name), places.as_ref())
    }

    /// Whether nothing of ours will ever run on the service's machine, and its cloud does not reach it either: then nobody needs
    /// to get in, and maybe nobody can.
    pub(super) fn is_only_launched(&mut self, position: usize) -> bool {
        let (service, record) = (self.run.service(position), self.run.record(position));
        if service.run_on != RunOn::Instance || service.programs.iter().next().is_some() {
            return false;
        }
        let name = service.name.clone();
        let Some((cloud, instance)) = record.address.as_deref().and_then(|address| machine_of(record, address)) else {
            return false;
        };
        self.cloud(&cloud).is_ok_and(|cloud| cloud.host(&name, &instance).is_none())
    }

    /// What must be cleaned up on a host that stays after the service is gone.
    pub(super) fn traces_of(&mut self, position: usize) -> Option<Traces> {
        let service = self.run.service(position);
        let name = service.name.clone();
        // What is on a machine of the run goes with that machine.
        if service.run_on == RunOn::Instance || owner_of(&self.run, position) != position {
            return None;
        }
        // A host that cannot be named was never reached, so nothing of ours is there.
        let (host, _) = self.host_of(position).ok()?;
        let stage = host.stage_base().join(name);
        Some(Traces { host, stage })
    }
}

fn known_cloud(
    clouds: &mut HashMap<String, Arc<dyn Cloud>>,
    places: &dyn Places,
    name: &str,
) -> Result<Arc<dyn Cloud>, CloudError> {
    if let Some(cloud) = clouds.get(name) {
        return Ok(cloud.clone());
    }
    let cloud = places.cloud(name)?;
    clouds.insert(name.to_owned(), cloud.clone());
    Ok(cloud)
}

/// The service whose machine the one at `position` uses: one of an earlier level, whose address it has as its own, or itself.
pub(super) fn owner_of(run: &Run, position: usize) -> usize {
    let Some(text) = &run.service(position).address else { return position };
    let other = text.references().find_map(|reference| match reference {
        Reference::Service { service, attribute }
            if text.as_str() == format!("${{{service}.{attribute}}}") && ADDRESSES.contains(&attribute.as_str()) =>
        {
            run.position(&service)
        }
        _ => None,
    });
    match other {
        Some(other) if run.level_of(other) < run.level_of(position) => owner_of(run, other),
        _ => position,
    }
}

/// Where the programs of the service at `position` run, and its address.
pub(super) fn host_of(
    run: &Run,
    position: usize,
    cloud: impl FnOnce(&str) -> Result<Arc<dyn Cloud>, CloudError>,
    places: &dyn Places,
) -> Result<(Arc<dyn Host>, String), String> {
    let (service, record) = (run.service(position), run.record(position));
    let written = || {
        let attributes = Attributes::new(run.index(), run);
        service.address.as_ref().map(|text| attributes.expand(&service.name, text).map_err(|error| error.to_string()))
    };
    let owner = owner_of(run, position);
    // Another service's machine may have been replaced since.
    let recorded = record.address.clone().filter(|_| owner == position);
    let address = recorded.map(Ok).or_else(written).transpose()?;
    if service.run_on == RunOn::ThisHost {
        let host = places.this_host(service).map_err(|error| error.to_string())?;
        return Ok((host, address.unwrap_or_else(|| "127.0.0.1".to_owned())));
    }
    let address = address.ok_or("it has no address")?;
    let record = run.record(owner);
    let mut machine = None;
    if let Some((name, instance)) = machine_of(record, &address) {
        let cloud = cloud(&name).map_err(|error| error.to_string())?;
        if let Some(host) = cloud.host(&service.name, &instance) {
            return Ok((host, address));
        }
        machine = Some(RemoteMachine { cloud, id: instance.id });
    }
    let host = places.remote(service, &address, machine.as_ref()).map_err(|error| error.to_string())?;
    Ok((host, address))
}

/// The instance of a service as far as it is recorded, and the name of its cloud.
fn machine_of(record: &ServiceRecord, address: &str) -> Option<(String, Instance)> {
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
    };
    Some((owned.cloud.clone(), instance))
}
