//! Whole runs: the engine's driver on the EC2 cloud. Their machines run no programs, so nobody need reach them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hoist::engine::{DriveResult, Driver, DriverError, DriverOptions, Goal, MemoryRunJournal, Run, StopRequest};
use hoist::plan::{CloudConfig, LaunchSpec, Level, Market, Plan, Programs, RunOn, Service, SshConfig, Text};
use hoist::provider::{
    Cloud, CloudError, Command, CompletedProcess, Host, HostError, HostReady, Infrastructure, RemoteMachine, Upload,
};
use tokio::sync::watch;

use crate::ec2::lab::Lab;
use hoist_test_support::aws::{FaultProxy, IMAGE};

/// A run on a lab's cloud.
pub(crate) struct Driven {
    pub(crate) plan: Plan,
    /// Outlives a drive that is cut off.
    store: Arc<MemoryRunJournal>,
    pub(crate) run: Run,
}

impl Driven {
    /// A run of a plan of one level.
    pub(crate) fn new(services: Vec<Service>) -> Self {
        let plan = Plan {
            name: "test".to_owned(),
            file: PathBuf::from("/plan.toml"),
            variables: BTreeMap::new(),
            lease: None,
            clouds: BTreeMap::from([(
                "ec2".to_owned(),
                CloudConfig { provider: "ec2".to_owned(), ..CloudConfig::default() },
            )]),
            levels: vec![Level { number: 1, name: "level1".to_owned(), services }],
        };
        Self {
            run: Run::new("test.1", "test", plan.clone()),
            plan,
            store: Arc::new(MemoryRunJournal::with_records(Vec::new())),
        }
    }

    /// `plan boot`.
    pub(crate) async fn boot(&mut self, lab: &Lab) -> DriveResult {
        self.drive(lab, |driver| driver.set_goal(Goal::Up { repairs: 0, by_level: false, dependents: false })).await
    }

    /// `plan resume`.
    pub(crate) async fn resume(&mut self, lab: &Lab) -> DriveResult {
        self.drive(lab, resume).await
    }

    /// `plan terminate`.
    pub(crate) async fn terminate(&mut self, lab: &Lab) -> DriveResult {
        self.drive(lab, lower).await
    }

    async fn drive(
        &mut self,
        lab: &Lab,
        prepare: impl FnOnce(&mut Driver<'_>) -> Result<(), DriverError>,
    ) -> DriveResult {
        let records = self.store.records();
        let run = Run::replay("test.1", "test", self.plan.clone(), &records).unwrap();
        self.store = Arc::new(MemoryRunJournal::with_records(records));
        let mut nobody = ();
        let options = DriverOptions { owner: "test".to_owned(), max_concurrency: 256 };
        let places = Arc::new(LabPlaces(lab.cloud.clone()));
        let mut driver = Driver::new(run, self.store.clone(), places, &mut nobody, options);
        prepare(&mut driver).unwrap();
        let (_keep, stop) = watch::channel(StopRequest::None);
        let halt = driver.drive(stop).await.unwrap();
        self.run = driver.run().clone();
        halt
    }

    /// Each service has a machine of its own, and there are no others.
    pub(crate) fn assert_up(&self, proxy: &FaultProxy) {
        let mut recorded: Vec<&str> = self.run.records().iter().filter_map(|record| record.instance_id()).collect();
        let living = proxy.living();
        let mut existing: Vec<&str> = living.iter().map(|instance| instance.id.as_str()).collect();
        recorded.sort_unstable();
        existing.sort_unstable();
        assert_eq!(existing, recorded);
        assert_eq!(recorded.len(), self.plan.service_count());
    }

    /// Why the first service failed.
    pub(crate) fn failure(&self) -> String {
        format!("{:?}", self.run.records().iter().map(|record| &record.phase).next())
    }
}

fn resume(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    driver.resume()
}

fn lower(driver: &mut Driver<'_>) -> Result<(), DriverError> {
    driver.terminate()
}

/// Services of one machine each. Where they are to differ, each has a tag of its own, so that each is a call of its
/// own.
pub(crate) fn services(count: usize, differ: bool) -> Vec<Service> {
    let service = |number: usize| Service {
        name: format!("web-{number}"),
        replica_of: None,
        cloud: "ec2".to_owned(),
        launch: Some(LaunchSpec {
            image: Some(Text::new(IMAGE)),
            instance_types: vec![Text::new("t3.small")],
            markets: vec![Market::OnDemand],
            tags: if differ {
                BTreeMap::from([("number".to_owned(), Text::new(number.to_string()))])
            } else {
                BTreeMap::new()
            },
            ..LaunchSpec::default()
        }),
        address: None,
        run_on: RunOn::Instance,
        ssh: SshConfig::default(),
        programs: Programs::default(),
        attributes: BTreeMap::new(),
        secrets: BTreeMap::new(),
        settings: BTreeMap::new(),
        elastic: None,
        timeout: Duration::from_secs(600),
    };
    (0..count).map(service).collect()
}

struct LabPlaces(Arc<dyn Cloud>);

impl Infrastructure for LabPlaces {
    fn cloud(&self, _: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        Ok(self.0.clone())
    }

    fn this_host(&self, service: &Service) -> Result<Arc<dyn Host>, HostError> {
        Err(HostError::failed(format!("{} needs no host", service.name)))
    }

    fn remote(&self, _: &Service, _: &str, _: Option<&RemoteMachine>) -> Result<Arc<dyn Host>, HostError> {
        Ok(Arc::new(Reachable))
    }
}

/// A host that answers at once and is asked for nothing else.
struct Reachable;

#[async_trait]
impl Host for Reachable {
    async fn reach(&self) -> Result<HostReady, HostError> {
        Ok(HostReady::default())
    }

    fn stage_base(&self) -> PathBuf {
        PathBuf::from("/nowhere")
    }

    async fn upload(&self, _: &Upload) -> Result<(), HostError> {
        unreachable!("there are no programs")
    }

    async fn download(&self, _: &Path, _: usize) -> Result<Option<Vec<u8>>, HostError> {
        unreachable!("there are no programs")
    }

    async fn run(&self, _: &Command) -> Result<CompletedProcess, HostError> {
        unreachable!("there are no programs")
    }

    async fn remove(&self, _: &Path) -> Result<(), HostError> {
        Ok(())
    }

    async fn release(&self) -> Result<(), HostError> {
        Ok(())
    }
}
