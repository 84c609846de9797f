//! A provider in one file, for tests; a real one is a folder of `src/cloud`, named in its registry.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use hoist::annex::AnnexCloud;
use hoist::cloud::sim::{SimCloud, SimConfig};
use hoist::cloud::{LaunchAccess, Provider, ProviderEnvironment, Providers};
use hoist::engine::{DEFAULT_MAX_CONCURRENCY, DriveResult, Driver, DriverOptions, MemoryRunJournal, Run, StopRequest};
use hoist::plan::{CloudConfig, LoadOptions, Plan, ProviderRules, ProviderSetting, Service, load};
use hoist::provider::{
    Cloud, CloudError, CloudErrorKind, DoctorFinding, Host, HostError, Infrastructure, RemoteMachine,
};
use tokio::sync::watch;

use crate::engine::lab::Notes;

/// Grows instances in a garden, of which there are two.
struct Garden(SimCloud);

#[async_trait]
impl Provider for Garden {
    fn rules(&self) -> ProviderRules {
        let settings = &[ProviderSetting {
            key: "bed",
            check: |bed| {
                if ["north", "south"].contains(&bed) { Ok(()) } else { Err("there is no such bed".to_owned()) }
            },
        }];
        ProviderRules { name: "garden", launches: true, needs_image: true, settings }
    }

    fn open(&self, _config: &CloudConfig, _access: Option<&LaunchAccess>) -> Result<Arc<dyn Cloud>, CloudError> {
        Ok(Arc::new(self.0.clone()))
    }

    fn annexes(&self, _config: &CloudConfig) -> Result<Arc<dyn AnnexCloud>, CloudError> {
        Err(CloudError::new(CloudErrorKind::Rejected, "nothing is annexed to a garden"))
    }

    async fn label(&self, config: &CloudConfig) -> Result<String, CloudError> {
        Ok(format!("garden {}", config.settings["bed"]))
    }

    fn is_configured(&self) -> bool {
        true
    }

    async fn examine(&self, _named: Option<&CloudConfig>) -> Vec<DoctorFinding> {
        vec![DoctorFinding::ok("garden", "grows")]
    }
}

/// Opens whatever the plan names.
struct Everywhere(Providers, Plan);

impl Infrastructure for Everywhere {
    fn cloud(&self, name: &str) -> Result<Arc<dyn Cloud>, CloudError> {
        let config = &self.1.clouds[name];
        self.0.of(config)?.open(config, None)
    }

    fn this_host(&self, service: &Service) -> Result<Arc<dyn Host>, HostError> {
        Err(HostError::failed(format!("{} does not run here", service.name)))
    }

    fn remote(&self, _: &Service, address: &str, _: Option<&RemoteMachine>) -> Result<Arc<dyn Host>, HostError> {
        Err(HostError::failed(format!("{address} is not reached")))
    }
}

fn providers(directory: &Path, cloud: &SimCloud) -> Providers {
    let state_file = directory.join("hoist.db");
    let environment = ProviderEnvironment { state_file, init_program: "/nowhere".into(), observer: None };
    Providers::new(&environment).with(Arc::new(Garden(cloud.clone())))
}

const PLAN: &str = "
name = \"salad\"
[clouds.behind-the-house]
provider = \"garden\"
bed = \"north\"
[defaults]
cloud = \"behind-the-house\"
[[levels]]
[levels.services.lettuce]
image = \"seed\"
replicas = 2
";

#[tokio::test(start_paused = true)]
async fn a_plan_is_raised_and_brought_down_on_a_provider_that_nothing_else_knows() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("salad.toml");
    std::fs::write(&file, PLAN).unwrap();
    let cloud = SimCloud::new(SimConfig::default());
    let providers = providers(directory.path(), &cloud);
    let options = LoadOptions { providers: providers.known_to_plans(), ..LoadOptions::default() };
    let plan = load(&file, &options).unwrap().plan;
    let config = &plan.clouds["behind-the-house"];
    let garden = providers.of(config).unwrap();
    assert_eq!(garden.label(config).await.unwrap(), "garden north");
    assert_eq!(garden.pin(config).await.unwrap(), *config);
    assert_eq!(garden.annexes(config).err().unwrap().message, "nothing is annexed to a garden");

    let mut notes = Notes::default();
    let driver_options = DriverOptions { owner: "test".to_owned(), max_concurrency: DEFAULT_MAX_CONCURRENCY };
    let store = Arc::new(MemoryRunJournal::default());
    let run = Run::new("salad.1", "salad", plan.clone());
    let infrastructure = Arc::new(Everywhere(providers, plan));
    let mut driver = Driver::new(run, store, infrastructure, &mut notes, driver_options);
    let (_stop, stopping) = watch::channel(StopRequest::None);
    driver.boot(false).unwrap();
    assert_eq!(driver.drive(stopping.clone()).await.unwrap(), DriveResult::Up);
    assert_eq!(cloud.alive().len(), 2);
    driver.terminate().unwrap();
    assert_eq!(driver.drive(stopping).await.unwrap(), DriveResult::Terminated);
    assert_eq!(cloud.alive().len(), 0);
}

#[test]
fn a_plan_is_held_against_what_its_provider_says_of_itself() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("salad.toml");
    let cloud = SimCloud::new(SimConfig::default());
    let known =
        LoadOptions { providers: providers(directory.path(), &cloud).known_to_plans(), ..LoadOptions::default() };
    let unknown = LoadOptions::default();
    for (change, options, wrong) in [
        (("\"north\"", "\"west\""), &known, "there is no such bed"),
        (("bed =", "bad ="), &known, "unknown key \"bad\""),
        (("image = \"seed\"", ""), &known, "has no image to launch"),
        (("\"garden\"", "\"gardn\""), &known, "unknown provider \"gardn\"; there are local, ec2, gce, sim, garden"),
        (("", ""), &unknown, "unknown provider \"garden\"; there are local, ec2, gce, sim"),
    ] {
        std::fs::write(&file, PLAN.replacen(change.0, change.1, 1)).unwrap();
        let problems = load(&file, options).unwrap_err().to_string();
        assert!(problems.contains(wrong), "{wrong}: {problems}");
    }
}

#[test]
fn a_provider_that_is_not_there_is_told_with_those_that_are() {
    let directory = tempfile::tempdir().unwrap();
    let providers = providers(directory.path(), &SimCloud::new(SimConfig::default()));
    let error = providers.of(&CloudConfig::of("moon")).err().unwrap();
    let built = [("local", true), ("ec2", cfg!(feature = "aws")), ("gce", cfg!(feature = "gce")), ("garden", true)];
    let known: Vec<&str> = built.into_iter().filter(|(_, is_built)| *is_built).map(|(name, _)| name).collect();
    let said = format!("cannot launch on moon, only on {}", known.join(" and "));
    assert!(error.message.ends_with(&said), "{}", error.message);
}
