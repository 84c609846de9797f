//! Where the commands of annexes work: the ledger, the clouds, and one annex that is held for writing.

use std::sync::Arc;

use super::failure::failed;
use crate::annex::{
    AnnexCloud, AnnexLedger, AnnexName, AnnexRecord, AnnexSeen, AnnexSpec, AnnexStage, AnnexState, Pace, Progress, Work,
};
use crate::cli::args::Output;
use crate::cli::clouds::Clouds;
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, Exit};
use crate::cli::signals::Signals;
use crate::plan::CloudConfig;
use crate::pool::HTCondor;
use crate::report::{AnnexProgress, Telling};
use crate::state::{AnnexLock, Owner, StateError, StateFile};

/// What a command of annexes works with.
pub(super) struct Desk<'a> {
    pub(super) context: &'a Context,
    pub(super) clouds: Clouds,
}

/// An annex that nobody else works on meanwhile.
pub(super) struct Held {
    pub(super) record: AnnexRecord,
    pub(super) cloud: Arc<dyn AnnexCloud>,
    pub(super) progress: AnnexProgress,
    lock: AnnexLock,
}

/// What [`Work`] borrows.
pub(super) struct Tools<'a> {
    cloud: Arc<dyn AnnexCloud>,
    ledger: Arc<dyn AnnexLedger>,
    tell: Box<dyn Fn(&Progress) + Send + Sync + 'a>,
    pace: Pace,
}

impl<'a> Desk<'a> {
    pub(super) fn new(context: &'a Context) -> Result<Self, CommandError> {
        Ok(Self { context, clouds: Clouds::new(context)? })
    }

    /// The annex of this name that lives, if there is one.
    pub(super) fn living(&self, name: &AnnexName) -> Result<Option<AnnexRecord>, CommandError> {
        let Some(state) = self.context.existing_state()? else { return Ok(None) };
        let rows = state.annexes(false)?;
        Ok(rows.into_iter().map(|row| row.record).find(|record| record.id.name == *name))
    }

    /// What is recorded of the annex of this name, also when it has ended.
    pub(super) fn recorded(&self, name: &AnnexName) -> Result<AnnexRecord, CommandError> {
        Ok(self.state_with(name)?.find_annex(name)?)
    }

    /// The annex of this name that lives, or why there is none.
    pub(super) fn record_of(&self, name: &AnnexName) -> Result<AnnexRecord, CommandError> {
        let record = self.recorded(name)?;
        if record.stage == AnnexStage::Ended {
            let message = format!("annex {name} has ended: nothing is left of it");
            return Err(CommandError::new(message).hint(format!("hoist annex create {name} … makes one of this name")));
        }
        Ok(record)
    }

    fn state_with(&self, name: &AnnexName) -> Result<StateFile, CommandError> {
        let unknown = || StateError::AnnexNotFound {
            name: name.to_string(),
            path: self.context.state_path.clone(),
            nearest: Vec::new(),
        };
        self.context.existing_state()?.ok_or_else(|| unknown().into())
    }

    /// Makes an annex's record, and holds it.
    pub(super) fn begin(&self, name: &AnnexName, place: &CloudConfig) -> Result<Held, CommandError> {
        let (record, lock) = self.context.state()?.create_annex(name, place, &Owner::current())?;
        self.held(record, lock)
    }

    /// Holds an annex; what is recorded of it is read anew.
    pub(super) fn hold(&self, record: &AnnexRecord) -> Result<Held, CommandError> {
        let name = &record.id.name;
        let state = self.state_with(name)?;
        let lock = state.lock_annex(&record.id, &Owner::current())?;
        // Read under the lock: what another process was writing is written now.
        let record = state.find_annex(name)?;
        self.held(record, lock)
    }

    fn held(&self, record: AnnexRecord, lock: AnnexLock) -> Result<Held, CommandError> {
        let cloud = self.clouds.annexes(&record.place)?;
        let progress = self.progress(&record.id.name);
        Ok(Held { record, cloud, progress, lock })
    }

    fn progress(&self, name: &AnnexName) -> AnnexProgress {
        let telling = match self.context.output {
            Output::Jsonl => Telling::Json,
            _ if self.context.quiet => Telling::Nothing,
            _ => Telling::Lines,
        };
        AnnexProgress::new(name.as_str(), self.context.message_style, telling)
    }
}

impl Held {
    /// What work on it borrows.
    pub(super) fn tools(&self) -> Tools<'_> {
        let progress = &self.progress;
        Tools {
            cloud: self.cloud.clone(),
            ledger: self.lock.ledger(),
            tell: Box::new(move |what| progress.tell(what)),
            pace: pace(&self.record),
        }
    }

    /// Asks the cloud where it stands, and records what came of what an earlier process left; none when it is gone.
    pub(super) async fn refresh(&mut self) -> Result<Option<AnnexSeen>, CommandError> {
        let mut record = self.record.clone();
        let seen = {
            // Nobody waits for what is only looked at.
            let tools = Tools { tell: Box::new(|_| {}), ..self.tools() };
            tools.work().refresh(&mut record).await
        };
        self.record = record;
        seen.map_err(|error| failed(&self.record.id.name, error))
    }

    /// How many instances it is to have when nobody names another number: those that ended by themselves, since they had no jobs, do
    /// not come back with a change of something else.
    pub(super) async fn size(&self, seen: &AnnexSeen, spec: &AnnexSpec) -> Result<u32, CommandError> {
        if seen.state != AnnexState::Settled {
            return Ok(spec.count);
        }
        let instances = self.cloud.instances(&self.record.id).await?;
        let living = instances.iter().filter(|instance| !instance.state.is_gone()).count();
        Ok(spec.count.min(seen.wanted.max(u32::try_from(living).unwrap_or(u32::MAX))))
    }
}

impl Tools<'_> {
    pub(super) fn work(&self) -> Work<'_> {
        Work { cloud: &*self.cloud, ledger: &*self.ledger, tell: &*self.tell, pace: self.pace }
    }

    pub(super) fn pace(&self) -> Pace {
        self.pace
    }
}

fn pace(record: &AnnexRecord) -> Pace {
    match record.place.provider.as_str() {
        "local" => Pace::near(),
        _ => Pace::default(),
    }
}

/// The pool that an annex extends, if it extends one.
pub(super) fn pool_of(record: &AnnexRecord) -> Option<HTCondor> {
    let joining = record.spec.as_ref()?.joining()?;
    Some(HTCondor::new(Some(joining.central_manager.clone())))
}

/// Does `work` until it is done or somebody wants to stop, who is told `on` then: what goes on, and what looks.
pub(super) async fn until_stopped<T>(
    context: &Context,
    on: &[String],
    what: &str,
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let signals = Signals::listen(|| {})?;
    let mut stop = signals.stop();
    tokio::select! {
        done = work => done,
        _ = stop.changed() => {
            // The line that Ctrl-C left its mark on ends here.
            if !context.quiet && signals.exit() == Exit::Interrupted {
                context.say("");
            }
            let error = CommandError::with_exit(signals.exit(), format!("stopped waiting: {what}"));
            Err(on.iter().fold(error, |error, hint| error.hint(hint)))
        }
    }
}
