//! Workers that an earlier machine of a service launched: the scaler of the present machine does not know them.

use std::collections::{BTreeMap, BTreeSet};

use super::fleets_first::parent_of;
use super::going::have_every_scaler;
use crate::app::dependents::{DependentsEnd, Ended, ScalerServices};
use crate::app::{CommandError, Operation, Stops};
use crate::engine::Run;
use crate::provider::{Infrastructure, Selector};

/// Returns the present machine of each service with a scaler.
pub(super) fn scaler_machines(run: &Run) -> BTreeMap<String, Option<String>> {
    let positions = (0..run.records().len()).filter(|position| run.service(*position).elastic.is_some());
    positions
        .map(|position| {
            let id = run.record(position).instance_id().map(str::to_owned);
            (run.service(position).name.clone(), id)
        })
        .collect()
}

/// Ends the workers of services with a scaler that were launched before the present machine of their service, if that
/// is another one than in `before`: one that failed on the way up was replaced without notice to its scaler, or a
/// worker became visible late.
///
/// # Errors
/// The state file cannot be read, or the user stops waiting.
pub(super) async fn end_older_workers(
    op: Operation<'_>,
    before: &BTreeMap<String, Option<String>>,
    run: &Run,
    infrastructure: &dyn Infrastructure,
    stops: &mut Stops,
) -> Result<Ended, CommandError> {
    let mut ended = Ended::default();
    let positions = (0..run.records().len()).filter(|position| run.service(*position).elastic.is_some());
    for position in positions {
        let (service, record) = (run.service(position), run.record(position));
        let earlier = before.get(&service.name).and_then(Option::as_deref);
        let Some(instance) = record.instance.as_ref() else { continue };
        let Some(id) = instance.id.as_deref().filter(|id| Some(*id) != earlier && record.attempt > 1) else { continue };
        let Ok(cloud) = infrastructure.cloud(&instance.cloud) else { continue };
        let shown = cloud.describe(&Selector::Ids(vec![id.to_owned()])).await.unwrap_or_default();
        let Some(machine) = shown.into_iter().find(|machine| machine.id == id) else { continue };
        let Some(state) = op.workspace.existing_state()? else { continue };
        let names = BTreeSet::from([service.name.clone()]);
        let only = ScalerServices {
            has_every_scaler: have_every_scaler(run, &names),
            names,
            launched_before: Some(machine.launched_at),
        };
        let parent = parent_of(&state, run, &run.id, infrastructure, Some(only));
        ended.add(DependentsEnd { operation: op, parent, now: true }.end_workers(stops).await?);
    }
    Ok(ended)
}
