//! The clouds and hosts of a run.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::clouds::Clouds;
use super::exit::CommandError;
use super::workspace::Workspace;
use crate::cloud::faults::Rehearsal;
use crate::cloud::{Announcement, LaunchAccess, Login, Logins};
use crate::engine::{Run, ServiceState};
use crate::host::Localhost;
use crate::host::ssh::{ConnectionPool, Console, RunKeys, SshHost, SshTarget, SshTerms, check_key, is_loopback};
use crate::plan::{CloudConfig, Plan, SecretSource, Service};
use crate::provider::{Cloud, CloudError, Host, HostError, Infrastructure, RemoteMachine};

/// The real infrastructure: this machine, the clouds, and hosts reached by SSH.
pub(crate) struct LiveInfrastructure {
    run_id: String,
    clouds: Clouds,
    planned: Mutex<PlanBindings>,
    links: Arc<ConnectionPool>,
}

/// State derived from the plan in force.
struct PlanBindings {
    plan: Arc<Plan>,
    opened: HashMap<String, Arc<dyn Cloud>>,
    access: LaunchAccess,
}

impl LiveInfrastructure {
    /// Creates the infrastructure of this run; its local files are beside the state file.
    pub(crate) fn new(workspace: &Workspace, run: &Run) -> Result<Self, CommandError> {
        let clouds = Clouds::new(workspace)?;
        let asked_at = |record: &ServiceState| {
            let owned = record.instance.as_ref()?;
            Some((owned.id.clone()?, owned.asked_at))
        };
        let launched: HashMap<String, Timestamp> = run.records().iter().filter_map(asked_at).collect();
        let announced = run.launches_announced().map(|(token, launch)| Announcement {
            run: run.id.clone(),
            token: token.to_owned(),
            owner: launch.owner.clone(),
            size: launch.services.len(),
            tags: Default::default(),
        });
        let access = LaunchAccess {
            announced: announced.collect(),
            keys: Arc::new(RunKeys::new(clouds.beside().join("ssh").join(&run.id))),
            by_ssh: by_ssh(&run.plan),
            logins: logins(&run.plan),
            launched_at: Arc::new(move |id| launched.get(id).copied()),
        };
        Ok(Self {
            run_id: run.id.clone(),
            clouds,
            planned: Mutex::new(PlanBindings { plan: run.plan.clone(), opened: HashMap::new(), access }),
            links: Arc::new(ConnectionPool::new()),
        })
    }

    /// Returns the features missing from the local cloud on this machine, if the plan uses that cloud.
    pub(crate) fn lacks(&self) -> Vec<String> {
        let plan = self.planned().plan.clone();
        let is_local = |name: &str| plan.clouds.get(name).is_none_or(CloudConfig::is_local);
        let mut launched = plan.services().map(|(_, service)| service).filter(|service| service.launch.is_some());
        let local = launched.find(|service| is_local(&service.cloud));
        // An unusable cloud reports that itself when it is asked.
        local.and_then(|service| self.cloud(&service.cloud).ok()).map_or_else(Vec::new, |it| it.capabilities().lacks)
    }

    /// Closes the connections to hosts; to be called before the process ends.
    pub(crate) async fn close(&self) {
        self.links.close().await;
    }

    /// Removes the stored keys of the run's hosts, once nothing is left of the run.
    pub(crate) fn forget(&self) -> std::io::Result<()> {
        self.planned().access.keys.forget()
    }

    /// Returns the directory of this host as a host of the service.
    fn own_directory(&self, service: &Service) -> PathBuf {
        self.clouds.beside().join("this-host").join(format!("{}.{}", self.run_id, service.name))
    }

    fn planned(&self) -> MutexGuard<'_, PlanBindings> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Infrastructure for LiveInfrastructure {
    fn cloud(&self, name: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        let built_in = CloudConfig::of(name);
        let mut planned = self.planned();
        let PlanBindings { plan, opened, access } = &mut *planned;
        if let Some(cloud) = opened.get(name) {
            return Ok(cloud.clone());
        }
        let config = plan.clouds.get(name).unwrap_or(&built_in);
        let cloud = self.clouds.provider(config)?.open(config, Some(access))?;
        opened.insert(name.to_owned(), cloud.clone());
        Ok(cloud)
    }

    fn adopt(&self, plan: &Arc<Plan>) {
        let mut planned = self.planned();
        planned.plan = plan.clone();
        planned.opened.clear();
        planned.access.by_ssh = by_ssh(plan);
        planned.access.logins = logins(plan);
    }

    fn this_host(&self, service: &Service) -> Result<Arc<dyn Host>, HostError> {
        let host = Localhost::new(self.own_directory(service), self.clouds.init_program().to_path_buf());
        Ok(Arc::new(host.withholding(secrets_of_others(&self.planned().plan, service))))
    }

    fn remote(
        &self,
        service: &Service,
        address: &str,
        machine: Option<&RemoteMachine>,
    ) -> Result<Arc<dyn Host>, HostError> {
        // Earlier versions treated a loopback address as this host itself; programs they began here are ended here.
        if machine.is_none() && is_loopback(address) && self.own_directory(service).is_dir() {
            return self.this_host(service);
        }
        // With an unusable key the host would only appear not to answer.
        service.ssh.key.as_deref().map_or(Ok(()), check_key).map_err(HostError::failed)?;
        let target = SshTarget {
            address: address.to_owned(),
            port: service.ssh.port,
            user: service.ssh.user.clone(),
            key: service.ssh.key.clone(),
            policy: service.ssh.host_key,
            machine: machine.map(|machine| machine.id.clone()),
            base: Path::new("/var/tmp").join(format!("hoist.{}", self.run_id)),
            service: service.name.clone(),
            terms: SshTerms {
                forward_agent: service.ssh.forward_agent,
                login_shell: service.ssh.login_shell,
                stage: service.ssh.stage.clone(),
                usual_stage: crate::host::chosen_stage(),
            },
        };
        let console = machine.map(|machine| {
            let RemoteMachine { cloud, id } = machine;
            Arc::new(InstanceConsole { cloud: cloud.clone(), id: id.clone() }) as Arc<dyn Console>
        });
        Ok(Arc::new(SshHost::new(target, self.planned().access.keys.clone(), self.links.clone(), console)))
    }
}

/// Returns the environment variables that hold secrets of other services only.
fn secrets_of_others(plan: &Plan, service: &Service) -> BTreeSet<String> {
    let variables = |service: &Service| {
        let name = |source: &SecretSource| match source {
            SecretSource::Env(name) => Some(name.clone()),
            SecretSource::File(_) => None,
        };
        service.secrets.values().filter_map(name).collect::<BTreeSet<_>>()
    };
    let all: BTreeSet<String> = plan.services().flat_map(|(_, other)| variables(other)).collect();
    &all - &variables(service)
}

/// Returns a test of whether the instance of a service is reached by SSH; instances without programs need no access.
fn by_ssh(plan: &Plan) -> Arc<dyn Fn(&str) -> bool + Send + Sync> {
    let with_programs =
        |(_, service): (_, &Service)| (service.programs.iter().next().is_some()).then(|| service.name.clone());
    let names: HashSet<String> = plan.services().filter_map(with_programs).collect();
    Arc::new(move |service| names.contains(service))
}

/// Returns who logs in to the instance of a service, where the plan says that.
fn logins(plan: &Plan) -> Arc<Logins> {
    let login = |(_, service): (_, &Service)| {
        let (user, key) = (service.ssh.user.clone()?, service.ssh.key.clone()?);
        Some((service.name.clone(), Login { user, key }))
    };
    let known: HashMap<String, Login> = plan.services().filter_map(login).collect();
    Arc::new(move |service| known.get(service).cloned())
}

/// The host keys of an instance, as its cloud tells them.
struct InstanceConsole {
    cloud: Arc<dyn Cloud>,
    id: String,
}

#[async_trait]
impl Console for InstanceConsole {
    async fn text(&self) -> Result<String, CloudError> {
        self.cloud.host_keys(&self.id).await
    }
}

/// Wraps the infrastructure with the faults of a file, if given. The faults befall services of `plans`.
pub(crate) fn rehearsed(
    infrastructure: Arc<dyn Infrastructure>,
    faults: Option<&Path>,
    plans: &[&Plan],
) -> Result<Arc<dyn Infrastructure>, CommandError> {
    Ok(match rehearsal(faults, plans)? {
        Some(rehearsal) => rehearsal.infrastructure(infrastructure),
        None => infrastructure,
    })
}

/// Reads a file of faults for services of `plans`.
pub(crate) fn rehearsal(file: Option<&Path>, plans: &[&Plan]) -> Result<Option<Rehearsal>, CommandError> {
    let read = |file| {
        let rehearsal = Rehearsal::load(file)?;
        rehearsal.check(plans).map(|()| rehearsal)
    };
    file.map(read).transpose().map_err(|error| CommandError::new(error.to_string()))
}
