//! Masks secrets in what is recorded and reported.
//!
//! Text is masked here on its way into the journal and to the observer: output of programs, and reasons of failures.
//! Names, ids and addresses stay: the next command must find its objects by them. Each variant is listed, so that a new
//! one must be classified.

use std::collections::BTreeMap;

use super::event::{RunEvent, ServiceEvent};
use super::failure::{Failure, ProgramFailure};
use super::mask::{MASK, Mask};
use super::observation::{Check, Observation, ObservedInstance, UnknownReason};
use super::remain::Remain;
use super::run::Run;
use super::secrets::Secrets;
use super::store::ProgramOutput;
use super::waits::Wait;
use crate::provider::{CapacityError, CompletedProcess, OUTPUT_LIMIT};

/// The longest first line that is left out because its beginning is missing.
const LONGEST_LOST: usize = 4096;

/// Masks the secrets of a run in text that is shown and that the journal does not contain.
#[derive(Debug)]
pub struct SecretMask {
    mask: Mask,
    unread: Vec<String>,
}

impl SecretMask {
    /// Creates a mask for the secrets of the run, as far as this process can read them.
    pub fn of(run: &Run) -> Self {
        let unread = run.secrets().iter().filter(|source| super::secrets::read(source).is_err());
        Self { mask: Secrets::readable(run.secrets()).mask(), unread: unread.map(ToString::to_string).collect() }
    }

    /// Returns the sources of the secrets that could not be read, and that stay visible in shown text.
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// Masks every secret in the end of a machine's console output, of which its cloud keeps a limited amount.
    pub fn tail(&self, text: &str) -> String {
        self.mask.tail(text)
    }
}

impl Mask {
    /// Masks an event before it is recorded.
    pub(super) fn event(&self, event: RunEvent) -> RunEvent {
        match event {
            _ if self.is_empty() => event,
            RunEvent::Service { service, change } => RunEvent::Service { service, change: self.change(change) },
            // They consist of the plan, which contains no secrets, and of ids.
            RunEvent::Goal { .. }
            | RunEvent::LaunchIntended { .. }
            | RunEvent::PlanReplaced
            | RunEvent::Ended { .. } => event,
        }
    }

    /// Masks a change of a service before it is recorded.
    pub(super) fn change(&self, change: ServiceEvent) -> ServiceEvent {
        match change {
            _ if self.is_empty() => change,
            ServiceEvent::Declined { refusals } => {
                let masked = |CapacityError { offer, reason }| CapacityError { offer, reason: self.said(&reason) };
                ServiceEvent::Declined { refusals: refusals.into_iter().map(masked).collect() }
            }
            ServiceEvent::Booted { output } => ServiceEvent::Booted { output: self.pairs(output) },
            ServiceEvent::ProgramRetried { program, failure } => {
                ServiceEvent::ProgramRetried { program, failure: self.program_failure(failure) }
            }
            ServiceEvent::Ready { degraded } => {
                ServiceEvent::Ready { degraded: degraded.map(|reason| self.said(&reason)) }
            }
            ServiceEvent::Failed { failure } => ServiceEvent::Failed { failure: self.failure(failure) },
            ServiceEvent::Lost { reason } => ServiceEvent::Lost { reason: self.said(&reason) },
            ServiceEvent::TerminateProgramEnded { failure } => {
                ServiceEvent::TerminateProgramEnded { failure: failure.map(|failure| self.failure(failure)) }
            }
            ServiceEvent::TerminateFailed { failure } => {
                ServiceEvent::TerminateFailed { failure: self.failure(failure) }
            }
            ServiceEvent::LaunchIntended { .. }
            | ServiceEvent::Launched { .. }
            | ServiceEvent::Addressed { .. }
            | ServiceEvent::Reachable { .. }
            | ServiceEvent::BootStarted
            | ServiceEvent::CheckStarted
            | ServiceEvent::Retried
            | ServiceEvent::Recheck
            | ServiceEvent::Reconfigured
            | ServiceEvent::TerminateStarted { .. }
            | ServiceEvent::TerminateAccepted
            | ServiceEvent::Abandoned
            | ServiceEvent::Terminated
            | ServiceEvent::Reset => change,
        }
    }

    /// Masks a failure.
    pub(super) fn failure(&self, failure: Failure) -> Failure {
        if self.is_empty() {
            return failure;
        }
        Failure {
            reason: self.said(&failure.reason),
            hint: failure.hint.map(|hint| self.said(&hint)),
            tried: failure.tried.iter().map(|line| self.said(line)).collect(),
            program: failure.program.map(|program| Box::new(self.program_failure(*program))),
            ..failure
        }
    }

    fn program_failure(&self, failure: ProgramFailure) -> ProgramFailure {
        let ProgramFailure { name, outcome, tail, took } = failure;
        let tail = tail.iter().map(|line| self.text(line)).collect();
        ProgramFailure { name: self.said(&name), outcome, tail, took }
    }

    /// Masks attributes that a program wrote: a secret may be a value or a name.
    pub(super) fn pairs(&self, pairs: BTreeMap<String, String>) -> BTreeMap<String, String> {
        pairs.into_iter().map(|(key, value)| (self.text(&key), self.text(&value))).collect()
    }

    /// Masks the output of a program before it is recorded.
    pub(super) fn output(&self, output: ProgramOutput) -> ProgramOutput {
        ProgramOutput { text: self.text(&output.text), ..output }
    }

    /// Masks a finished process as it comes from the host.
    pub(super) fn finished(&self, finished: CompletedProcess) -> CompletedProcess {
        CompletedProcess { output: self.tail(&finished.output), ..finished }
    }

    /// Masks the end of an output, of which hosts and clouds keep a limited amount. If it was cut, it may begin within
    /// a secret; then the first line goes, unless it is most of the text, and so does any other end of a secret.
    pub(super) fn tail(&self, text: &str) -> String {
        let is_cut = text.len() + MASK.len() >= OUTPUT_LIMIT;
        if self.is_empty() || !is_cut {
            return self.text(text);
        }
        match text.split_once('\n') {
            Some((first, rest)) if first.len() <= LONGEST_LOST => self.rest(rest),
            _ => self.rest(text),
        }
    }

    /// Masks a leftover of a run.
    pub(super) fn remain(&self, remain: Remain) -> Remain {
        Remain { what: self.said(&remain.what), hint: remain.hint.map(|hint| self.said(&hint)), ..remain }
    }

    /// Masks a wait for a host.
    pub(super) fn wait(&self, wait: Wait) -> Wait {
        Wait { why: self.said(&wait.why), hint: wait.hint.map(|hint| self.said(&hint)), ..wait }
    }

    fn silence(&self, UnknownReason { reason, hint }: UnknownReason) -> UnknownReason {
        UnknownReason { reason: self.said(&reason), hint: hint.map(|hint| self.said(&hint)) }
    }

    /// Masks the observation of a service.
    pub(super) fn observation(&self, observation: Observation) -> Observation {
        if self.is_empty() {
            return observation;
        }
        let Observation { instance, check } = observation;
        let instance = match instance {
            ObservedInstance::Unknown(silence) => ObservedInstance::Unknown(self.silence(silence)),
            ObservedInstance::None | ObservedInstance::Here(_) | ObservedInstance::Absent => instance,
        };
        let check = match check {
            Check::Degraded(reason) => Check::Degraded(self.said(&reason)),
            Check::Failed(failure) => Check::Failed(Box::new(self.failure(*failure))),
            Check::Gone(reason) => Check::Gone(self.said(&reason)),
            Check::Unknown(silence) => Check::Unknown(self.silence(silence)),
            Check::Skipped | Check::Passed => check,
        };
        Observation { instance, check }
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::Stage;
    use super::*;
    use crate::provider::ExitOutcome;

    #[test]
    fn every_text_of_a_change_is_masked_and_no_name() {
        let mask = Mask::new(["hunter22"]);
        let failure = || Failure {
            tried: vec!["hunter22".to_owned()],
            program: Some(Box::new(ProgramFailure {
                name: "hunter22.sh".to_owned(),
                outcome: ExitOutcome::Exit(1),
                tail: vec!["is hunter22".to_owned()],
                took: std::time::Duration::ZERO,
            })),
            ..Failure::new(Stage::Boot, "hunter22").hint(Some("use hunter22"))
        };
        let changes = [
            ServiceEvent::Booted { output: BTreeMap::from([("hunter22".to_owned(), "%68unter22".to_owned())]) },
            ServiceEvent::Ready { degraded: Some("hunter22".to_owned()) },
            ServiceEvent::Failed { failure: failure() },
            ServiceEvent::Lost { reason: "hunter22".to_owned() },
            ServiceEvent::TerminateProgramEnded { failure: Some(failure()) },
            ServiceEvent::TerminateFailed { failure: failure() },
        ];
        for change in changes {
            let masked = mask.event(RunEvent::Service { service: "hunter22".to_owned(), change });
            let text = serde_json::to_string(&masked).unwrap();
            assert_eq!(text.matches("unter22").count(), 1, "only the service's name: {text}");
            assert!(text.contains("\"service\":\"hunter22\"") && text.contains(MASK), "{text}");
        }
    }

    #[test]
    fn a_cut_output_loses_the_line_that_may_begin_within_a_secret() {
        let output = format!("cret-tail\n{}", "x".repeat(OUTPUT_LIMIT - 10));
        let finished = CompletedProcess { outcome: ExitOutcome::Exit(0), output, took: std::time::Duration::ZERO };
        assert!(!Mask::new(["secret-tail"]).finished(finished).output.contains("cret-tail"));
    }
}
