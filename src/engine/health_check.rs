//! Looks at a run without changing it: what the clouds show, and what ready programs say.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::addresses::moved;
use super::driver::TaskResult;
use super::event::{Failure, ServiceEvent, Stage};
use super::phase::{Phase, ProgramExecution};
use super::run::Run;
use super::run_program::PreparedProgram;
use super::secrets::Secrets;
use super::standstill::{Standstill, standstill};
use super::tasks;
use super::terminate::look;
use crate::plan::{ProgramDefect, ProgramKind};
use crate::provider::{Cloud, CloudError, Infrastructure, Instance, Selector};

/// What was seen of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The service's instance as its cloud shows it; `Absent` when the cloud does not know it.
    pub instance: ObservedInstance,
    /// What its ready program says now.
    pub check: Check,
}

/// What a cloud shows of a service's instance.
#[derive(Clone, Debug, PartialEq)]
pub enum ObservedInstance {
    /// The service has no instance.
    None,
    /// The cloud shows this.
    Here(Box<Instance>),
    /// The cloud does not know it.
    Absent,
    /// The cloud could not be asked.
    Unknown(UnknownReason),
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
    /// It could not be run, and that is not the service's fault: something is missing on this side. Neither well nor
    /// ill.
    Unknown(UnknownReason),
}

/// Why something could not be asked, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownReason {
    /// What went wrong.
    pub reason: String,
    /// What to try.
    pub hint: Option<String>,
}

/// The reason, with what to try.
impl std::fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; try: {hint}"))
    }
}

impl From<Failure> for UnknownReason {
    fn from(Failure { reason, hint, .. }: Failure) -> Self {
        Self { reason, hint }
    }
}

impl From<&CloudError> for UnknownReason {
    fn from(CloudError { message, hint, .. }: &CloudError) -> Self {
        Self { reason: message.clone(), hint: hint.clone() }
    }
}

impl Observation {
    /// Whether the instance is gone, as far as could be seen.
    pub fn instance_is_gone(&self) -> bool {
        self.instance.is_gone()
    }

    /// Why its machine is not up, where the cloud shows it.
    pub fn standstill(&self) -> Option<Standstill> {
        match &self.instance {
            ObservedInstance::Here(instance) => standstill(instance),
            _ => None,
        }
    }
}

impl ObservedInstance {
    /// Whether it is gone, as far as could be seen.
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Here(instance) => instance.state.is_gone(),
            Self::Absent => true,
            Self::None | Self::Unknown(_) => false,
        }
    }

    /// Why nobody can say how it is, and what to try, if that is so.
    pub fn doubt(&self) -> Option<UnknownReason> {
        match self {
            Self::Unknown(silence) => Some(silence.clone()),
            Self::Here(instance) => {
                let (hint, what) = (instance.unsure()?, instance.finding().unwrap_or("it does not answer"));
                Some(UnknownReason { reason: format!("{}: {what}", instance.id), hint: Some(hint.to_owned()) })
            }
            Self::None | Self::Absent => None,
        }
    }

    /// Why the instance `id` is gone, if it is.
    pub fn loss(&self, id: &str) -> Option<String> {
        match self {
            Self::Absent => Some(format!("{id}: the cloud no longer knows it")),
            Self::Here(instance) if instance.state.is_gone() => {
                let reason = instance.reason.as_deref().unwrap_or("the cloud shows it as terminated");
                Some(format!("{id}: {reason}"))
            }
            _ => None,
        }
    }
}

/// Asks the clouds for every instance of the run, and runs the ready program of every service that has been ready.
/// One observation a service, in the plan's order. Nothing is recorded.
pub async fn observe(run: &Run, infrastructure: &Arc<dyn Infrastructure>, max_concurrency: usize) -> Vec<Observation> {
    let instances = survey(run, infrastructure.as_ref()).await;
    check(run, infrastructure, max_concurrency, instances, false).await
}

/// As [`observe`], for somebody who will replace what does not work: clouds and hosts that do not answer at once are
/// asked again, as long as while a run is raised.
pub async fn examine(run: &Run, infrastructure: &Arc<dyn Infrastructure>, max_concurrency: usize) -> Vec<Observation> {
    let instances = survey_patiently(run, infrastructure.as_ref()).await;
    check(run, infrastructure, max_concurrency, instances, true).await
}

async fn check(
    run: &Run,
    infrastructure: &Arc<dyn Infrastructure>,
    max_concurrency: usize,
    instances: Vec<ObservedInstance>,
    patient: bool,
) -> Vec<Observation> {
    // A machine that was stopped and started answers at its new address.
    let (_, as_seen) = moved(run, &instances);
    let run = &as_seen;
    let permits = Arc::new(Semaphore::new(max_concurrency.max(1)));
    let mut checks = JoinSet::new();
    // Many services use the same file.
    let mut defects: HashMap<&Path, Option<ProgramDefect>> = HashMap::new();
    let mut observations: Vec<Observation> =
        instances.into_iter().map(|instance| Observation { instance, check: Check::Skipped }).collect();
    // Executions of the driver are announced in the journal; these are told from them by the time.
    let now = Timestamp::now().as_nanosecond().unsigned_abs();
    let execution = ProgramExecution { announced: u64::try_from(now).unwrap_or(u64::MAX), failed_tries: 0 };
    for (position, observation) in observations.iter_mut().enumerate() {
        if !worth_checking(&run.record(position).phase)
            || observation.instance_is_gone()
            || observation.standstill().is_some()
        {
            continue;
        }
        if let (ObservedInstance::Here(_), Some(mut doubt)) = (&observation.instance, observation.instance.doubt()) {
            let force = format!("`hoist plan terminate {} --force` ends it all the same", run.name);
            doubt.hint = Some(doubt.hint.map_or(force.clone(), |hint| format!("{hint}; {force}")));
            observation.check = Check::Unknown(doubt);
            continue;
        }
        let Some(program) = ProgramKind::Ready.of(&run.service(position).programs) else {
            // Where nothing is run, the cloud alone says how it is.
            observation.check = match &observation.instance {
                ObservedInstance::Unknown(silence) => Check::Unknown(silence.clone()),
                _ => Check::Passed,
            };
            continue;
        };
        let stage = Stage::from(ProgramKind::Ready);
        let host =
            super::placement::host_of(run, position, stage, |name| infrastructure.cloud(name), infrastructure.as_ref());
        let prepared = host.and_then(|(host, _)| {
            let staged = PreparedProgram::prepare(run, position, ProgramKind::Ready, program, execution)?;
            let file = program.file.path.as_path();
            if let Some(ProgramDefect { problem, remedy }) =
                defects.entry(file).or_insert_with(|| ProgramDefect::of(file))
            {
                let reason = format!("ready program {}: {problem}", file.display());
                return Err(Failure::new(stage, reason).hint(remedy.clone()));
            }
            Ok((host, if patient { staged } else { staged.impatient() }))
        });
        match prepared {
            Err(mut failure) => {
                failure.put_in_words_of(run.plan.notation());
                observation.check = Check::Unknown(match &observation.instance {
                    ObservedInstance::Unknown(silence) => silence.clone(),
                    _ => failure.into(),
                });
            }
            Ok((host, staged)) => {
                let (permits, optional) = (permits.clone(), program.optional);
                let (told, _) = tokio::sync::mpsc::unbounded_channel();
                checks.spawn(async move {
                    let _permit = permits.acquire_owned().await;
                    tasks::program(position, staged, host, optional, told).await
                });
            }
        }
    }
    while let Some(joined) = checks.join_next().await {
        let Ok(TaskResult { changes, held_up, .. }) = joined else { continue };
        for (action, mut failure) in held_up {
            failure.put_in_words_of(run.plan.notation());
            if let Some(position) = action.position() {
                observations[position].check = Check::Unknown(failure.into());
            }
        }
        for (position, change) in changes {
            observations[position].check = match change {
                ServiceEvent::Ready { degraded: None } => Check::Passed,
                ServiceEvent::Ready { degraded: Some(reason) } => Check::Degraded(reason),
                ServiceEvent::Failed { mut failure } => {
                    failure.put_in_words_of(run.plan.notation());
                    if failure.blind || failure.stage == Stage::Reach {
                        Check::Unknown(failure.into())
                    } else {
                        Check::Failed(Box::new(failure))
                    }
                }
                ServiceEvent::Lost { reason } => Check::Gone(reason),
                _ => continue,
            };
        }
    }
    let mask = Secrets::readable(run.secrets()).mask_for(run.plan.services().map(|(_, service)| service));
    observations.into_iter().map(|observation| mask.observation(observation)).collect()
}

/// What the clouds show of each service's instance, one call a cloud.
pub async fn survey(run: &Run, infrastructure: &dyn Infrastructure) -> Vec<ObservedInstance> {
    look_at(run, infrastructure, false).await
}

/// As [`survey`], with clouds that do not answer at once asked again.
pub async fn survey_patiently(run: &Run, infrastructure: &dyn Infrastructure) -> Vec<ObservedInstance> {
    look_at(run, infrastructure, true).await
}

async fn look_at(run: &Run, infrastructure: &dyn Infrastructure, patient: bool) -> Vec<ObservedInstance> {
    let mut seen: HashMap<String, Result<BTreeMap<String, Instance>, CloudError>> = HashMap::new();
    for record in run.records() {
        let Some(owned) = &record.instance else { continue };
        if !seen.contains_key(&owned.cloud) {
            let answer = match infrastructure.cloud(&owned.cloud) {
                Ok(cloud) => describe(cloud.as_ref(), run, &owned.cloud, patient).await,
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
                    .map_or(ObservedInstance::Absent, |instance| ObservedInstance::Here(Box::new(instance.clone()))),
                Err(error) => ObservedInstance::Unknown(error.into()),
            },
            _ => ObservedInstance::None,
        })
        .collect()
}

/// The run's machines on one cloud. Those that it does not show as the run's are asked for by their ids before they are
/// taken for gone.
async fn describe(
    cloud: &dyn Cloud,
    run: &Run,
    name: &str,
    patient: bool,
) -> Result<BTreeMap<String, Instance>, CloudError> {
    let ask = async |selector| if patient { look(cloud, &selector).await } else { cloud.describe(&selector).await };
    let by_id = |instances: Vec<Instance>| instances.into_iter().map(|instance| (instance.id.clone(), instance));
    let mut shown: BTreeMap<String, Instance> = by_id(ask(Selector::Run(run.id.clone())).await?).collect();
    let here = run.records().iter().filter(|record| record.instance.as_ref().is_some_and(|owned| owned.cloud == name));
    let unseen: Vec<String> = here
        .filter_map(|record| record.instance_id())
        .filter(|id| !shown.contains_key(*id))
        .map(str::to_owned)
        .collect();
    if !unseen.is_empty() {
        shown.extend(by_id(ask(Selector::Ids(unseen)).await?));
    }
    Ok(shown)
}

/// Whether the service was ready before, so that its ready program tells of its health and not of its progress.
fn worth_checking(phase: &Phase) -> bool {
    match phase {
        Phase::Ready { .. } => true,
        Phase::Failed(failure) => failure.stage == super::Stage::Ready,
        _ => false,
    }
}
