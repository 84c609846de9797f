//! Workers that an earlier machine of a service launched: the scaler of the present machine does not know them.

use std::collections::BTreeSet;

use super::fleets_first::parent_of;
use super::going::have_every_scaler;
use crate::app::dependents::{DependentsEnd, Ended, ScalerServices};
use crate::app::{CommandError, Operation, Stops};
use crate::engine::Run;
use crate::provider::{Infrastructure, Selector};

/// Ends the workers of services with a scaler that were launched before the present machine of their service, if that
/// is not its first: an earlier one failed on the way up and was replaced with its scaler, or a worker became visible
/// late. Returns their number; warns of those that are not proved gone, which end with their leases.
pub(super) async fn end_older_workers(
    op: Operation<'_>,
    run: &Run,
    infrastructure: &dyn Infrastructure,
    stops: &mut Stops,
) -> usize {
    let mut workers = 0;
    let has_scaler = |position: &usize| run.service(*position).elastic.is_some() && run.record(*position).attempt > 1;
    for position in (0..run.records().len()).filter(has_scaler) {
        match end_of_service(op, run, position, infrastructure, stops).await {
            Ok(ended) => {
                ended.remains.iter().for_each(|remain| op.user.warn(&remain.what));
                workers += ended.workers;
            }
            Err(error) => op.user.warn(&error.message),
        }
    }
    workers
}

async fn end_of_service(
    op: Operation<'_>,
    run: &Run,
    position: usize,
    infrastructure: &dyn Infrastructure,
    stops: &mut Stops,
) -> Result<Ended, CommandError> {
    let Some((cloud, id)) = run.record(position).instance.as_ref().and_then(|it| Some((&it.cloud, it.id.clone()?)))
    else {
        return Ok(Ended::default());
    };
    let shown = infrastructure.cloud(cloud)?.describe(&Selector::Ids(vec![id.clone()])).await?;
    let machine = shown.into_iter().find(|machine| machine.id == id);
    let (Some(machine), Some(state)) = (machine, op.workspace.existing_state()?) else { return Ok(Ended::default()) };
    let names = BTreeSet::from([run.service(position).name.clone()]);
    let only = ScalerServices {
        has_every_scaler: have_every_scaler(run, &names),
        names,
        launched_before: Some(machine.launched_at),
    };
    let parent = parent_of(&state, run, infrastructure, Some(only));
    DependentsEnd { operation: op, parent, now: true }.end_workers(stops).await
}
