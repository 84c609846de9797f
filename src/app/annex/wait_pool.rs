//! Waits for the instances of an annex to join their pool.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::failure::failed;
use super::join_failures::find_failures;
use super::locked_annex::{AnnexTools, pool_of};
use super::observe::observe;
use crate::annex::{Annex, AnnexError, JoinFailure, Progress, Row};
use crate::app::CommandError;
use crate::diagnostics::{agreeing, counted};
use crate::provider::InstanceState;
use crate::report::time::duration;
use crate::retry::{Limit, Pauses, Poller};

/// Tells what instances say and log of why they are not in the pool, once each.
async fn tell_why(tools: &AnnexTools, record: &Annex, rows: &mut [Row], known: &mut BTreeMap<String, JoinFailure>) {
    find_failures(&tools.cloud, &record.id, rows, Timestamp::now()).await;
    for Row { instance, failure, .. } in rows {
        let Some(failure) = failure.take() else { continue };
        if known.insert(instance.id.clone(), failure.clone()).as_ref() != Some(&failure) {
            tools.tell(&Progress::NotJoined { instance: instance.id.clone(), failure });
        }
    }
}

/// Waits until the wanted number of instances is in the pool.
pub(super) async fn wait_for_pool(tools: &AnnexTools, record: &Annex) -> Result<(), CommandError> {
    let Some(pool) = pool_of(record) else { return Ok(()) };
    let (name, pace) = (&record.id.name, tools.pace);
    let mut poller = Poller::new(Pauses::growing(pace.first, pace.longest), Limit::Time(pace.patience));
    let mut said = BTreeMap::new();
    loop {
        let observed = observe(&*tools.cloud, record, Some(&pool)).await?;
        if let Some(error) = observed.pool_error {
            if error.is_unreachable() {
                tools.tell(&Progress::PoolNotReachable { said: error.to_string() });
                if poller.pause().await {
                    continue;
                }
            }
            return Err(CommandError::from(error).hint(format!("hoist annex status {name}")));
        }
        let Some(mut status) = observed.status else {
            let what = format!("annex {name} has ended while its instances were to join the pool");
            return Err(failed(name, AnnexError::Ending { what }));
        };
        let is_in = |row: &&Row| row.slots.is_some() && row.instance.state == InstanceState::Running;
        let joined = status.rows.iter().filter(is_in).count();
        tools.tell(&Progress::Joined { joined, wanted: status.seen.wanted as usize });
        if joined >= status.seen.wanted as usize {
            return Ok(());
        }
        tell_why(tools, record, &mut status.rows, &mut said).await;
        if !poller.pause().await {
            let told: Vec<String> = said.iter().map(|(instance, failure)| format!("\n{instance}: {failure}")).collect();
            let what = format!(
                "{joined} of {} of annex {name} {} in the pool after {}{}",
                counted(status.seen.wanted, "instance"),
                agreeing(joined, "is", "are"),
                duration(poller.waited()),
                told.concat()
            );
            return Err(failed(name, AnnexError::TooSlow { what })
                .hint(format!("hoist annex logs {name} shows what the others say and log")));
        }
    }
}
