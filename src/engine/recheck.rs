//! Asks the clouds about a run that has ended: its instances may have become visible only since.

use std::collections::BTreeSet;

use super::remain::Remain;
use super::run::Run;
use super::verify_gone::verify_gone;
use crate::provider::Infrastructure;

/// The result of asking again. None of it is recorded: the run had ended, and its record stays as it is.
#[derive(Clone, Debug)]
pub struct AskedAgain {
    /// The clouds that were asked, by their names in the plan.
    pub clouds: Vec<String>,
    /// The number of the run's instances that they showed, all of which are terminated by now; `None` if not all could
    /// be asked or ended.
    pub machines: Option<usize>,
    /// The findings, and other notes for a person.
    pub notes: Vec<String>,
    /// Leftovers, and clouds that could not tell.
    pub remains: Vec<Remain>,
}

/// Asks every cloud that the plan launches on for anything left of the run, and ends it. The caller holds the run's
/// lock.
pub async fn ask_again(run: &Run, infrastructure: &dyn Infrastructure) -> AskedAgain {
    let clouds = clouds_of(run);
    let named = clouds.iter().map(|name| (infrastructure.cloud(name), name.clone())).collect();
    let outcome = verify_gone(named, run.id.clone()).await;
    let clouds = clouds.into_iter().collect();
    AskedAgain { clouds, machines: outcome.proved_gone, notes: outcome.notes, remains: outcome.remains }
}

/// Returns the clouds that a run's plan launches on, by their names in the plan.
pub fn clouds_of(run: &Run) -> BTreeSet<String> {
    let launching = run.plan.services().filter(|(_, service)| service.launch.is_some());
    launching.map(|(_, service)| service.cloud.clone()).collect()
}
