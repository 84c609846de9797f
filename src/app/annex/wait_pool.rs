//! Waits for the instances of an annex to join their pool.

use super::failure::failed;
use super::locked_annex::{AnnexTools, pool_of};
use super::observe::observe;
use crate::annex::{Annex, AnnexError, Progress, Row};
use crate::app::CommandError;
use crate::provider::InstanceState;
use crate::report::time::duration;
use crate::retry::{Limit, Pauses, Poller};

/// Waits until the wanted number of instances is in the pool.
pub(super) async fn wait_for_pool(tools: &AnnexTools, record: &Annex) -> Result<(), CommandError> {
    let Some(pool) = pool_of(record) else { return Ok(()) };
    let (name, pace) = (&record.id.name, tools.pace);
    let mut poller = Poller::new(Pauses::growing(pace.first, pace.longest), Limit::Time(pace.patience));
    loop {
        let observed = observe(&*tools.cloud, record, Some(&pool)).await?;
        if let Some(error) = observed.pool_error {
            return Err(CommandError::from(error).hint(format!("hoist annex status {name}")));
        }
        let Some(status) = observed.status else {
            let what = format!("annex {name} has ended while its instances were to join the pool");
            return Err(failed(name, AnnexError::Ending { what }));
        };
        let is_in = |row: &&Row| row.slots.is_some() && row.instance.state == InstanceState::Running;
        let joined = status.rows.iter().filter(is_in).count();
        tools.tell(&Progress::Joined { joined, wanted: status.seen.wanted as usize });
        if joined >= status.seen.wanted as usize {
            return Ok(());
        }
        if !poller.pause().await {
            let what = format!(
                "{joined} of {} instances of annex {name} are in the pool after {}; the consoles of the others tell why",
                status.seen.wanted,
                duration(poller.waited())
            );
            return Err(failed(name, AnnexError::TooSlow { what }));
        }
    }
}
