//! Examines a run without changing it: instances from the clouds, and results of ready programs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::addresses::moved;
use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::observation::{Check, Observation, ObservedInstance};
use super::open_clouds::OpenClouds;
use super::phase::{Phase, ProgramExecution};
use super::placement::host_of;
use super::prepared_program::PreparedProgram;
use super::run::Run;
use super::secrets::Secrets;
use super::survey::{survey, survey_patiently};
use super::task_result::TaskResult;
use super::tasks;
use crate::plan::{ProgramDefect, ProgramKind};
use crate::provider::Infrastructure;

/// Asks the clouds for every instance of the run, and runs the ready program of every service that has been ready.
/// Returns one observation per service, in the plan's order. Records nothing.
pub async fn observe(run: &Run, infrastructure: &Arc<dyn Infrastructure>, max_concurrency: usize) -> Vec<Observation> {
    let instances = survey(run, infrastructure.as_ref()).await;
    check(run, infrastructure, max_concurrency, instances, false).await
}

/// As [`observe`], for a caller that will replace broken services: clouds and hosts that do not answer at once are
/// asked again, for as long as during a boot.
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
    let mut clouds = OpenClouds::new(infrastructure.clone());
    let mut checks = JoinSet::new();
    // Many services share a file.
    let mut defects: HashMap<&Path, Option<ProgramDefect>> = HashMap::new();
    let mut observations: Vec<Observation> =
        instances.into_iter().map(|instance| Observation { instance, check: Check::Skipped }).collect();
    // The journal announces the driver's executions; the time tells these from them.
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
            // Without a ready program, only the cloud tells the state.
            observation.check = match &observation.instance {
                ObservedInstance::Unknown(silence) => Check::Unknown(silence.clone()),
                _ => Check::Passed,
            };
            continue;
        };
        let stage = Stage::from(ProgramKind::Ready);
        let prepared = host_of(run, position, stage, &mut clouds).and_then(|(host, _)| {
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

/// Whether the service was ready before, so that its ready program tells its health and not its progress.
fn worth_checking(phase: &Phase) -> bool {
    match phase {
        Phase::Ready { .. } => true,
        Phase::Failed(failure) => failure.stage == super::Stage::Ready,
        _ => false,
    }
}
