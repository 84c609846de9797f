//! `hoist worker list`

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::chosen::fleets;
use crate::app::elastic::{FoundFleet, open_source};
use crate::app::{CommandError, Exit, Operation, Workspace, fleet_cloud};
use crate::batch::ToldWorker;
use crate::elastic::engine::MachineId;
use crate::provider::{Instance, Selector};
use crate::report::{CloudSide, ListedWorker, ServerSide};
use crate::scaler::{Fleet, FleetName};

/// Workers as records, clouds and servers tell of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listed {
    /// The workers that are not known to be gone, by fleet and age.
    pub(crate) workers: Vec<ListedWorker>,
    /// Clouds and servers that did not answer, a sentence each.
    pub(crate) unknown: Vec<String>,
}

impl Listed {
    /// Returns the exit code: 2 where something is unknown.
    pub(crate) fn exit(&self) -> Exit {
        if self.unknown.is_empty() { Exit::Done } else { Exit::Changed }
    }
}

/// Asks the clouds and the servers of fleets for their workers: of one fleet, or of all that have not ended. A side
/// that does not answer is unknown.
///
/// # Errors
/// There is no such fleet, or the state file cannot be read.
pub(crate) async fn list(operation: Operation<'_>, name: Option<&FleetName>) -> Result<Listed, CommandError> {
    let mut listed = Listed::default();
    let rows = fleets(operation, name)?.map(|(_, rows)| rows).unwrap_or_default();
    let mut asked = JoinSet::new();
    for row in rows {
        let workspace = operation.workspace.clone();
        asked.spawn(async move { (row.record.created_at, of_fleet(&workspace, &row.record).await) });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(created_at, _)| *created_at);
    for (_, of_fleet) in answers {
        listed.workers.extend(of_fleet.workers);
        listed.unknown.extend(of_fleet.unknown);
    }
    Ok(listed)
}

async fn of_fleet(workspace: &Workspace, fleet: &Fleet) -> Listed {
    let mut listed = Listed::default();
    if fleet.present().next().is_none() && fleet.launching.is_empty() {
        return listed;
    }
    let (shown, told) = tokio::join!(shown(workspace, fleet), told(workspace, fleet));
    let shown = shown.map_err(|why| listed.unknown.push(why)).ok();
    let told = told.map_err(|why| listed.unknown.push(why)).ok().flatten();
    let mut workers: Vec<ListedWorker> = fleet
        .present()
        .map(|worker| ListedWorker {
            fleet: fleet.id.name.clone(),
            name: worker.name.clone(),
            record: Ok(worker.clone()),
            cloud: cloud_side(shown.as_ref(), &worker.id),
            server: match &told {
                None => ServerSide::Unknown,
                Some(told) => told.get(&worker.id).map_or(ServerSide::Absent, |told| ServerSide::Told(told.clone())),
            },
        })
        .collect();
    for intent in fleet.launching.values() {
        workers.extend(intent.names.iter().map(|name| ListedWorker {
            fleet: fleet.id.name.clone(),
            name: name.clone(),
            record: Err(intent.clone()),
            cloud: CloudSide::Unknown,
            server: ServerSide::Unknown,
        }));
    }
    // cloud-9 before cloud-10.
    workers.sort_by_key(|worker| (worker.name.len(), worker.name.clone()));
    listed.workers = workers;
    listed
}

fn cloud_side(shown: Option<&BTreeMap<String, Instance>>, id: &MachineId) -> CloudSide {
    let Some(shown) = shown else { return CloudSide::Unknown };
    shown.get(id.as_str()).map_or(CloudSide::Absent, |instance| CloudSide::Shown {
        state: instance.state,
        address: instance.address.clone().or_else(|| instance.private_address.clone()),
        offer: instance.offer.clone(),
        launched_at: instance.launched_at,
    })
}

/// Asks a fleet's cloud for its instances.
async fn shown(workspace: &Workspace, fleet: &Fleet) -> Result<BTreeMap<String, Instance>, String> {
    let failed = |why: String| format!("the cloud of fleet {} does not tell of its workers: {why}", fleet.id.name);
    let cloud = fleet_cloud(workspace, fleet).map_err(|error| failed(error.message))?;
    let shown = cloud.describe(&Selector::Run(fleet.id.tag())).await.map_err(|error| failed(error.to_string()))?;
    Ok(shown.into_iter().map(|instance| (instance.id.clone(), instance)).collect())
}

/// Asks a fleet's server for its workers. None: it has none, or one that tells of no workers.
pub(super) async fn told(
    workspace: &Workspace,
    fleet: &Fleet,
) -> Result<Option<BTreeMap<MachineId, ToldWorker>>, String> {
    let file = FoundFleet::file_of(fleet).map_err(|error| error.message)?;
    let Some(queue) = &file.queue else { return Ok(None) };
    let source = open_source(queue, &fleet.path, workspace, &fleet.cloud, &fleet.id.tag());
    let source = source.map_err(|error| error.to_string())?;
    let told = source.workers(Timestamp::now().as_second()).await.map_err(|error| error.to_string())?;
    Ok(told.map(|told| told.into_iter().map(|worker| (worker.id.clone(), worker)).collect()))
}
