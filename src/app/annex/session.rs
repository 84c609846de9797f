//! Context of operations on annexes: the state file and the clouds.

use super::locked_annex::LockedAnnex;
use crate::annex::{Annex, AnnexId, AnnexName, AnnexPhase, PastSpecs};
use crate::app::{Clouds, CommandError, Interaction, Operation, Workspace};
use crate::plan::CloudConfig;
use crate::state::{AnnexLock, Owner, StateError, StateFile};

/// Context of an operation on annexes.
pub(super) struct AnnexSession<'a> {
    /// Workspace with the records.
    pub(super) workspace: &'a Workspace,
    /// User of the operation.
    pub(super) user: &'a dyn Interaction,
    /// Clouds of the workspace.
    pub(super) clouds: Clouds,
}

impl<'a> AnnexSession<'a> {
    /// Creates the session of an operation.
    ///
    /// # Errors
    /// A foreign file or directory is in the place of one of hoist's own directories beside the state file.
    pub(super) fn new(operation: Operation<'a>) -> Result<Self, CommandError> {
        let Operation { workspace, user } = operation;
        Ok(Self { workspace, user, clouds: Clouds::new(workspace)? })
    }

    /// Returns the records of all living annexes.
    pub(super) fn active(&self) -> Result<Vec<Annex>, CommandError> {
        let rows = match self.workspace.state_to_read()? {
            Some(state) => state.annexes(false)?,
            None => Vec::new(),
        };
        Ok(rows.into_iter().map(|row| row.record).collect())
    }

    /// Returns the record of the living annex of this name, if any.
    pub(super) fn find_active(&self, name: &AnnexName) -> Result<Option<Annex>, CommandError> {
        Ok(self.active()?.into_iter().find(|record| record.id.name == *name))
    }

    /// Returns the record of the annex of this name, even if it has ended.
    pub(super) fn find(&self, name: &AnnexName) -> Result<Annex, CommandError> {
        let state = self.workspace.state_to_read()?.ok_or_else(|| self.unknown(name))?;
        Ok(state.find_annex(name)?)
    }

    /// Returns what the annex was in its time.
    pub(super) fn past_specs(&self, id: &AnnexId) -> Result<PastSpecs, CommandError> {
        let Some(state) = self.workspace.state_to_read()? else { return Ok(PastSpecs::default()) };
        Ok(PastSpecs::of(state.annex_journal(id)?))
    }

    /// Locks the living annex of this name, or returns the error that tells why there is none.
    pub(super) fn lock_active(&self, name: &AnnexName) -> Result<LockedAnnex, CommandError> {
        let record = self.find(name)?;
        if record.stage == AnnexPhase::Ended {
            let message = format!("annex {name} has ended: nothing is left of it");
            return Err(CommandError::new(message).hint(format!("hoist annex create {name} … makes one of this name")));
        }
        self.lock(&record)
    }

    /// Creates the record of an annex, and locks it.
    pub(super) fn record(&self, name: &AnnexName, place: &CloudConfig) -> Result<LockedAnnex, CommandError> {
        let state = self.workspace.state()?;
        let (record, lock) = state.create_annex(name, place, &Owner::current())?;
        self.workspace.warn_of_no_reserve(&state, self.user);
        self.locked(record, lock)
    }

    /// Locks an annex and reads its record again.
    pub(super) fn lock(&self, record: &Annex) -> Result<LockedAnnex, CommandError> {
        let name = &record.id.name;
        let state = self.workspace.existing_state()?.ok_or_else(|| CommandError::from(self.unknown(name)))?;
        self.lock_in(&state, record)
    }

    /// Locks an annex to delete it, which must be recorded even if the disk is full.
    pub(super) fn lock_to_end(&self, record: &Annex) -> Result<LockedAnnex, CommandError> {
        match StateFile::open_to_end(&self.workspace.state_path)? {
            Some(state) => self.lock_in(&state, record),
            None => self.lock(record),
        }
    }

    fn lock_in(&self, state: &StateFile, record: &Annex) -> Result<LockedAnnex, CommandError> {
        let name = &record.id.name;
        let lock = state.lock_annex(&record.id, &Owner::current())?;
        // Read under the lock, which other writers have released by now.
        let record = state.find_annex(name)?;
        self.locked(record, lock)
    }

    fn locked(&self, record: Annex, lock: AnnexLock) -> Result<LockedAnnex, CommandError> {
        let cloud = self.clouds.annexes(&record.place)?;
        Ok(LockedAnnex::new(record, cloud, lock, self.user))
    }

    fn unknown(&self, name: &AnnexName) -> StateError {
        let path = self.workspace.state_path.clone();
        StateError::AnnexNotFound { name: name.to_string(), path, nearest: Vec::new() }
    }
}
