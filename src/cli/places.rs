//! The clouds and hosts of a run, put together.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::clouds::{Clouds, Reach, unsupported};
use super::context::Context;
use super::exit::CommandError;
use crate::cloud::ec2::Announcement;
use crate::cloud::rehearsal::Rehearsal;
use crate::engine::{Cloud, CloudError, Host, HostError, Places, RemoteMachine, Run, ServiceRecord};
use crate::host::ThisHost;
use crate::host::ssh::{Console, Links, RunKeys, SshHost, SshTarget};
use crate::plan::{CloudConfig, Plan, Service};

/// Real places: this machine, the clouds, and what is reached by SSH.
pub(super) struct RealPlaces {
    run_id: String,
    clouds: Clouds,
    local: Arc<dyn Cloud>,
    planned: Mutex<Planned>,
    links: Arc<Links>,
}

/// What follows from the plan in force.
struct Planned {
    plan: Arc<Plan>,
    opened: HashMap<String, Arc<dyn Cloud>>,
    reach: Reach,
}

impl RealPlaces {
    /// The places of this run, beside the state file.
    pub(super) fn new(context: &Context, run: &Run) -> Result<Self, CommandError> {
        let clouds = Clouds::new(context)?;
        let local = Arc::new(clouds.local()?);
        let asked_at = |record: &ServiceRecord| {
            let owned = record.instance.as_ref()?;
            Some((owned.id.clone()?, owned.asked_at))
        };
        let launched: HashMap<String, Timestamp> = run.records().iter().filter_map(asked_at).collect();
        let announced = run.launches_announced().map(|(token, launch)| Announcement {
            run: run.id.clone(),
            token: token.to_owned(),
            owner: launch.owner.clone(),
            size: launch.services.len(),
        });
        let reach = Reach {
            announced: announced.collect(),
            keys: Arc::new(RunKeys::new(clouds.beside().join("ssh").join(&run.id))),
            by_ssh: by_ssh(&run.plan),
            launched_at: Arc::new(move |id| launched.get(id).copied()),
        };
        Ok(Self {
            run_id: run.id.clone(),
            clouds,
            local,
            planned: Mutex::new(Planned { plan: run.plan.clone(), opened: HashMap::new(), reach }),
            links: Arc::new(Links::new()),
        })
    }

    /// What the local cloud lacks here, for a plan that uses it.
    pub(super) fn lacks(&self) -> Vec<String> {
        let plan = self.planned().plan.clone();
        let used = |service: &Service| {
            service.launch.is_some() && plan.clouds.get(&service.cloud).is_none_or(|cloud| cloud.provider == "local")
        };
        if plan.services().any(|(_, service)| used(service)) { self.local.capabilities().lacks } else { Vec::new() }
    }

    /// Closes what is open to hosts; before the process ends.
    pub(super) async fn close(&self) {
        self.links.close().await;
    }

    /// Removes what is kept of the run's hosts, once nothing is left of it.
    pub(super) fn forget(&self) -> std::io::Result<()> {
        self.planned().reach.keys.forget()
    }

    fn planned(&self) -> MutexGuard<'_, Planned> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places for RealPlaces {
    fn cloud(&self, name: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        let built_in = CloudConfig { provider: name.to_owned(), ..CloudConfig::default() };
        let mut planned = self.planned();
        let Planned { plan, opened, reach } = &mut *planned;
        let config = plan.clouds.get(name).unwrap_or(&built_in);
        match config.provider.as_str() {
            "local" => Ok(self.local.clone()),
            "ec2" => {
                let open = || self.clouds.ec2(self.clouds.session(config), config.bucket.as_ref(), Some(reach));
                Ok(opened.entry(name.to_owned()).or_insert_with(open).clone())
            }
            other => Err(unsupported(other)),
        }
    }

    fn adopt(&self, plan: &Arc<Plan>) {
        let mut planned = self.planned();
        planned.plan = plan.clone();
        planned.opened.clear();
        planned.reach.by_ssh = by_ssh(plan);
    }

    fn this_host(&self, service: &Service) -> Result<Arc<dyn Host>, HostError> {
        let directory = self.clouds.beside().join("this-host").join(format!("{}.{}", self.run_id, service.name));
        Ok(Arc::new(ThisHost::new(directory, self.clouds.init_program().to_path_buf())))
    }

    fn remote(
        &self,
        service: &Service,
        address: &str,
        machine: Option<&RemoteMachine>,
    ) -> Result<Arc<dyn Host>, HostError> {
        if machine.is_none() && is_this_machine(address) {
            return self.this_host(service);
        }
        let target = SshTarget {
            address: address.to_owned(),
            port: service.ssh.port,
            user: service.ssh.user.clone(),
            key: service.ssh.key.clone(),
            policy: service.ssh.host_key,
            machine: machine.map(|machine| machine.id.clone()),
            base: Path::new("/var/tmp").join(format!("hoist.{}", self.run_id)),
            service: service.name.clone(),
        };
        let console = machine.map(|machine| {
            let RemoteMachine { cloud, id } = machine;
            Arc::new(InstanceConsole { cloud: cloud.clone(), id: id.clone() }) as Arc<dyn Console>
        });
        Ok(Arc::new(SshHost::new(target, self.planned().reach.keys.clone(), self.links.clone(), console)))
    }
}

/// Whether the machine of a service is reached by SSH: where no program runs, nobody needs to get in.
fn by_ssh(plan: &Plan) -> Arc<dyn Fn(&str) -> bool + Send + Sync> {
    let with_programs =
        |(_, service): (_, &Service)| (service.programs.iter().next().is_some()).then(|| service.name.clone());
    let names: HashSet<String> = plan.services().filter_map(with_programs).collect();
    Arc::new(move |service| names.contains(service))
}

/// The console of an instance, which shows its host keys.
struct InstanceConsole {
    cloud: Arc<dyn Cloud>,
    id: String,
}

#[async_trait]
impl Console for InstanceConsole {
    async fn text(&self) -> Result<String, String> {
        self.cloud.console(&self.id).await.map_err(|error| error.message)
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

/// Whether an address is this machine's own, so that no SSH is needed to run programs there.
pub(super) fn is_this_machine(address: &str) -> bool {
    matches!(address, "localhost" | "127.0.0.1" | "::1")
}
