//! Fleets as the state file has them.

use jiff::Timestamp;

use super::earlier_passes::earlier_passes;
use crate::app::{CommandError, Exit, Workspace};
use crate::elastic::engine::Money;
use crate::elastic::fleet::FleetFile;
use crate::report::FleetStanding;
use crate::scaler::{Fleet, FleetDue, FleetName, PassRecord, fleet_due};
use crate::state::{FleetRow, StateError, StateFile};

/// A fleet that a command works on, with the state file that has it.
pub(crate) struct FoundFleet {
    pub(crate) state: StateFile,
    pub(crate) row: FleetRow,
}

impl FoundFleet {
    /// Finds the fleet of a name for a command that only reads: the one that has not ended, else the newest ended one.
    ///
    /// # Errors
    /// There is none, or the state file cannot be read.
    pub(crate) fn to_read(workspace: &Workspace, name: &FleetName) -> Result<Self, CommandError> {
        Self::of(workspace.state_to_read()?, workspace, name)
    }

    /// Finds the fleet of a name for a command that changes it.
    ///
    /// # Errors
    /// There is none, it has ended, or the state file cannot be opened.
    pub(crate) fn to_change(workspace: &Workspace, name: &FleetName) -> Result<Self, CommandError> {
        let found = Self::of(workspace.existing_state()?, workspace, name)?;
        match found.row.record.phase {
            crate::scaler::FleetPhase::Ended => {
                let hint = format!("`hoist elastic run --config {}` begins a new one", found.row.record.path.display());
                Err(CommandError::new(format!("fleet {name} has ended")).hint(hint))
            }
            _ => Ok(found),
        }
    }

    fn of(state: Option<StateFile>, workspace: &Workspace, name: &FleetName) -> Result<Self, CommandError> {
        let unknown =
            |nearest| StateError::FleetNotFound { name: name.to_string(), path: workspace.state_path.clone(), nearest };
        let state = state.ok_or_else(|| unknown(Vec::new()))?;
        let id = state.find_fleet(name)?.id;
        let row = state.fleets(true)?.into_iter().find(|row| row.record.id == id);
        // It was forgotten in between.
        let row = row.ok_or_else(|| unknown(Vec::new()))?;
        Ok(Self { state, row })
    }

    /// Returns the settings of the file as it was last taken in.
    ///
    /// # Errors
    /// This version cannot read it.
    pub(crate) fn file(&self) -> Result<FleetFile, CommandError> {
        Self::file_of(&self.row.record)
    }

    /// Does the same for a fleet by its record.
    ///
    /// # Errors
    /// This version cannot read it.
    pub(crate) fn file_of(record: &Fleet) -> Result<FleetFile, CommandError> {
        FleetFile::parse(&record.text, &record.path).map_err(|problems| {
            let first = problems.0.first().map(|problem| problem.sentence()).unwrap_or_default();
            let path = record.path.display();
            CommandError::with_exit(Exit::Failed, format!("{path}, as it was taken in, cannot be read: {first}"))
        })
    }

    /// Returns where the fleet stands, with what its scaler has to do next and what earlier passes tell. `in_document`
    /// gives its holder in the form of documents.
    ///
    /// # Errors
    /// The engine's memory or a pass cannot be read.
    pub(crate) fn standing_and_next(&self, in_document: bool) -> Result<FleetStanding, CommandError> {
        let mut standing = self.standing(in_document);
        add_next_and_earlier(&self.state, &mut standing)?;
        Ok(standing)
    }

    /// Returns where the fleet stands. `in_document` gives its holder in the form of documents.
    pub(crate) fn standing(&self, in_document: bool) -> FleetStanding {
        standing(self.row.clone(), in_document)
    }
}

/// Returns where a fleet stands.
pub(crate) fn standing(row: FleetRow, in_document: bool) -> FleetStanding {
    let FleetRow { record, updated_at, lock, last_pass } = row;
    let run_since = lock.as_ref().map(|lock| lock.since);
    let run_by = lock.map(|lock| lock.told(in_document));
    let spent = record.cost(Timestamp::now());
    // Without a price nothing is known.
    let spent = (spent > Money::ZERO).then_some(spent);
    let file = FleetFile::parse(&record.text, &record.path).ok();
    FleetStanding { record, file, updated_at, run_by, run_since, last_pass, earlier: Vec::new(), spent, due: None }
}

/// Adds what the scaler of a fleet has to do next, and what its earlier passes alone tell.
///
/// # Errors
/// The engine's memory or a pass cannot be read.
pub(super) fn add_next_and_earlier(state: &StateFile, standing: &mut FleetStanding) -> Result<(), CommandError> {
    if let Some(last) = &standing.last_pass {
        standing.earlier = earlier_passes(state, &standing.record.id, last)?;
    }
    add_due(state, standing)
}

/// Adds what the scaler of a fleet has to do next.
///
/// # Errors
/// The engine's memory cannot be read.
fn add_due(state: &StateFile, standing: &mut FleetStanding) -> Result<(), CommandError> {
    let (Some(file), Some(since)) = (&standing.file, standing.run_since) else { return Ok(()) };
    let memory = state.fleet_memory(&standing.record.id)?.map(|memory| memory.engine);
    // Passes of an earlier scaler tell nothing of when this one makes its first: at once.
    let last = standing.last_pass.as_ref().map(PassRecord::end).filter(|last| *last >= since);
    // Settings that make no engine end the scaler, which tells why.
    let due = fleet_due(&standing.record, file, memory.as_ref(), last.unwrap_or(since)).ok();
    standing.due = due.map(|due| FleetDue { pass: last.map_or(since, |_| due.pass), ..due });
    Ok(())
}
