//! A complete boot on a simulated cloud, in virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::drive_options::DriveOptions;
use crate::app::{CommandError, Exit, rehearsal};
use crate::cloud::sim::{SimCloud, SimConfig};
use crate::engine::{DriveResult, Driver, DriverError, DriverOptions, MemoryRunJournal, Run, StopRequest};
use crate::plan::{LAUNCH_ATTRIBUTES, Plan, Reference, Service};
use crate::provider::Infrastructure;
use crate::report::RunEnding;

/// Result of a simulated boot.
pub(crate) struct SimulatedBoot {
    /// The run, which is not recorded.
    pub(crate) run: Run,
    /// State in which the driver stopped.
    pub(crate) halt: DriveResult,
    /// Details of the end.
    pub(crate) ending: RunEnding,
    /// Duration in virtual time.
    pub(crate) virtual_time: Duration,
    /// Real duration.
    pub(crate) took: Duration,
}

impl SimulatedBoot {
    /// Returns the exit code.
    pub(crate) fn exit(&self) -> Exit {
        if self.halt == DriveResult::Up { Exit::Done } else { Exit::Failed }
    }
}

/// Boots the plan in a simulation in which only its decisions and files are real. It has its own clock, and so its own
/// runtime.
///
/// # Errors
/// The file of faults is wrong, or the program failed internally.
pub(crate) fn simulate(plan: Plan, by_level: bool, drive: &DriveOptions) -> Result<SimulatedBoot, CommandError> {
    let started = Instant::now();
    let faults = rehearsal(drive.rehearse.as_deref(), &[&plan])?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| CommandError::new(format!("cannot start the runtime: {error}")))?;
    let boot_outputs = assumed_outputs(&plan);
    let name = plan.name.clone();
    runtime
        .block_on(async {
            let begin = tokio::time::Instant::now();
            let cloud = SimCloud::new(SimConfig { boot_outputs, ..SimConfig::default() });
            let infrastructure: Arc<dyn Infrastructure> = Arc::new(cloud);
            let infrastructure = faults.map_or(infrastructure.clone(), |faults| faults.infrastructure(infrastructure));
            let options = DriverOptions { owner: "dry-run".to_owned(), max_concurrency: drive.max_concurrency };
            let (_keep, stop) = watch::channel(StopRequest::None);
            let mut nobody = ();
            let run = Run::new("dry-run", name, plan);
            let journal = Arc::new(MemoryRunJournal::new());
            let mut driver = Driver::new(run, journal, infrastructure, &mut nobody, options);
            driver.boot(by_level)?;
            let halt = driver.drive(stop).await?;
            // Missing local prerequisites stop a dry run as they stop a boot.
            let ending = RunEnding { blocked: driver.blocked(), ..RunEnding::default() };
            let (run, virtual_time, took) = (driver.run().clone(), begin.elapsed(), started.elapsed());
            Ok(SimulatedBoot { run, halt, ending, virtual_time, took })
        })
        .map_err(|error: DriverError| CommandError::new(error.to_string()))
}

/// Assumes a value for every attribute that only a boot program provides, so that references to it can be expanded.
fn assumed_outputs(plan: &Plan) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut outputs: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut assume = |service: &str, attribute: String| {
        let value = format!("<{service}.{attribute}>");
        outputs.entry(service.to_owned()).or_default().insert(attribute, value);
    };
    let services: BTreeMap<&str, &Service> =
        plan.services().map(|(_, service)| (service.name.as_str(), service)).collect();
    let is_known = |service: &str, attribute: &str| {
        LAUNCH_ATTRIBUTES.contains(&attribute)
            || services.get(service).is_none_or(|service| {
                service.attributes.contains_key(attribute) || service.settings.contains_key(attribute)
            })
    };
    for (_, service) in plan.services() {
        for reference in service.texts().flat_map(|text| text.references().collect::<Vec<_>>()) {
            match reference {
                Reference::Service { service, attribute } if !is_known(&service, &attribute) => {
                    assume(&service, attribute)
                }
                Reference::Own(attribute) if !is_known(&service.name, &attribute) => assume(&service.name, attribute),
                _ => {}
            }
        }
    }
    outputs
}
