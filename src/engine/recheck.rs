//! Asks the clouds about a run that has ended: what was launched for it may have become visible only since.

use std::collections::BTreeSet;

use super::remain::Remain;
use super::run::Run;
use super::verify_gone::verify_gone;
use crate::provider::Infrastructure;

/// What came of asking again. Nothing of it is recorded: the run had ended, and its record stays as it is.
#[derive(Clone, Debug)]
pub struct AskedAgain {
    /// The clouds that were asked, as the plan names them.
    pub clouds: Vec<String>,
    /// How many machines of the run they showed, all of which are terminated by now; `None` where not all could be
    /// asked or ended.
    pub machines: Option<usize>,
    /// What was found, and anything else that a person should know.
    pub notes: Vec<String>,
    /// What is left, or who could not say.
    pub remains: Vec<Remain>,
}

/// Asks every cloud that the plan launches on what there is of the run, and ends it. The caller holds the run's lock.
pub async fn ask_again(run: &Run, infrastructure: &dyn Infrastructure) -> AskedAgain {
    let clouds = clouds_of(run);
    let named = clouds.iter().map(|name| (infrastructure.cloud(name), name.clone())).collect();
    let outcome = verify_gone(named, run.id.clone()).await;
    let clouds = clouds.into_iter().collect();
    AskedAgain { clouds, machines: outcome.proved_gone, notes: outcome.notes, remains: outcome.remains }
}

/// The clouds that a run's plan launches on, as it names them.
pub(super) fn clouds_of(run: &Run) -> BTreeSet<String> {
    let launching = run.plan.services().filter(|(_, service)| service.launch.is_some());
    launching.map(|(_, service)| service.cloud.clone()).collect()
}
