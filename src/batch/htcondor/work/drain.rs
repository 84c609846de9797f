use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::AT_ONCE;
use super::located::{located, slots_of_startd, startds};
use super::machines::is_ours;
use super::retirement::{LONG_ENOUGH, UNCLAIMED, spared};
use super::slot_facts::SlotFacts;
use crate::batch::htcondor::command::{CommandOutput, CondorCommand};
use crate::batch::htcondor::error::HTCondorError;
use crate::batch::htcondor::pool::HTCondor;
use crate::batch::work_source::{DrainAnswer, DrainOrder, SourceError};
use crate::elastic::engine::MachineId;
use crate::retry::in_parallel;

/// The time limit of an order to one machine.
const PATIENCE: Duration = Duration::from_secs(45);

/// The required permission.
pub(super) const RIGHT: &str =
    "the machine must take this user for an administrator: ALLOW_ADMINISTRATOR there, and a token of theirs here";

/// HTCondor's message that a machine found the condition of a drain false for one of its slots (error 10003).
const CHECK_FAILED: &str = "check expression";

/// Its message that the machine is drained (error 10001).
const IN_PROGRESS: &str = "already in progress";

/// Drains machines; each answers by itself.
///
/// A machine evaluates the condition of a drain for each of its slots, dynamic ones included, and either drains all or
/// none: no job can start between a look and the order. So the machine itself decides whether it has a claim, and
/// whether running jobs would be ended.
pub(super) async fn drain_machines(pool: &HTCondor, order: &DrainOrder) -> Vec<(MachineId, DrainAnswer)> {
    let known = match located(pool, &order.machines).await {
        Ok(known) => Arc::new(known),
        Err(error) => {
            let failed = DrainAnswer::Failed(error.into());
            return order.machines.iter().map(|machine| (machine.clone(), failed.clone())).collect();
        }
    };
    in_parallel(AT_ONCE, order.machines.iter().cloned(), |machine| {
        let (pool, order, known) = (pool.clone(), order.clone(), Arc::clone(&known));
        async move {
            let answer = drain_machine(&pool, &order, &machine, &known).await;
            (machine, answer)
        }
    })
    .await
}

async fn drain_machine(
    pool: &HTCondor,
    order: &DrainOrder,
    machine: &MachineId,
    known: &BTreeMap<MachineId, Vec<SlotFacts>>,
) -> DrainAnswer {
    let Some(slots) = known.get(machine) else { return DrainAnswer::Absent };
    let mut drained = Vec::new();
    for startd in startds(slots) {
        match drain_startd(pool, order, machine, startd).await {
            DrainAnswer::Drained => drained.push(startd),
            other => {
                // A machine drains as a whole or not at all.
                for startd in drained {
                    let _ = cancel(pool, machine, startd, None).await;
                }
                return other;
            }
        }
    }
    DrainAnswer::Drained
}

async fn drain_startd(pool: &HTCondor, order: &DrainOrder, machine: &MachineId, startd: &str) -> DrainAnswer {
    match send_drain(pool, order, machine, startd).await {
        Err(InProgress) => {}
        Ok(answer) => return answer,
    }
    // Whose drain it is only the startd knows at once: the collector learns of drains a moment later.
    let slots = match slots_of_startd(pool, machine, startd).await {
        Ok(slots) => slots,
        Err(error) => return DrainAnswer::Failed(error.into()),
    };
    let Some(drain) = slots.iter().find_map(|slot| slot.draining.as_ref()) else {
        return DrainAnswer::Failed(SourceError {
            message: format!("{machine} was drained by somebody else, and is drained no more"),
            hint: Some("the same again".to_owned()),
        });
    };
    if !is_ours(drain.reason.as_deref(), Some(&order.mark)) {
        return foreign(machine, startd, drain.reason.as_deref());
    }
    if !order.now {
        return DrainAnswer::Drained;
    }
    // One drain at a time: the patient one makes way.
    if let Err(error) = cancel(pool, machine, startd, drain.request.as_deref()).await {
        return DrainAnswer::Failed(error.into());
    }
    send_drain(pool, order, machine, startd).await.unwrap_or_else(|InProgress| foreign(machine, startd, None))
}

/// A drain is in progress already.
struct InProgress;

/// Gives a startd the order.
async fn send_drain(
    pool: &HTCondor,
    order: &DrainOrder,
    machine: &MachineId,
    startd: &str,
) -> Result<DrainAnswer, InProgress> {
    let how: Vec<String> = if order.now {
        vec!["-fast".to_owned()]
    } else {
        let check = if order.unclaimed_only { UNCLAIMED.to_owned() } else { spared() };
        vec!["-graceful".to_owned(), "-check".to_owned(), check]
    };
    let mut arguments = pool.pool_arguments();
    arguments.extend(how);
    arguments.extend(["-reason", &order.mark, startd].map(str::to_owned));
    let mut call = CondorCommand::new("condor_drain", format!("drain {machine}"), arguments);
    (call.patience, call.right) = (PATIENCE, RIGHT);
    Ok(match call.end(pool.search_path()).await {
        Ok(ended) if ended.status.success() => DrainAnswer::Drained,
        Ok(ended) if said(&ended, IN_PROGRESS) => return Err(InProgress),
        Ok(ended) if said(&ended, CHECK_FAILED) && order.unclaimed_only => DrainAnswer::Claimed,
        Ok(ended) if said(&ended, CHECK_FAILED) => DrainAnswer::Failed(would_end_jobs(machine)),
        Ok(ended) => DrainAnswer::Failed(call.failure(&ended).into()),
        Err(error @ HTCondorError::TooSlow { .. }) => DrainAnswer::Unknown(error.into()),
        Err(error) => DrainAnswer::Failed(error.into()),
    })
}

fn said(ended: &CommandOutput, words: &str) -> bool {
    ended.complaint.contains(words) || ended.output.contains(words)
}

fn foreign(machine: &MachineId, startd: &str, reason: Option<&str>) -> DrainAnswer {
    let reason = reason.map_or_else(|| "without a reason".to_owned(), |reason| format!("because of \"{reason}\""));
    DrainAnswer::Failed(SourceError {
        message: format!("{machine} is drained by somebody else, {reason}, and is left as it is"),
        hint: Some(format!("condor_drain -cancel {startd} ends that drain")),
    })
}

fn would_end_jobs(machine: &MachineId) -> SourceError {
    SourceError {
        message: format!("{machine} was not drained: jobs that run there would be ended"),
        hint: Some(format!(
            "set MAXJOBRETIREMENTTIME to at least {LONG_ENOUGH} in the machine's configuration (a job's own MaxJobRetirementTime may \
             shorten it), wait until it has no job, or drain it at once"
        )),
    }
}

/// Ends a drain of a startd: the one of this request, or any.
pub(super) async fn cancel(
    pool: &HTCondor,
    machine: &MachineId,
    startd: &str,
    request: Option<&str>,
) -> Result<(), HTCondorError> {
    let mut arguments = pool.pool_arguments();
    arguments.push("-cancel".to_owned());
    arguments.extend(request.into_iter().flat_map(|request| ["-request-id".to_owned(), request.to_owned()]));
    arguments.push(startd.to_owned());
    let mut call = CondorCommand::new("condor_drain", format!("end the drain of {machine}"), arguments);
    (call.patience, call.right) = (PATIENCE, RIGHT);
    call.run(pool.search_path()).await.map(drop)
}
