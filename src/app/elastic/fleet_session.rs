//! A fleet from its file to its scaler: found or created in the state file, locked, configured.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::fleet_parent::fleet_parent;
use super::given_parent::GivenParent;
use super::open_fleet::{OpenFleet, open_fleet};
use crate::app::{CommandError, Workspace, fleet_cloud};
use crate::daemon::{FleetReader, FleetTask, NewSettings};
use crate::diagnostics::{Diagnostic, Diagnostics, Place, counted};
use crate::elastic::fleet::FleetFile;
use crate::plan::CloudConfig;
use crate::provider::Clock;
use crate::scaler::{Fleet, FleetBatch, FleetEvent, FleetPhase, Scaler, ScalerError, ScalerMemory, ScalerParts};
use crate::state::{FleetLock, Owner, PassQuery, StateError, StateFile};

/// A fleet that this process holds.
pub(crate) struct FleetSession {
    opened: OpenFleet,
    lock: FleetLock,
}

impl FleetSession {
    /// Takes the lock of the fleet, which is created if no living one has its name.
    ///
    /// # Errors
    /// Another process holds it, its workers are on another cloud or work for another queue than the file names, or
    /// what a new one is to belong to is not there.
    pub(crate) fn hold(
        state: &StateFile,
        opened: OpenFleet,
        parent: Option<&GivenParent>,
    ) -> Result<Self, CommandError> {
        let owner = Owner::current();
        let known = match state.find_fleet(&opened.name) {
            Ok(fleet) if fleet.phase != FleetPhase::Ended => Some(fleet.id),
            Ok(_) | Err(StateError::FleetNotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let lock = match known {
            Some(id) => state.lock_fleet(&id, &owner)?,
            None => {
                // Before anything is recorded of it.
                fleet_parent(state, &opened, &unrecorded(&opened), parent)?;
                state.create_fleet(&opened.name, &owner)?
            }
        };
        if let Some(problem) = elsewhere(lock.fleet(), &opened.config).or_else(|| other_work(lock.fleet(), &opened)) {
            return Err(CommandError::from(problem.at(Place::file(&opened.path))));
        }
        Ok(Self { opened, lock })
    }

    /// Records what the fleet is run by, where that has changed, and makes its scaler.
    ///
    /// # Errors
    /// Nothing can be recorded, or the settings make no engine.
    pub(crate) async fn start(
        self,
        workspace: &Workspace,
        state: &StateFile,
        clock: Clock,
        parent: Option<&GivenParent>,
    ) -> Result<(Scaler, OpenFleet, FleetLock), CommandError> {
        let Self { opened, lock } = self;
        let journal = lock.journal();
        let mut fleet = lock.fleet().clone();
        let (parent, parent_service) = match fleet_parent(state, &opened, &fleet, parent)? {
            Some(GivenParent { tag, service }) => (Some(tag), service),
            None => (None, None),
        };
        let is_same = fleet.path == opened.path
            && fleet.text == opened.text
            && fleet.cloud == opened.config
            && fleet.parent == parent
            && fleet.parent_service == parent_service;
        if fleet.sequence == 0 || !is_same {
            let configured = FleetEvent::Configured {
                path: opened.path.clone(),
                text: opened.text.clone(),
                cloud: Box::new(opened.config.clone()),
                parent,
                parent_service,
            };
            let at = clock.now();
            journal.record(&FleetBatch::events(at, vec![configured.clone()])).await.map_err(ScalerError::from)?;
            fleet.apply(at, &configured);
        }
        let passes = state.fleet_passes(lock.id(), &PassQuery::Newest(1))?.last().map_or(0, |pass| pass.number);
        let memory = lock.memory().cloned();
        let recorded = Recorded { fleet, memory, passes };
        let cloud = fleet_cloud(workspace, &recorded.fleet)?;
        let parts = parts(workspace, &opened, recorded, journal, clock, Some(state.id()?))?;
        let parts = ScalerParts { cloud, ..parts };
        Ok((Scaler::start(parts).await?, opened, lock))
    }
}

/// What the state file has of a fleet.
pub(super) struct Recorded {
    pub(super) fleet: Fleet,
    pub(super) memory: Option<ScalerMemory>,
    pub(super) passes: u64,
}

/// Returns what a scaler is made of.
///
/// # Errors
/// The source of work cannot be made.
pub(super) fn parts(
    workspace: &Workspace,
    opened: &OpenFleet,
    recorded: Recorded,
    journal: Arc<dyn crate::scaler::FleetJournal>,
    clock: Clock,
    state: Option<String>,
) -> Result<ScalerParts, CommandError> {
    let source = opened.source(workspace, &recorded.fleet.id.tag());
    let source = source.map_err(|error| CommandError::new(error.message).hints(error.hint))?;
    Ok(ScalerParts {
        fleet: recorded.fleet,
        memory: recorded.memory,
        passes: recorded.passes,
        file: opened.file.clone(),
        journal,
        cloud: opened.cloud.clone(),
        source,
        machines: opened.machines.clone(),
        clock,
        owner: Owner::current().to_string(),
        state,
    })
}

/// Returns the problem of a fleet whose workers are on another cloud than its file names: they would be lost sight of.
fn elsewhere(fleet: &Fleet, config: &CloudConfig) -> Option<Diagnostic> {
    let place = |config: &CloudConfig| {
        let place = [Some(&config.provider), config.region.as_ref(), config.endpoint.as_ref(), config.account.as_ref()];
        place.into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
    };
    let workers = fleet.live().max(fleet.present().count());
    let (before, after) = (place(&fleet.cloud), place(config));
    (workers > 0 && before != after).then(|| {
        let (name, workers) = (&fleet.id.name, counted(workers, "worker"));
        Diagnostic::error(format!("fleet {name} has {workers} on {before}, and its file names {after}"))
            .hint(format!("hoist elastic stop {name} ends them first; or take back the change of [cloud]"))
    })
}

/// Returns the problem of a fleet whose workers serve another queue, or another cloud, than its file names: a file of
/// the same name elsewhere must not take them over.
fn other_work(fleet: &Fleet, opened: &OpenFleet) -> Option<Diagnostic> {
    let workers = fleet.live().max(fleet.present().count());
    let served = FleetFile::parse(&fleet.text, &fleet.path).ok().filter(|_| workers > 0)?;
    let moved = fleet.path.parent() != opened.path.parent();
    let relative = |file: &FleetFile| {
        let path = file.queue.as_ref().and_then(|queue| queue.path.as_ref());
        path.is_some_and(|path| std::path::Path::new(path).is_relative())
    };
    let mut differs = Vec::new();
    if served.queue != opened.file.queue || moved && relative(&served) {
        differs.push("[queue]");
    }
    if served.cloud != opened.file.cloud {
        differs.push("[cloud]");
    }
    (!differs.is_empty()).then(|| {
        let (name, workers) = (&fleet.id.name, counted(workers, "worker"));
        let differs = differs.join(" and ");
        let (served, instead) = match fleet.path == opened.path {
            true => (String::new(), format!("take back the change of {differs}")),
            false => {
                let served = format!(", served from {}", fleet.path.display());
                (served, "give this fleet another name: name = \"…\"".to_owned())
            }
        };
        Diagnostic::error(format!("fleet {name} has {workers} that were launched for another {differs}{served}"))
            .hint(format!("hoist elastic stop {name} ends them first; or {instead}"))
    })
}

/// Reads the file of a fleet again, for its daemon.
pub(super) struct FleetFileReader {
    workspace: Workspace,
    path: PathBuf,
}

impl FleetFileReader {
    pub(super) fn new(workspace: &Workspace, path: PathBuf) -> Self {
        Self { workspace: workspace.clone(), path }
    }
}

#[async_trait]
impl FleetReader for FleetFileReader {
    async fn read(&self, fleet: &Fleet, running: &FleetFile) -> Result<NewSettings, Diagnostics> {
        let opened = open_fleet(&self.workspace, &self.path).await?;
        let mut problems = Vec::new();
        let mut fixed = |what: &str| {
            let problem = format!("{what} cannot change while the fleet is served");
            let hint =
                format!("start the daemon again, after `hoist elastic stop {}` if it has workers", fleet.id.name);
            problems.push(Diagnostic::error(problem).at(Place::file(&self.path)).hint(hint));
        };
        if opened.name != fleet.id.name {
            fixed("its name");
        }
        if opened.file.parent != running.parent {
            fixed("its run or annex");
        }
        if opened.file.queue != running.queue {
            fixed("[queue]");
        }
        if opened.file.cloud != running.cloud || opened.config != fleet.cloud {
            fixed("[cloud]");
        }
        if !problems.is_empty() {
            return Err(Diagnostics(problems));
        }
        let OpenFleet { file, text, machines, notes, .. } = opened;
        Ok(NewSettings { file, text, machines, notes })
    }
}

impl From<ScalerError> for CommandError {
    fn from(error: ScalerError) -> Self {
        let exit = match &error {
            ScalerError::Journal(journal) if journal.lock_lost => crate::app::Exit::Held,
            _ => crate::app::Exit::Failed,
        };
        Self::with_exit(exit, error.to_string())
    }
}

/// Returns the task of a fleet whose scaler has started.
pub(super) fn task(workspace: &Workspace, scaler: Scaler, opened: &OpenFleet, lock: FleetLock) -> FleetTask {
    let reader = Arc::new(FleetFileReader::new(workspace, opened.path.clone()));
    FleetTask { scaler, reader, place: opened.place.clone(), lock: Box::new(lock) }
}

/// Returns a fleet that is not recorded, as it begins.
pub(super) fn unrecorded(opened: &OpenFleet) -> Fleet {
    let id = crate::scaler::FleetId { name: opened.name.clone(), nonce: "000000000000".to_owned() };
    let mut fleet = Fleet::new(id, Timestamp::now());
    fleet.path.clone_from(&opened.path);
    fleet.cloud = opened.config.clone();
    fleet
}
