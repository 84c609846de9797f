//! Records the events of a run, and reports them once they are committed. The run changes only here, and no secret
//! leaves here.

use std::sync::Arc;

use super::event::{JournalEntry, RunEvent};
use super::mask::Mask;
use super::observer::Observer;
use super::phase::IllegalEvent;
use super::remain::Remain;
use super::run::Run;
use super::secrets::Secrets;
use super::store::{Batch, JournalError, ProgramOutput, RunJournal};
use super::waits::Wait;
use crate::provider::Clock;

/// A run, its journal, and its observer.
pub(super) struct Recorder<'a> {
    run: Run,
    clock: Clock,
    journal: Arc<dyn RunJournal>,
    observer: &'a mut dyn Observer,
    uncommitted: Vec<JournalEntry>,
    outputs: Vec<ProgramOutput>,
    secrets: Secrets,
    /// Masks the secrets in everything that is recorded and reported.
    mask: Mask,
}

impl<'a> Recorder<'a> {
    /// Creates a recorder for `run`, whose lock `journal` holds.
    pub(super) fn new(run: Run, journal: Arc<dyn RunJournal>, observer: &'a mut dyn Observer) -> Self {
        let secrets = Secrets::readable(run.secrets());
        let mask = secrets.mask_for(run.plan.services().map(|(_, service)| service));
        let (uncommitted, outputs) = (Vec::new(), Vec::new());
        Self { run, clock: Clock::start(), journal, observer, uncommitted, outputs, secrets, mask }
    }

    /// Returns the run after everything that was recorded, committed or not.
    pub(super) fn run(&self) -> &Run {
        &self.run
    }

    /// Returns the clock for the times of the journal.
    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// Applies an event to the run, to be committed with the turn; returns the run after it, and the event as recorded.
    /// Refuses an illegal event, and changes nothing then.
    pub(super) fn record(&mut self, event: RunEvent) -> Result<(&Run, &RunEvent), IllegalEvent> {
        let event = self.mask.event(event);
        let entry = JournalEntry { sequence: self.run.sequence() + 1, at: self.clock.now(), event };
        self.run.apply(&entry)?;
        let at = self.uncommitted.len();
        self.uncommitted.push(entry);
        Ok((&self.run, &self.uncommitted[at].event))
    }

    /// Records outputs of programs, as of now, to be committed with the turn.
    pub(super) fn record_outputs(&mut self, outputs: Vec<ProgramOutput>) {
        let at = self.clock.now();
        self.outputs.extend(outputs.into_iter().map(|output| self.mask.output(ProgramOutput { at, ..output })));
    }

    /// Whether a commit has something to write.
    pub(super) fn has_uncommitted(&self) -> bool {
        !self.uncommitted.is_empty() || !self.outputs.is_empty()
    }

    /// Commits the whole turn at once, then reports it.
    pub(super) async fn commit(&mut self) -> Result<(), JournalError> {
        if !self.has_uncommitted() {
            return Ok(());
        }
        let records = std::mem::take(&mut self.uncommitted);
        let outputs = std::mem::take(&mut self.outputs);
        let batch = Batch { records: records.clone(), outputs, summary: self.run.summary() };
        self.journal.append(batch).await?;
        self.observer.recorded(&self.run, &records);
        Ok(())
    }

    /// Whether to wait for tasks that still end once a commit has failed: the process lives on to report their results.
    pub(super) fn outlives_failure(&self) -> bool {
        self.journal.outlives_failure()
    }

    /// Shows the user a note.
    pub(super) fn note(&mut self, note: &str) {
        self.observer.note(&self.mask.said(note));
    }

    /// Shows the user that the host of the service at `position` is waited for.
    pub(super) fn tell_wait(&mut self, position: usize, mut wait: Wait) {
        let notation = self.run.plan.notation();
        wait.hint = wait.hint.map(|hint| notation.in_its_words(&hint));
        self.observer.waits(&self.run, position, &self.mask.wait(wait));
    }

    /// Returns the leftover with its secrets masked.
    pub(super) fn masked(&self, remain: Remain) -> Remain {
        self.mask.remain(remain)
    }

    /// Masks these secrets, too, from here on: a program is about to get them.
    pub(super) fn learn(&mut self, secrets: &Secrets) {
        if self.secrets.learn(secrets) {
            self.mask = self.secrets.mask_for(self.run.plan.services().map(|(_, service)| service));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::event::ServiceEvent;
    use super::super::goal::Goal;
    use super::super::memory_store::MemoryRunJournal;
    use super::super::test_run::run_of;
    use super::*;

    /// Keeps its messages, in order.
    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);

    impl Observer for Told {
        fn recorded(&mut self, _: &Run, records: &[JournalEntry]) {
            self.note(&format!("{} recorded", records.len()));
        }

        fn note(&mut self, text: &str) {
            self.0.get_mut().unwrap().push(text.to_owned());
        }
    }

    const UP: RunEvent = RunEvent::Goal { goal: Goal::Up { repairs: 0, by_level: false, dependents: false } };

    #[tokio::test]
    async fn a_turn_is_one_commit_and_is_told_of_after_it() {
        let (journal, mut told) = (Arc::new(MemoryRunJournal::new()), Told::default());
        let mut recorder = Recorder::new(run_of(&["web"]), journal.clone(), &mut told);
        recorder.commit().await.unwrap();
        assert_eq!(journal.commits(), 0, "an empty turn is no commit");
        recorder.record(UP).unwrap();
        recorder.record(UP).unwrap();
        assert!(recorder.has_uncommitted() && journal.records().is_empty());
        assert_eq!(recorder.run().sequence(), 2);
        recorder.commit().await.unwrap();
        assert!(!recorder.has_uncommitted());
        assert_eq!((journal.commits(), journal.records().len()), (1, 2));
        assert_eq!(told.0.into_inner().unwrap(), ["2 recorded"]);
    }

    #[tokio::test]
    async fn what_cannot_be_committed_is_not_told() {
        let (journal, mut told) = (Arc::new(MemoryRunJournal::new()), Told::default());
        journal.refuse_after(0);
        let mut recorder = Recorder::new(run_of(&["web"]), journal, &mut told);
        recorder.record(UP).unwrap();
        assert!(recorder.commit().await.is_err());
        assert!(told.0.into_inner().unwrap().is_empty());
    }

    #[tokio::test]
    async fn what_is_illegal_leaves_everything_as_it_was() {
        let mut told = Told::default();
        let mut recorder = Recorder::new(run_of(&["web"]), Arc::new(MemoryRunJournal::new()), &mut told);
        let change = ServiceEvent::Booted { output: Default::default() };
        assert!(recorder.record(RunEvent::Service { service: "web".to_owned(), change }).is_err());
        assert!(!recorder.has_uncommitted());
        assert_eq!(recorder.run().sequence(), 0);
    }
}
