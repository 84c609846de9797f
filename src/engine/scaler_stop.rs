//! Stops the scalers that services of a run have on their machines.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::failure::Stage;
use super::host_retry::{RetryPolicy, retry_unreachable};
use super::open_clouds::OpenClouds;
use super::phase::Phase;
use super::placement::host_of;
use super::run::Run;
use crate::plan::{CloudConfig, ElasticService, RunOn};
use crate::provider::{Command, Host, Infrastructure};

/// A scaler on the machine of a service, and what came of stopping it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalerStop {
    /// The service.
    pub service: String,
    /// Why it is not known to be stopped. None: it is.
    pub problem: Option<String>,
}

/// Returns the services whose machines may run a scaler.
pub fn scalers_of(run: &Run) -> impl Iterator<Item = &str> {
    (0..run.records().len())
        .filter(|position| may_run(run, *position))
        .map(|position| run.service(position).name.as_str())
}

/// Stops the scalers on the machines of these services, side by side. A host that does not answer is asked again for
/// about 20 seconds; its scaler ends with its machine.
pub async fn stop_scalers(run: &Run, services: &[String], infrastructure: &Arc<dyn Infrastructure>) -> Vec<ScalerStop> {
    let mut clouds = OpenClouds::new(infrastructure.clone());
    let mut stops = JoinSet::new();
    let mut told = Vec::new();
    for position in (0..run.records().len()).filter(|position| may_run(run, *position)) {
        let service = run.service(position);
        if !services.contains(&service.name) {
            continue;
        }
        let Some(elastic) = service.elastic.clone() else { continue };
        let name = service.name.clone();
        let is_local = run.plan.clouds.get(&service.cloud).is_none_or(CloudConfig::is_local);
        let argv = elastic.stop(is_local && service.run_on == RunOn::Instance);
        match host_of(run, position, Stage::Terminate, &mut clouds) {
            Err(failure) => told.push(ScalerStop { service: name, problem: Some(failure.reason) }),
            Ok((host, _)) => drop(stops.spawn(async move {
                let problem = stop(host.as_ref(), &name, argv, &elastic).await.err();
                ScalerStop { service: name, problem }
            })),
        }
    }
    while let Some(stopped) = stops.join_next().await {
        told.extend(stopped.ok());
    }
    told.sort_by(|one, other| one.service.cmp(&other.service));
    told
}

async fn stop(host: &dyn Host, service: &str, argv: Vec<String>, elastic: &ElasticService) -> Result<(), String> {
    // Each command of hoist stops it anew; the time tells their executions apart.
    let key = format!("{service}/elastic/{}/stop", Timestamp::now().as_nanosecond());
    let named = argv.first().cloned().unwrap_or_default();
    let directory = PathBuf::from("/");
    let command = Command { key, argv, directory, environment: Vec::new(), timeout: elastic.timeout };
    let ended = retry_unreachable(&RetryPolicy::of_a_look(), elastic.timeout, || host.run(&command)).await;
    let ended = ended.map_err(|error| error.to_string())?;
    if ended.outcome.success() {
        return Ok(());
    }
    let last = ended.output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let told = if last.is_empty() { String::new() } else { format!(": {}", last.trim()) };
    Err(format!("{named}: {}{told}", ended.outcome))
}

/// Whether the service has a scaler, and a machine on which it may run.
fn may_run(run: &Run, position: usize) -> bool {
    let record = run.record(position);
    let has_host = match &record.phase {
        Phase::Pending | Phase::Launching(_) | Phase::Lost(_) | Phase::Terminated { .. } => false,
        Phase::Terminating(teardown) => !teardown.accepted,
        _ => true,
    };
    run.service(position).elastic.is_some() && has_host && record.abandoned.is_none()
}
