//! Why a job runs nowhere in a fleet, or where it will.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::find_fleet::FoundFleet;
use super::fleet_source::open_source;
use super::why::past_worker;
use crate::app::{CommandError, Exit, Operation, Workspace};
use crate::batch::htcondor::HTCondor;
use crate::classad::ClassAd;
use crate::elastic::engine::{JobGroup, MachineId, Note, Placement, Wants};
use crate::elastic::fleet::{FleetFile, QueueKind};
use crate::plan::read_file;
use crate::report::{FleetStanding, JobAnswer};
use crate::scaler::{FleetName, JudgedBy, KindFate, PassRecord, probe_job};
use crate::state::PassQuery;

/// Largest file of a job's ad, in bytes.
const LARGEST_AD: u64 = 1 << 20;

/// Number of passes that are searched for a group's placement.
const SEARCHED: usize = 200;

/// Tells what becomes of a job: its group and the last placement of that, and what new machines of each kind would say.
/// `job` is the file of an ad, or the id of a job in the queue of HTCondor.
///
/// # Errors
/// There is no such fleet or job, or the ad cannot be read.
pub(crate) async fn why_job(
    operation: Operation<'_>,
    name: &FleetName,
    job: &str,
) -> Result<(FleetStanding, JobAnswer), CommandError> {
    let found = FoundFleet::to_read(operation.workspace, name)?;
    let file = found.file()?;
    let ad = Arc::new(read_job(&file, job).await?);
    let now = Timestamp::now().as_second();
    let memory = found.state.fleet_memory(&found.row.record.id)?.map(|memory| memory.engine);
    let kinds = probe_job(&file, memory.as_ref(), &ad, now).map_err(|error| CommandError::new(error.to_string()))?;
    let teachers = teachers(&found, &kinds)?;
    let mut remarks = Vec::new();
    let engine = found.row.record.overrides.engine.clone().unwrap_or_else(|| file.engine.name().to_owned());
    if engine != "classad" {
        remarks.push(format!("the engine {engine} counts waiting jobs and does not match them with machines"));
    }
    let group = match groups(operation.workspace, &found, &file, now).await {
        Ok(groups) => groups.into_iter().find(|group| is_of(&ad, group)),
        Err(why) => {
            remarks.push(format!("{why}; its group is not known, and the kinds are judged all the same"));
            None
        }
    };
    let passes = found.state.fleet_passes(&found.row.record.id, &PassQuery::Newest(SEARCHED))?;
    let placed = group.as_ref().and_then(|group| placement(&passes, &group.id));
    let answer = JobAnswer {
        job: job.to_owned(),
        group: group.map(|group| (group.id, group.count.saturating_add(group.hidden))),
        placed,
        kinds,
        teachers,
        remarks,
    };
    Ok((found.standing(operation.user.wants_document()), answer))
}

/// Names the workers from which the kinds were learned, also those that the fleet has forgotten.
fn teachers(found: &FoundFleet, kinds: &[KindFate]) -> Result<BTreeMap<MachineId, String>, CommandError> {
    let ids = kinds.iter().filter_map(|kind| match &kind.judged_by {
        JudgedBy::Ad(machine) => machine.as_ref(),
        JudgedBy::Figures => None,
    });
    let ids: Vec<&MachineId> = ids.collect();
    let record = &found.row.record;
    let journal = match ids.iter().all(|id| record.workers.contains_key(*id)) {
        true => Vec::new(),
        false => found.state.fleet_journal(&record.id)?,
    };
    let name_of = |id: &MachineId| match record.workers.get(id) {
        Some(worker) => Some(worker.name.clone()),
        None => past_worker(record, &journal, id.as_str()).map(|worker| worker.name),
    };
    Ok(ids.into_iter().filter_map(|id| Some((id.clone(), name_of(id)?))).collect())
}

async fn read_job(file: &FleetFile, job: &str) -> Result<ClassAd, CommandError> {
    let path = Path::new(job);
    if path.exists() {
        let unreadable = |why: String| CommandError::with_exit(Exit::Usage, format!("cannot read {job}: {why}"));
        let content = read_file(path, LARGEST_AD).map_err(|error| unreadable(error.to_string()))?;
        let text = String::from_utf8(content).map_err(|error| unreadable(error.to_string()))?;
        let is_new = text.trim_start().starts_with('[');
        let read = if is_new { ClassAd::from_new_text(&text) } else { ClassAd::from_long_text(&text) };
        let ad = read.map_err(|error| unreadable(error.to_string()))?;
        if ad.is_empty() {
            return Err(unreadable("it has no attributes".to_owned()).hint("condor_q -long ID prints the ad of a job"));
        }
        return Ok(ad);
    }
    let Some((cluster, process)) = id(job) else {
        let message = format!("\"{}\" is no file and no id of a job such as 12.0", job.escape_debug());
        return Err(CommandError::with_exit(Exit::Usage, message));
    };
    let Some(queue) = file.queue.as_ref().filter(|queue| queue.kind == QueueKind::Htcondor) else {
        let message = "the fleet has no queue of HTCondor, whose jobs have ids".to_owned();
        return Err(CommandError::with_exit(Exit::Usage, message).hint("name a file with the job's ad instead"));
    };
    let found = HTCondor::new(queue.pool.clone()).or_here().await.job(cluster, process).await;
    let found =
        found.map_err(|error| CommandError::new(error.to_string()).hint("name a file with the job's ad instead"))?;
    found.ok_or_else(|| {
        CommandError::new(format!("job {job} is not in the queue")).hint(format!("condor_history {job}"))
    })
}

/// Parses `12` or `12.0`.
fn id(text: &str) -> Option<(u64, Option<u64>)> {
    match text.split_once('.') {
        Some((cluster, process)) => Some((cluster.parse().ok()?, Some(process.parse().ok()?))),
        None => Some((text.parse().ok()?, None)),
    }
}

/// Returns the groups of waiting jobs as the fleet's source sees them now.
async fn groups(
    workspace: &Workspace,
    found: &FoundFleet,
    file: &FleetFile,
    now: i64,
) -> Result<Vec<JobGroup>, String> {
    let queue = file.queue.as_ref().ok_or("the fleet has no [queue]")?;
    let source = open_source(queue, &found.row.record.path, workspace, &found.row.record.cloud, "")
        .map_err(|error| error.to_string())?;
    let reading = source.read(Wants { groups: true, ..Wants::default() }, now).await;
    reading.groups.value().cloned().ok_or_else(|| format!("{} does not tell groups of jobs now", source.label()))
}

/// Whether a job has all that the jobs of a group have in common.
fn is_of(job: &ClassAd, group: &JobGroup) -> bool {
    group.ad.iter().all(|(name, expression)| {
        job.attribute(name.as_str()).is_some_and(|own| own.to_string() == expression.to_string())
    })
}

/// Returns the last placement of a group, with the pass.
fn placement(passes: &[PassRecord], group: &str) -> Option<(PassRecord, Placement)> {
    passes.iter().rev().find_map(|pass| {
        let placed = pass.notes.iter().find_map(|note| match note {
            Note::Placed(placement) if &*placement.group == group => Some(placement.clone()),
            _ => None,
        });
        placed.map(|placement| (pass.clone(), placement))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_a_cluster_and_may_have_a_process() {
        assert_eq!((id("12.3"), id("12")), (Some((12, Some(3))), Some((12, None))));
        assert_eq!((id("12."), id("a.1"), id("-1"), id("")), (None, None, None, None));
    }

    #[test]
    fn a_job_is_of_the_group_whose_attributes_it_has() {
        let ad = |text: &str| ClassAd::from_long_text(text).unwrap();
        let group = JobGroup {
            id: "a".into(),
            count: 2,
            hidden: 0,
            ad: Arc::new(ad("RequestCpus = 2\nRequirements = TARGET.Memory >= 512")),
            priority: 0,
            oldest: 0,
            run_time: None,
        };
        assert!(
            is_of(&ad("requestcpus = 2\nRequirements = (TARGET.Memory >= 512)\nOwner = \"ann\""), &group)
                || is_of(&ad("requestcpus = 2\nRequirements = TARGET.Memory >= 512\nOwner = \"ann\""), &group)
        );
        assert!(!is_of(&ad("RequestCpus = 4\nRequirements = TARGET.Memory >= 512"), &group));
        assert!(!is_of(&ad("RequestCpus = 2"), &group));
    }
}
