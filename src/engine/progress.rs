//! The progress of a run: its record, its next steps, and its obstacles.

use std::collections::HashSet;
use std::sync::Arc;

use super::action::Action;
use super::agenda::Agenda;
use super::decide::{Decision, Outlook, decide, decide_some};
use super::drive_report::DriveReport;
use super::driver_error::DriverError;
use super::event::{RunEvent, ServiceEvent};
use super::failure::Failure;
use super::goal::Goal;
use super::recorder::Recorder;
use super::run::Run;
use super::secrets::Secrets;
use super::task_result::TaskResult;
use super::tasks::program_failed;
use crate::plan::{Plan, ProgramKind};
use crate::provider::Clock;

/// The most services of a run whose agenda debug builds compare with a decision about everything.
const CHECKED: usize = 64;

/// The decisions about the run as a whole; those about its services are on the agenda.
#[derive(Default)]
pub(super) struct Decided {
    /// The actions for the run as a whole.
    pub(super) actions: Vec<Action>,
    /// The plan that is in force from now on, if it was replaced.
    pub(super) new_plan: Option<Arc<Plan>>,
}

/// The decisions and records of one drive of a run.
pub(super) struct Progress<'a> {
    recorder: Recorder<'a>,
    agenda: Agenda,
    report: DriveReport,
}

impl<'a> Progress<'a> {
    /// Begins a drive.
    pub(super) fn new(recorder: Recorder<'a>) -> Self {
        Self { recorder, agenda: Agenda::default(), report: DriveReport::default() }
    }

    /// Returns the run after everything that was recorded.
    pub(super) fn run(&self) -> &Run {
        self.recorder.run()
    }

    /// Returns the clock for the times of the journal.
    pub(super) fn clock(&self) -> Clock {
        self.recorder.clock()
    }

    /// Returns the findings of the drive beside what the run records.
    pub(super) fn report(&self) -> &DriveReport {
        &self.report
    }

    /// Records an event, committed with the turn. Everything enters the journal here.
    pub(super) fn record(&mut self, event: RunEvent) -> Result<(), DriverError> {
        let (run, event) = self.recorder.record(event)?;
        self.agenda.mark_after(run, event);
        Ok(())
    }

    /// Records a change of the service at `position`.
    pub(super) fn change(&mut self, position: usize, mut change: ServiceEvent) -> Result<(), DriverError> {
        let run = self.recorder.run();
        if let Some(failure) = change.failure_mut() {
            failure.put_in_words_of(run.plan.notation());
        }
        let service = run.service(position).name.clone();
        self.report.take(&service, &change);
        self.record(RunEvent::Service { service, change })
    }

    /// Takes what a task reports on its way, or its result.
    pub(super) fn take(&mut self, result: TaskResult) -> Result<(), DriverError> {
        self.recorder.record_outputs(result.outputs);
        for (position, change) in result.changes {
            let run = self.recorder.run();
            let change = match change {
                ServiceEvent::Booted { .. } => run.wanted().judged(run.service(position), change),
                change => change,
            };
            self.change(position, change)?;
        }
        result.held_up.into_iter().try_for_each(|(action, failure)| self.hold_up(action, failure))?;
        if let Some(checked) = result.proved_gone {
            self.record(RunEvent::Ended { checked })?;
        }
        for remain in result.remains {
            self.report.add_remain(self.recorder.masked(remain));
        }
        result.notes.iter().for_each(|note| self.note(note));
        result.waits.into_iter().for_each(|(position, wait)| self.recorder.tell_wait(position, wait));
        Ok(())
    }

    /// Ends these actions: they may be wanted again, even if they had no result.
    pub(super) fn ended(&mut self, actions: &[Action]) {
        actions.iter().filter_map(Action::position).for_each(|position| self.agenda.mark(position));
    }

    /// Handles an action that cannot begin for a local reason, which does not mean that the service is broken.
    pub(super) fn hold_up(&mut self, action: Action, failure: Failure) -> Result<(), DriverError> {
        match action {
            // On the way down, a program that cannot start has failed, and the way in which the run is brought down
            // determines the consequence.
            Action::RunTerminateProgram(position) if self.run().goal.as_ref().is_some_and(Goal::is_down) => {
                self.change(position, program_failed(ProgramKind::Terminate, failure))
            }
            action => {
                self.block(action, failure);
                Ok(())
            }
        }
    }

    /// Blocks an action that cannot begin for a local reason.
    pub(super) fn block(&mut self, action: Action, failure: Failure) {
        self.agenda.begun(&action);
        self.report.block(action, failure);
    }

    /// Shows the user a note.
    pub(super) fn note(&mut self, note: &str) {
        self.recorder.note(note);
    }

    /// Masks these secrets, too, from here on: a program is about to get them.
    pub(super) fn learn(&mut self, secrets: &Secrets) {
        self.recorder.learn(secrets);
    }

    /// Records the decisions that need no action, and puts actions for services on the agenda, except those
    /// `under_way`; returns the decisions about the run as a whole.
    pub(super) fn decide(&mut self, under_way: &HashSet<Action>) -> Result<Decided, DriverError> {
        let mut decided = Decided::default();
        loop {
            let outlook = Outlook::of(self.run());
            let positions = self.agenda.take(outlook, self.run().records().len());
            decided.actions.clear();
            for step in decide_some(self.run(), outlook, positions) {
                match step {
                    Decision::Record(position, change) => self.change(position, change)?,
                    Decision::ReplacePlan => {
                        self.record(RunEvent::PlanReplaced)?;
                        self.report.unblock();
                        decided.new_plan = Some(self.run().plan.clone());
                    }
                    Decision::Run(action) if under_way.contains(&action) || self.report.is_blocked(&action) => {}
                    Decision::Run(action) if action.position().is_some() => self.agenda.want(action),
                    Decision::Run(action) => decided.actions.push(action),
                }
            }
            if self.agenda.is_decided(Outlook::of(self.run())) {
                debug_assert!(self.agenda_is_complete(under_way), "a step was overlooked");
                return Ok(decided);
            }
        }
    }

    /// Whether the agenda has everything that a decision about every service gives; not checked where that would take
    /// long.
    fn agenda_is_complete(&self, under_way: &HashSet<Action>) -> bool {
        let wanted: HashSet<Action> = self.agenda.wanted().collect();
        let is_wanted = |step: &Decision| match step {
            Decision::Run(action) => {
                action.position().is_none()
                    || under_way.contains(action)
                    || self.report.is_blocked(action)
                    || wanted.contains(action)
            }
            Decision::Record(..) | Decision::ReplacePlan => false,
        };
        self.run().records().len() > CHECKED || decide(self.run()).iter().all(is_wanted)
    }

    /// Returns the agenda of actions for services.
    pub(super) fn agenda(&mut self) -> &mut Agenda {
        &mut self.agenda
    }

    /// Whether something happened since the last decision.
    pub(super) fn has_changes(&self) -> bool {
        self.agenda.has_changes()
    }

    /// Whether a commit has something to write.
    pub(super) fn has_uncommitted(&self) -> bool {
        self.recorder.has_uncommitted()
    }

    /// Commits the whole turn at once, then reports it.
    pub(super) async fn commit(&mut self) -> Result<(), DriverError> {
        Ok(self.recorder.commit().await?)
    }

    /// Whether to wait for tasks that still end once a commit has failed.
    pub(super) fn outlives_failure(&self) -> bool {
        self.recorder.outlives_failure()
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::Stage;
    use super::super::memory_store::MemoryRunJournal;
    use super::super::remain::Remain;
    use super::super::test_run::run_of;
    use super::*;

    const UP: RunEvent = RunEvent::Goal { goal: Goal::Up { repairs: 0, by_level: false, dependents: false } };

    #[tokio::test]
    async fn what_is_under_way_or_blocked_is_not_scheduled_again() {
        let mut nobody = ();
        let run = run_of(&["db", "web", "www"]);
        let mut progress = Progress::new(Recorder::new(run, Arc::new(MemoryRunJournal::new()), &mut nobody));
        progress.record(UP).unwrap();
        progress.block(Action::Launch(0), Failure::new(Stage::Launch, "no user data"));
        progress.decide(&HashSet::from([Action::Launch(1)])).unwrap();
        assert_eq!(progress.agenda().launches(), [2]);
        // The action had no result, so it is wanted again.
        progress.ended(&[Action::Launch(1)]);
        assert!(progress.has_changes());
        progress.decide(&HashSet::new()).unwrap();
        assert_eq!(progress.agenda().launches(), [1, 2]);
    }

    #[tokio::test]
    async fn what_a_task_tells_is_recorded_in_order_and_reported() {
        let mut nobody = ();
        let journal = Arc::new(MemoryRunJournal::new());
        let mut progress = Progress::new(Recorder::new(run_of(&["web"]), journal.clone(), &mut nobody));
        progress.record(UP).unwrap();
        let failure = Failure::new(Stage::Launch, "refused");
        let remain = Remain { what: "a volume".to_owned(), hint: None, unproved: false };
        let changes = vec![(0, ServiceEvent::Failed { failure }), (0, ServiceEvent::Retried)];
        progress.take(TaskResult { changes, remains: vec![remain], ..TaskResult::default() }).unwrap();
        progress.commit().await.unwrap();
        let recorded: Vec<_> = journal.records().into_iter().map(|entry| entry.event).collect();
        assert_eq!((recorded.len(), &recorded[0]), (3, &UP));
        assert!(matches!(&recorded[1], RunEvent::Service { change: ServiceEvent::Failed { .. }, .. }));
        assert!(matches!(&recorded[2], RunEvent::Service { change: ServiceEvent::Retried, .. }));
        assert_eq!(progress.report().remains().len(), 1);
    }
}
