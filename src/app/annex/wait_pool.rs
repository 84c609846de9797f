//! Waits for the instances of an annex to join their pool.

use std::collections::BTreeMap;
use std::time::Duration;

use super::failure::failed;
use super::locked_annex::{AnnexTools, pool_of};
use super::observe::observe;
use crate::annex::{Annex, AnnexError, Progress, Row};
use crate::app::CommandError;
use crate::provider::InstanceState;
use crate::report::time::duration;
use crate::retry::{Limit, Pauses, Poller};

/// How long an instance is given before its console is read: it says nothing in its first minute.
const QUIET: Duration = Duration::from_secs(60);

/// The most consoles that are read at a time.
const MOST: usize = 3;

/// Tells what instances say on their consoles of why they are not in the pool, once each.
async fn tell_why(tools: &AnnexTools, rows: impl Iterator<Item = &Row>, known: &mut BTreeMap<String, String>) {
    for row in rows.take(MOST) {
        let instance = &row.instance.id;
        let Some(said) = tools.join_failure(instance).await else { continue };
        if known.insert(instance.clone(), said.clone()).as_ref() != Some(&said) {
            tools.tell(&Progress::NotJoined { instance: instance.clone(), said });
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
        let missing = status.rows.iter().filter(|row| !is_in(row) && row.instance.state == InstanceState::Running);
        if poller.waited() > QUIET {
            tell_why(tools, missing, &mut said).await;
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
