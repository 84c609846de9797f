use std::time::Duration;

use super::collector_answer::CollectorAnswer;
use crate::batch::htcondor::command::CondorCommand;
use crate::batch::htcondor::error::HTCondorError;
use crate::batch::htcondor::pool::HTCondor;

/// The time limit for the collector's answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The machines' slots, without dynamic ones: a partitionable slot has lists of them. Ads that the collector keeps of
/// machines that are away (absent) or asleep (offline) are no slots that run jobs now.
const SLOTS: &str = "((SlotType =?= \"Partitionable\" || SlotType =?= \"Static\") && MyType =!= \"StartD\" \
                     && Absent =!= true && Offline =!= true)";

/// The collector itself, the queues and the negotiator.
const DAEMONS: &str = "(MyType =?= \"Collector\" || MyType =?= \"Scheduler\" || MyType =?= \"Negotiator\")";

/// The attributes of daemons that are read.
const OF_DAEMONS: &str = "MyType,Name,Machine,MyAddress,MyCurrentTime,StatsLifetime,MonitorSelfTime,MonitorSelfAge,\
                          RecentDaemonCoreDutyCycle,TotalHeldJobs,LastNegotiationCycleTime0";

/// Asks the collector for its daemons and, if `slots` are wanted, for the machines' slots with all their attributes:
/// one query, whose answer is of one moment.
pub(super) async fn ask_collector(pool: &HTCondor, slots: bool) -> Result<CollectorAnswer, HTCondorError> {
    let constraint = if slots { format!("{DAEMONS} || {SLOTS}") } else { DAEMONS.to_owned() };
    let mut arguments = pool.pool_arguments();
    arguments.extend(["-any", "-json", "-constraint", &constraint].map(str::to_owned));
    if !slots {
        arguments.extend(["-attributes", OF_DAEMONS].map(str::to_owned));
    }
    let doing = format!("read the machines and queues in the pool of {}", pool.name());
    let mut call = CondorCommand::new("condor_status", doing, arguments);
    call.patience = PATIENCE;
    let mut answer = CollectorAnswer::default();
    call.read_json_ads(pool.search_path(), |ad| answer.take(ad)).await?;
    Ok(answer)
}
