//! Where the commands of annexes work: the ledger, the clouds, and one annex that is held for writing.

use crate::app::Interaction as _;
use std::sync::Arc;

use super::failure::failed;
use crate::annex::{
    Annex, AnnexCloud, AnnexJournal, AnnexName, AnnexPhase, AnnexSpec, ObservedAnnex, ObservedState, PollPolicy,
    Progress, Reconciler,
};
use crate::app::Clouds;
use crate::app::{CommandError, Exit};
use crate::batch::htcondor::HTCondor;
use crate::cli::context::Context;
use crate::cli::global::Output;
use crate::plan::CloudConfig;
use crate::report::{AnnexProgress, ProgressFormat};
use crate::state::{AnnexLock, Owner, StateError, StateFile};

/// What a command of annexes works with.
pub(super) struct AnnexSession<'a> {
    pub(super) context: &'a Context,
    pub(super) clouds: Clouds,
}

/// An annex that nobody else works on meanwhile.
pub(super) struct LockedAnnex {
    pub(super) record: Annex,
    pub(super) cloud: Arc<dyn AnnexCloud>,
    pub(super) progress: AnnexProgress,
    lock: AnnexLock,
}

/// What [`Reconciler`] borrows.
pub(super) struct ReconcileDeps<'a> {
    cloud: Arc<dyn AnnexCloud>,
    journal: Arc<dyn AnnexJournal>,
    tell: Box<dyn Fn(&Progress) + Send + Sync + 'a>,
    pace: PollPolicy,
}

impl<'a> AnnexSession<'a> {
    pub(super) fn new(context: &'a Context) -> Result<Self, CommandError> {
        Ok(Self { context, clouds: Clouds::new(&context.workspace)? })
    }

    /// The annex of this name that lives, if there is one.
    pub(super) fn living(&self, name: &AnnexName) -> Result<Option<Annex>, CommandError> {
        let Some(state) = self.context.workspace.state_to_read()? else { return Ok(None) };
        let rows = state.annexes(false)?;
        Ok(rows.into_iter().map(|row| row.record).find(|record| record.id.name == *name))
    }

    /// What is recorded of the annex of this name, also when it has ended.
    pub(super) fn recorded(&self, name: &AnnexName) -> Result<Annex, CommandError> {
        let state = self.context.workspace.state_to_read()?.ok_or_else(|| self.unknown(name))?;
        Ok(state.find_annex(name)?)
    }

    /// The annex of this name that lives, or why there is none.
    pub(super) fn require_active(&self, name: &AnnexName) -> Result<Annex, CommandError> {
        let record = self.recorded(name)?;
        if record.stage == AnnexPhase::Ended {
            let message = format!("annex {name} has ended: nothing is left of it");
            return Err(CommandError::new(message).hint(format!("hoist annex create {name} … makes one of this name")));
        }
        Ok(record)
    }

    fn state_with(&self, name: &AnnexName) -> Result<StateFile, CommandError> {
        self.context.workspace.existing_state()?.ok_or_else(|| self.unknown(name).into())
    }

    fn unknown(&self, name: &AnnexName) -> StateError {
        let path = self.context.workspace.state_path.clone();
        StateError::AnnexNotFound { name: name.to_string(), path, nearest: Vec::new() }
    }

    /// Makes an annex's record, and holds it.
    pub(super) fn begin(&self, name: &AnnexName, place: &CloudConfig) -> Result<LockedAnnex, CommandError> {
        let state = self.context.workspace.state()?;
        let (record, lock) = state.create_annex(name, place, &Owner::current())?;
        self.context.workspace.warn_of_no_reserve(&state, self.context);
        self.held(record, lock)
    }

    /// Holds an annex; what is recorded of it is read anew.
    pub(super) fn hold(&self, record: &Annex) -> Result<LockedAnnex, CommandError> {
        self.hold_in(&self.state_with(&record.id.name)?, record)
    }

    /// The same to bring it down, which must be recorded also where the disk is full.
    pub(super) fn hold_to_end(&self, record: &Annex) -> Result<LockedAnnex, CommandError> {
        match StateFile::open_to_end(&self.context.workspace.state_path)? {
            Some(state) => self.hold_in(&state, record),
            None => self.hold(record),
        }
    }

    fn hold_in(&self, state: &StateFile, record: &Annex) -> Result<LockedAnnex, CommandError> {
        let name = &record.id.name;
        let lock = state.lock_annex(&record.id, &Owner::current())?;
        // Read under the lock: what another process was writing is written now.
        let record = state.find_annex(name)?;
        self.held(record, lock)
    }

    fn held(&self, record: Annex, lock: AnnexLock) -> Result<LockedAnnex, CommandError> {
        let cloud = self.clouds.annexes(&record.place)?;
        let progress = self.progress(&record.id.name);
        Ok(LockedAnnex { record, cloud, progress, lock })
    }

    fn progress(&self, name: &AnnexName) -> AnnexProgress {
        let telling = match self.context.output {
            Output::Jsonl => ProgressFormat::Json,
            _ if self.context.quiet => ProgressFormat::Nothing,
            _ => ProgressFormat::Lines,
        };
        AnnexProgress::new(name.as_str(), self.context.message_style, telling)
    }
}

impl LockedAnnex {
    /// What work on it borrows.
    pub(super) fn tools(&self) -> ReconcileDeps<'_> {
        let progress = &self.progress;
        ReconcileDeps {
            cloud: self.cloud.clone(),
            journal: self.lock.journal(),
            tell: Box::new(move |what| progress.tell(what)),
            pace: pace(&self.record),
        }
    }

    /// Asks the cloud where it stands, and records what came of what an earlier process left; none when it is gone.
    pub(super) async fn refresh(&mut self) -> Result<Option<ObservedAnnex>, CommandError> {
        let mut record = self.record.clone();
        let seen = {
            // Nobody waits for what is only looked at.
            let tools = ReconcileDeps { tell: Box::new(|_| {}), ..self.tools() };
            tools.work().refresh(&mut record).await
        };
        self.record = record;
        seen.map_err(|error| failed(&self.record.id.name, error))
    }

    /// How many instances it is to have when nobody names another number: those that ended by themselves, since they
    /// had no jobs, do not come back with a change of something else.
    pub(super) async fn size(&self, seen: &ObservedAnnex, spec: &AnnexSpec) -> Result<u32, CommandError> {
        if seen.state != ObservedState::Settled {
            return Ok(spec.count);
        }
        let instances = self.cloud.instances(&self.record.id).await?;
        let living = instances.iter().filter(|instance| !instance.state.is_gone()).count();
        Ok(spec.count.min(seen.wanted.max(u32::try_from(living).unwrap_or(u32::MAX))))
    }
}

impl ReconcileDeps<'_> {
    pub(super) fn work(&self) -> Reconciler<'_> {
        Reconciler { cloud: &*self.cloud, journal: &*self.journal, tell: &*self.tell, pace: self.pace }
    }

    pub(super) fn pace(&self) -> PollPolicy {
        self.pace
    }
}

fn pace(record: &Annex) -> PollPolicy {
    if record.place.is_local() { PollPolicy::near() } else { PollPolicy::default() }
}

/// The pool that an annex extends, if it extends one.
pub(super) fn pool_of(record: &Annex) -> Option<HTCondor> {
    let joining = record.spec.as_ref()?.joining()?;
    Some(HTCondor::new(Some(joining.central_manager.clone())))
}

/// Does `work` until it is done or somebody wants to stop, who is told `on` then: what goes on, and what looks.
pub(super) async fn run_until_signal<T>(
    context: &Context,
    on: &[String],
    what: &str,
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let mut stops = context.stops(None)?;
    tokio::select! {
        done = work => done,
        () = stops.wished() => {
            // The line that Ctrl-C left its mark on ends here.
            if !context.quiet && stops.exit() == Exit::Interrupted {
                context.say("");
            }
            let error = CommandError::with_exit(stops.exit(), format!("stopped waiting: {what}"));
            Err(on.iter().fold(error, |error, hint| error.hint(hint)))
        }
    }
}
