//! Faults, and how often they have happened.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::plan::ProgramKind;
use crate::provider::{Clock, CompletedProcess, ExitOutcome};

/// What shall happen to which services.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    /// A pattern of services' names.
    pub(super) service: String,
    /// What happens.
    pub(super) kind: ScriptedFault,
    /// The line of its file that names the services, or that it begins at.
    pub(super) line: usize,
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ScriptedFault {
    SlowStart { delay: Duration },
    NoCapacity { times: u32 },
    Throttle { times: u32 },
    LaunchReplyLost { times: u32 },
    LateVisibility { delay: Duration },
    ProgramFails { program: ProgramKind, times: u32, exit_code: i32, output: String },
    ProgramHangs { program: ProgramKind, times: u32 },
    Dies { delay: Duration },
    Unreachable { delay: Duration },
}

/// What becomes of a program.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fate {
    /// It fails without being run.
    Fails(CompletedProcess),
    /// It hangs.
    Hangs,
}

/// All faults, and how often they have happened.
#[derive(Debug)]
pub(super) struct FaultScript {
    faults: Vec<Fault>,
    clock: Clock,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// By the fault's position and, for programs, the service.
    happened: BTreeMap<(usize, String), u32>,
    /// What became of each command, so that the same one meets the same fate when it is asked for again.
    fates: BTreeMap<String, Option<Fate>>,
    /// Since when the host of a service does not answer.
    silences: BTreeMap<String, Instant>,
}

impl FaultScript {
    /// Nothing has happened yet.
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self { faults, clock: Clock::start(), counts: Mutex::default() }
    }

    /// All faults, as they were written.
    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Whether a fault that happens a number of times, as `times` tells, is due for one of `services`; it has happened
    /// then.
    pub(super) fn happens(&self, services: &[String], times: impl Fn(&ScriptedFault) -> Option<u32>) -> bool {
        let due = |fault: &Fault| services.iter().any(|service| fault.concerns(service));
        self.count(due, times, "")
    }

    /// The same for calls that are about no service in particular, which only faults of all services concern.
    pub(super) fn happens_to_all(&self, times: impl Fn(&ScriptedFault) -> Option<u32>) -> bool {
        self.count(|fault| fault.service == ALL, times, "")
    }

    fn count(&self, due: impl Fn(&Fault) -> bool, times: impl Fn(&ScriptedFault) -> Option<u32>, whose: &str) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (position, fault) in self.faults.iter().enumerate().filter(|(_, fault)| due(fault)) {
            let Some(times) = times(&fault.kind) else { continue };
            let happened = counts.happened.entry((position, whose.to_owned())).or_default();
            if *happened < times {
                *happened += 1;
                return true;
            }
        }
        false
    }

    /// The longest delay that `delay` finds in the faults of `service`.
    pub(super) fn delay(&self, service: &str, delay: impl Fn(&ScriptedFault) -> Option<Duration>) -> Option<Duration> {
        self.faults.iter().filter(|fault| fault.concerns(service)).filter_map(|fault| delay(&fault.kind)).max()
    }

    /// How long the instances of `service` take to start.
    pub(super) fn slow_start(&self, service: &str) -> Option<Duration> {
        self.delay(service, |kind| match kind {
            ScriptedFault::SlowStart { delay } => Some(*delay),
            _ => None,
        })
    }

    /// The longest delay that `delay` finds anywhere.
    pub(super) fn longest(&self, delay: impl Fn(&ScriptedFault) -> Option<Duration>) -> Option<Duration> {
        self.faults.iter().filter_map(|fault| delay(&fault.kind)).max()
    }

    /// How long the host of `service` still does not answer. It falls silent when something is asked of it the first
    /// time.
    pub(super) fn silence(&self, service: &str, asked: bool) -> Option<Duration> {
        let delay = self.delay(service, |kind| match kind {
            ScriptedFault::Unreachable { delay } => Some(*delay),
            _ => None,
        })?;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if asked {
            counts.silences.entry(service.to_owned()).or_insert_with(Instant::now);
        }
        delay.checked_sub(counts.silences.get(service)?.elapsed())
    }

    /// What is left, now, of a delay that began at `since`; in virtual time where tokio's clock is paused.
    pub(super) fn left_of(&self, delay: Duration, since: Timestamp) -> Option<Duration> {
        // A clock that was set back counts as no time passed.
        let passed = Duration::try_from(self.clock.now().duration_since(since)).unwrap_or_default();
        delay.checked_sub(passed).filter(|left| !left.is_zero())
    }

    /// What becomes of the command with `key`, which begins with `SERVICE/PROGRAM/`.
    pub(super) fn fate(&self, service: &str, key: &str) -> Option<Fate> {
        let whose = format!("{service}\n{key}");
        if let Some(fate) = self.counts.lock().unwrap_or_else(PoisonError::into_inner).fates.get(&whose) {
            return fate.clone();
        }
        let named = key.strip_prefix(service)?.strip_prefix('/')?.split('/').next()?;
        let is_it = |program: ProgramKind| program.as_str() == named;
        let fate = self.faults.iter().find_map(|fault| {
            let due = |other: &Fault| std::ptr::eq(fault, other) && fault.concerns(service);
            match &fault.kind {
                ScriptedFault::ProgramFails { program, times, exit_code, output } if is_it(*program) => {
                    let (outcome, output) = (ExitOutcome::Exit(*exit_code), output.clone());
                    let fails = Fate::Fails(CompletedProcess { outcome, output, took: Duration::ZERO });
                    self.count(due, |_| Some(*times), service).then_some(fails)
                }
                ScriptedFault::ProgramHangs { program, times } if is_it(*program) => {
                    self.count(due, |_| Some(*times), service).then_some(Fate::Hangs)
                }
                _ => None,
            }
        });
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.fates.insert(whose, fate.clone());
        fate
    }
}

/// The pattern of a fault that concerns every service.
pub(super) const ALL: &str = "*";

impl ScriptedFault {
    /// The program that it befalls, if it befalls one.
    pub(super) fn program(&self) -> Option<ProgramKind> {
        match self {
            Self::ProgramFails { program, .. } | Self::ProgramHangs { program, .. } => Some(*program),
            _ => None,
        }
    }
}

impl Fault {
    pub(super) fn concerns(&self, service: &str) -> bool {
        matches(&self.service, service)
    }
}

/// Whether `text` is what `pattern` describes, in which `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("web", "web", true),
            ("web", "web-1", false),
            ("web-*", "web-1", true),
            ("web-*", "web", false),
            ("*-1", "web-1", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("*b*", "abc", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn each_service_has_its_own_count_and_each_command_one_fate() {
        let kind = ScriptedFault::ProgramHangs { program: ProgramKind::Boot, times: 1 };
        let script = FaultScript::new(vec![Fault { service: "web-*".into(), kind, line: 1 }]);
        assert_eq!(script.fate("web-0", "web-0/ready/1"), None);
        for _ in 0..2 {
            assert_eq!(script.fate("web-0", "web-0/boot/1"), Some(Fate::Hangs));
        }
        assert_eq!(script.fate("web-0", "web-0/boot/2"), None);
        assert_eq!(script.fate("web-0", "web-0/boot/1"), Some(Fate::Hangs));
        assert_eq!(script.fate("web-1", "web-1/boot/1"), Some(Fate::Hangs));
        assert_eq!(script.fate("database", "database/boot/1"), None);
    }
}
