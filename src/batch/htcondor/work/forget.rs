use super::located::is_machine;
use crate::batch::htcondor::error::HTCondorError;
use crate::batch::htcondor::pool::HTCondor;
use crate::classad::{ClassAd, Expression, parse_old_expression};
use crate::elastic::engine::MachineId;

/// The ads of a machine: the command that takes them out, and their type.
const KINDS: [(&str, &str); 3] = [
    ("INVALIDATE_STARTD_ADS", "Machine"),
    // The startd's own ad, since version 23.
    ("INVALIDATE_STARTD_ADS", "StartD"),
    ("INVALIDATE_MASTER_ADS", "DaemonMaster"),
];

/// The most machines in one ad.
const MOST_AT_ONCE: usize = 100;

/// Takes the ads of ended machines out of the collector, which would keep them for 15 minutes (`CLASSAD_LIFETIME`) and
/// send jobs there. A machine that lives reports anew.
pub(super) async fn forget_machines(pool: &HTCondor, machines: &[MachineId]) -> Result<(), HTCondorError> {
    for some in machines.chunks(MOST_AT_ONCE) {
        let any = some.iter().map(is_machine).collect::<Result<Vec<_>, _>>()?.join(" || ");
        // Names without backslashes and control characters always make an expression.
        let condition = parse_old_expression(&any).map_err(|_| HTCondorError::Unwritable(any.clone()))?;
        for (command, kind) in KINDS {
            let doing = format!("take ended machines out of the collector of {}", pool.name());
            pool.send(doing, command, &[query(kind, condition.clone())]).await?;
        }
    }
    Ok(())
}

fn query(kind: &str, condition: Expression) -> ClassAd {
    ClassAd::new().with("MyType", "Query").with("TargetType", kind).with("Requirements", condition)
}
