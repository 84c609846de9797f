//! Consoles and logs of an annex's instances, above all of those that do not join their pool.

use std::path::Path;
use std::sync::Arc;

use super::session::AnnexSession;
use crate::annex::{
    Annex, AnnexCloud, AnnexName, AnnexPhase, InstanceLogs, JoinFailure, MissingLog, NodeLog, Pilot, without_tokens,
};
use crate::app::{CommandError, Operation};
use crate::provider::InstanceState;
use crate::retry::in_parallel;

/// The number of instances that are asked at once for what they log: each takes several calls.
pub(super) const AT_ONCE: usize = 8;

/// Request for logs.
pub(crate) struct LogsRequest {
    /// Name of the annex.
    pub(crate) name: AnnexName,
    /// The instance; none: all that have not ended.
    pub(crate) instance: Option<String>,
}

/// Returns what can be read of the instances, in the order of their launch.
///
/// # Errors
/// There is no such annex or instance, the annex has ended, or the cloud cannot be asked.
pub(crate) async fn logs(operation: Operation<'_>, request: LogsRequest) -> Result<Vec<InstanceLogs>, CommandError> {
    let session = AnnexSession::new(operation)?;
    let record = session.find(&request.name)?;
    if record.stage == AnnexPhase::Ended {
        let message = format!("annex {} has ended: nothing is left of it, and no logs", request.name);
        return Err(CommandError::new(message));
    }
    let cloud = session.clouds.annexes(&record.place)?;
    let wanted = wanted(&*cloud, &record, request.instance).await?;
    let read_one = |(instance, state)| {
        let (cloud, record) = (Arc::clone(&cloud), record.clone());
        async move { read(&*cloud, &record, instance, state).await }
    };
    Ok(in_parallel(AT_ONCE, wanted, read_one).await)
}

/// Returns the instances to read, each with its state.
async fn wanted(
    cloud: &dyn AnnexCloud,
    record: &Annex,
    named: Option<String>,
) -> Result<Vec<(String, Option<InstanceState>)>, CommandError> {
    let name = &record.id.name;
    let shown = cloud.instances(&record.id).await?;
    let all = shown.into_iter().map(|instance| (instance.id, Some(instance.state)));
    if let Some(named) = named {
        let known = all.into_iter().find(|(id, _)| *id == named);
        // Its logs may be there for longer than the cloud shows it.
        return match known {
            Some(known) => Ok(vec![known]),
            None if cloud.logs(&record.id, &named).await.is_ok() => Ok(vec![(named, None)]),
            None => Err(CommandError::new(format!("annex {name} has no instance {named}, and no logs of one"))
                .hint(format!("hoist annex status {name} lists them"))),
        };
    }
    Ok(all.filter(|(_, state)| state.is_some_and(|state| !state.is_gone())).collect())
}

/// Reads an instance of the annex.
async fn read(cloud: &dyn AnnexCloud, record: &Annex, instance: String, state: Option<InstanceState>) -> InstanceLogs {
    let nothing = |why| nothing(why, record.place.is_local());
    let console = match (cloud.console(&instance).await, state) {
        (Ok(text), Some(InstanceState::Pending)) if text.is_empty() => Err(nothing("it is starting")),
        (Ok(text), _) if text.is_empty() => Err(nothing("it is empty as yet")),
        (Ok(text), _) => Ok(without_tokens(&text)),
        (Err(error), _) => Err(MissingLog::from(error)),
    };
    let spec = record.spec.as_ref();
    let joins = spec.is_some_and(|spec| spec.joining().is_some());
    let pilot = spec.and_then(|spec| spec.pilot()).filter(|pilot| pilot.drains() || !pilot.logs.is_empty());
    let mut logs = match joins || pilot.is_some() {
        true => Some(cloud.logs(&record.id, &instance).await.map_err(MissingLog::from)),
        false => None,
    };
    // A pilot that is only drained has logs once it is.
    if logs.as_ref().is_some_and(Result::is_err) && pilot.is_some_and(|pilot| pilot.logs.is_empty()) {
        logs = None;
    }
    if let (Some(pilot), Some(Ok(there))) = (pilot, &mut logs) {
        there.extend(absent(pilot, there, state));
    }
    let logged = logs.as_ref().and_then(|logs| logs.as_deref().ok()).unwrap_or_default();
    let failure = JoinFailure::of(logged, console.as_deref().unwrap_or_default()).filter(|_| joins);
    InstanceLogs { instance, state, failure, console, logs }
}

/// Returns the pilot's logs that are not there.
fn absent(pilot: &Pilot, there: &[NodeLog], state: Option<InstanceState>) -> Vec<NodeLog> {
    let why = match state.is_none_or(InstanceState::is_gone) {
        true => "it went with the instance",
        false => "there is no such file on the instance as yet, or it is empty",
    };
    let names = pilot.logs.iter().filter_map(|log| Path::new(log).file_name()?.to_str());
    names.filter(|name| !there.iter().any(|log| log.name == *name)).map(|name| NodeLog::unread(name, why)).collect()
}

/// Returns a console that has nothing as yet.
fn nothing(why: &str, is_local: bool) -> MissingLog {
    let hint = match is_local {
        true => "the same command again, once it has printed something",
        false => "the same command again in a minute or two: clouds show what is printed with a delay",
    };
    MissingLog { why: why.to_owned(), hint: Some(hint.to_owned()) }
}
