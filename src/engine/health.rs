//! Looks at a run without changing it: what the clouds show, and what ready programs say.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::cloud::{Cloud, CloudError, Instance, Selector};
use super::driver::Outcome as Work;
use super::event::{Change, Failure, ProgramKind};
use super::phase::{Execution, Phase};
use super::places::Places;
use super::program::Staged;
use super::run::Run;
use super::work;

/// What was seen of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The service's instance as its cloud shows it; `Absent` when the cloud does not know it.
    pub instance: InstanceSeen,
    /// What its ready program says now.
    pub check: Check,
}

/// What a cloud shows of a service's instance.
#[derive(Clone, Debug, PartialEq)]
pub enum InstanceSeen {
    /// The service has no instance.
    None,
    /// The cloud shows this.
    Here(Box<Instance>),
    /// The cloud does not know it.
    Absent,
    /// The cloud could not be asked.
    Unknown(String),
}

/// What a ready program says.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// It was not run: the service is not up, or has none.
    Skipped,
    /// It succeeded.
    Passed,
    /// It failed, and it is optional.
    Degraded(String),
    /// It failed.
    Failed(Box<Failure>),
    /// Its host is gone.
    Gone(String),
}

impl Observation {
    /// Whether the instance is gone, as far as could be seen.
    pub fn instance_is_gone(&self) -> bool {
        match &self.instance {
            InstanceSeen::Here(instance) => instance.state.is_gone(),
            InstanceSeen::Absent => true,
            InstanceSeen::None | InstanceSeen::Unknown(_) => false,
        }
    }
}

/// Asks the clouds for every instance of the run, and runs the ready program of every service that has been ready.
/// One observation a service, in the plan's order. Nothing is recorded.
pub async fn observe(run: &Run, places: &Arc<dyn Places>, max_concurrency: usize) -> Vec<Observation> {
    let instances = survey(run, places.as_ref()).await;
    let permits = Arc::new(Semaphore::new(max_concurrency.max(1)));
    let mut checks = JoinSet::new();
    let mut observations: Vec<Observation> =
        instances.into_iter().map(|instance| Observation { instance, check: Check::Skipped }).collect();
    // Executions of the driver are announced in the journal; these are told from them by the time.
    let now = Timestamp::now().as_nanosecond().unsigned_abs();
    let execution = Execution { announced: u64::try_from(now).unwrap_or(u64::MAX), failed_tries: 0 };
    for (position, observation) in observations.iter_mut().enumerate() {
        if !worth_checking(&run.record(position).phase) || observation.instance_is_gone() {
            continue;
        }
        let Some(program) = ProgramKind::Ready.of(&run.service(position).programs) else {
            // Where nothing is run, the cloud alone says how it is.
            if !matches!(observation.instance, InstanceSeen::Unknown(_)) {
                observation.check = Check::Passed;
            }
            continue;
        };
        let host = super::hosts::host_of(run, position, |name| places.cloud(name), places.as_ref());
        let prepared = host.map_err(|reason| Failure::new(ProgramKind::Ready.stage(), reason)).and_then(|(host, _)| {
            let staged = Staged::prepare(run, position, ProgramKind::Ready, program, execution)?;
            Ok((host, staged.impatient()))
        });
        match prepared {
            Err(failure) => observation.check = Check::Failed(Box::new(failure)),
            Ok((host, staged)) => {
                let (permits, optional) = (permits.clone(), program.optional);
                let (told, _) = tokio::sync::mpsc::unbounded_channel();
                checks.spawn(async move {
                    let _permit = permits.acquire_owned().await;
                    work::program(position, staged, host, optional, told).await
                });
            }
        }
    }
    while let Some(joined) = checks.join_next().await {
        let Ok(Work { changes, .. }) = joined else { continue };
        for (position, change) in changes {
            observations[position].check = match change {
                Change::Ready { degraded: None } => Check::Passed,
                Change::Ready { degraded: Some(reason) } => Check::Degraded(reason),
                Change::Failed { failure } => Check::Failed(Box::new(failure)),
                Change::Lost { reason } => Check::Gone(reason),
                _ => continue,
            };
        }
    }
    observations
}

/// What the clouds show of each service's instance, one call a cloud.
pub async fn survey(run: &Run, places: &dyn Places) -> Vec<InstanceSeen> {
    let mut seen: HashMap<String, Result<BTreeMap<String, Instance>, CloudError>> = HashMap::new();
    for record in run.records() {
        let Some(owned) = &record.instance else { continue };
        if !seen.contains_key(&owned.cloud) {
            let answer = match places.cloud(&owned.cloud) {
                Ok(cloud) => describe(cloud.as_ref(), &run.id).await,
                Err(error) => Err(error),
            };
            seen.insert(owned.cloud.clone(), answer);
        }
    }
    run.records()
        .iter()
        .map(|record| match (&record.instance, record.instance_id()) {
            (Some(owned), Some(id)) => match &seen[&owned.cloud] {
                Ok(instances) => instances
                    .get(id)
                    .map_or(InstanceSeen::Absent, |instance| InstanceSeen::Here(Box::new(instance.clone()))),
                Err(error) => InstanceSeen::Unknown(error.to_string()),
            },
            _ => InstanceSeen::None,
        })
        .collect()
}

async fn describe(cloud: &dyn Cloud, run_id: &str) -> Result<BTreeMap<String, Instance>, CloudError> {
    let instances = cloud.describe(&Selector::Run(run_id.to_owned())).await?;
    Ok(instances.into_iter().map(|instance| (instance.id.clone(), instance)).collect())
}

/// Whether the service was ready before, so that its ready program tells of its health and not of its progress.
fn worth_checking(phase: &Phase) -> bool {
    match phase {
        Phase::Ready { .. } => true,
        Phase::Failed(failure) => failure.stage == super::Stage::Ready,
        _ => false,
    }
}
