use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::slot_facts::SlotFacts;
use crate::batch::htcondor::command::CondorCommand;
use crate::batch::htcondor::error::HTCondorError;
use crate::batch::htcondor::literal::literal;
use crate::batch::htcondor::pool::HTCondor;
use crate::elastic::engine::MachineId;

/// The most machines in one query: an argument may have at most 128 KiB (Linux, `MAX_ARG_STRLEN`).
const MOST_IN_A_QUESTION: usize = 300;

/// The time limit of a question.
const PATIENCE: Duration = Duration::from_secs(60);

/// The attributes that tell a machine's startds and their drains.
const ATTRIBUTES: &str = "MyType,Name,Machine,HoistInstance,EC2InstanceID,SlotType,PartitionableSlot,State,Activity,Start,\
                          Draining,DrainReason,DrainingRequestId";

/// Returns the condition on the ads of a machine: its identity, or its name if it has no other identity.
pub(super) fn is_machine(machine: &MachineId) -> Result<String, HTCondorError> {
    let id = literal(machine.as_str())?;
    Ok(format!(
        "(HoistInstance =?= {id} || (HoistInstance =?= undefined && (EC2InstanceID =?= {id} || (EC2InstanceID =?= undefined && \
         Machine =?= {id}))))"
    ))
}

/// Finds the slots of machines in the pool, without dynamic ones.
pub(super) async fn located(
    pool: &HTCondor,
    machines: &[MachineId],
) -> Result<BTreeMap<MachineId, Vec<SlotFacts>>, HTCondorError> {
    let mut found: BTreeMap<MachineId, Vec<SlotFacts>> = BTreeMap::new();
    for some in machines.chunks(MOST_IN_A_QUESTION) {
        let any = some.iter().map(is_machine).collect::<Result<Vec<_>, _>>()?.join(" || ");
        let constraint = format!("SlotType =!= \"Dynamic\" && ({any})");
        let mut arguments = pool.pool_arguments();
        arguments.extend(["-json", "-constraint", &constraint, "-attributes", ATTRIBUTES].map(str::to_owned));
        for slot in ask(pool, arguments).await? {
            found.entry(slot.id.clone()).or_default().push(slot);
        }
    }
    Ok(found)
}

/// Returns the slots of a startd as it tells them itself, since the collector learns of a drain a moment later. Where
/// it does not answer this user, they are the collector's: a worker with no more than a token of its own cannot tell
/// who asks it, and only takes orders that the collector vouches for (`SEC_ENABLE_REMOTE_ADMINISTRATION`).
pub(super) async fn slots_of_startd(
    pool: &HTCondor,
    machine: &MachineId,
    startd: &str,
) -> Result<Vec<SlotFacts>, HTCondorError> {
    let refused = match ask_startd(pool, startd).await {
        Ok(slots) => return Ok(slots),
        Err(error) => error,
    };
    let mut slots = located(pool, std::slice::from_ref(machine)).await?.remove(machine).unwrap_or_default();
    slots.retain(|slot| slot.startd() == startd);
    if slots.is_empty() { Err(refused) } else { Ok(slots) }
}

async fn ask_startd(pool: &HTCondor, startd: &str) -> Result<Vec<SlotFacts>, HTCondorError> {
    let mut arguments = pool.pool_arguments();
    let constraint = "SlotType =!= \"Dynamic\"";
    arguments
        .extend(["-direct", startd, "-json", "-constraint", constraint, "-attributes", ATTRIBUTES].map(str::to_owned));
    ask(pool, arguments).await
}

async fn ask(pool: &HTCondor, arguments: Vec<String>) -> Result<Vec<SlotFacts>, HTCondorError> {
    let doing = format!("look for machines in the pool of {}", pool.name());
    let mut call = CondorCommand::new("condor_status", doing, arguments);
    call.patience = PATIENCE;
    let mut slots = Vec::new();
    call.read_json_ads(pool.search_path(), |ad| slots.extend(SlotFacts::of(ad))).await?;
    Ok(slots)
}

/// Returns the startds that slots of a machine belong to.
pub(super) fn startds(slots: &[SlotFacts]) -> BTreeSet<&str> {
    slots.iter().map(SlotFacts::startd).collect()
}
