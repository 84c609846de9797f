use std::sync::Arc;

use super::AT_ONCE;
use super::drain::cancel;
use super::located::{located, slots_of_startd, startds};
use super::machines::is_ours;
use super::slot_facts::SlotFacts;
use crate::batch::htcondor::pool::HTCondor;
use crate::batch::work_source::SourceError;
use crate::elastic::engine::MachineId;
use crate::retry::in_parallel;

/// Lets machines accept work again whose drain has this mark. A machine that is not drained is left as it is, and so is
/// one that somebody else drained, which is an error: it accepts no work.
pub(super) async fn cancel_drains(
    pool: &HTCondor,
    machines: &[MachineId],
    mark: &str,
) -> Vec<(MachineId, Result<(), SourceError>)> {
    let known = match located(pool, machines).await {
        Ok(known) => known,
        Err(error) => {
            let failed = SourceError::from(error);
            return machines.iter().map(|machine| (machine.clone(), Err(failed.clone()))).collect();
        }
    };
    let mark: Arc<str> = mark.into();
    let each = machines.iter().map(|machine| (machine.clone(), known.get(machine).cloned().unwrap_or_default()));
    in_parallel(AT_ONCE, each, |(machine, slots)| {
        let (pool, mark) = (pool.clone(), Arc::clone(&mark));
        async move {
            let result = cancel_machine(&pool, &machine, &slots, &mark).await;
            (machine, result)
        }
    })
    .await
}

async fn cancel_machine(
    pool: &HTCondor,
    machine: &MachineId,
    slots: &[SlotFacts],
    mark: &str,
) -> Result<(), SourceError> {
    if slots.is_empty() {
        let hint = Some("it may have ended; condor_status shows the pool's machines".to_owned());
        return Err(SourceError { message: format!("{machine} is not in the pool"), hint });
    }
    for startd in startds(slots) {
        // The collector learns of a drain a moment later, so the startd itself is asked.
        cancel_startd(pool, machine, startd, &slots_of_startd(pool, machine, startd).await?, mark).await?;
    }
    Ok(())
}

async fn cancel_startd(
    pool: &HTCondor,
    machine: &MachineId,
    startd: &str,
    slots: &[SlotFacts],
    mark: &str,
) -> Result<(), SourceError> {
    let Some(drain) = slots.iter().find_map(|slot| slot.draining.as_ref()) else {
        return if slots.iter().any(|slot| slot.is_leaving) { Err(leaving(machine)) } else { Ok(()) };
    };
    if !is_ours(drain.reason.as_deref(), Some(mark)) {
        let reason = drain.reason.as_deref().unwrap_or("no reason given");
        let message = format!("{machine} is drained by somebody else ({reason}), and is left so");
        return Err(SourceError { message, hint: Some(format!("condor_drain -cancel {startd} ends that drain")) });
    }
    // With its number no other drain is ended that began meanwhile.
    Ok(cancel(pool, machine, startd, drain.request.as_deref()).await?)
}

/// HTCondor answers `condor_drain -cancel` with success then, and changes nothing.
fn leaving(machine: &MachineId) -> SourceError {
    SourceError {
        message: format!(
            "{machine} leaves the pool when its jobs have ended (condor_off -peaceful), which nothing revokes"
        ),
        hint: Some("let it end, and use another machine".to_owned()),
    }
}
