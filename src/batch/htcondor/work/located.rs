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

/// Asks a startd itself for its slots: the collector may not have been told of the latest drain.
pub(super) async fn ask_startd(pool: &HTCondor, startd: &str) -> Result<Vec<SlotFacts>, HTCondorError> {
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
