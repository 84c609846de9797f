//! Faults, and counters of their occurrences.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::plan::ProgramKind;
use crate::provider::{Clock, CompletedProcess, ExitOutcome};

/// A fault, and the services that it affects.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    /// A pattern of service names.
    pub(super) service: String,
    /// The kind of fault.
    pub(super) kind: ScriptedFault,
    /// The line of the file that names the services, or else the line where the fault begins.
    pub(super) line: usize,
}

/// A kind of fault.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ScriptedFault {
    SlowStart { delay: Duration },
    NoCapacity { times: u32 },
    Throttle { times: u32 },
    LaunchReplyLost { times: u32 },
    RenewReplyLost { times: u32 },
    LateVisibility { delay: Duration },
    ProgramFails { program: ProgramKind, times: u32, exit_code: i32, output: String },
    ProgramHangs { program: ProgramKind, times: u32 },
    Dies { delay: Duration },
    Unreachable { delay: Duration },
}

/// A scripted outcome of a program.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fate {
    /// It fails without being run.
    Fails(CompletedProcess),
    /// It hangs.
    Hangs,
}

/// All faults, and counters of their occurrences.
#[derive(Debug)]
pub(super) struct FaultScript {
    faults: Vec<Fault>,
    clock: Clock,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Counts by the fault's position and, for programs, the service.
    happened: BTreeMap<(usize, String), u32>,
    /// The outcome of each command, so that a repeated query for it has the same outcome.
    fates: BTreeMap<String, Option<Fate>>,
    /// Since when the host of a service has not answered.
    silences: BTreeMap<String, Instant>,
}

impl FaultScript {
    /// Creates a script of which no fault has occurred yet.
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self { faults, clock: Clock::start(), counts: Mutex::default() }
    }

    /// Returns all faults, as written.
    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Whether a fault with a limited number of occurrences, given by `times`, is due for one of `services`; if so,
    /// counts an occurrence.
    pub(super) fn happens(&self, services: &[String], times: impl Fn(&ScriptedFault) -> Option<u32>) -> bool {
        let due = |fault: &Fault| services.iter().any(|service| fault.concerns(service));
        self.count(due, times, "")
    }

    /// Like [`Self::happens`], for calls that concern no service in particular; only faults of all services apply.
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

    /// Returns the longest of the delays that `delay` extracts from the faults of `service`.
    pub(super) fn delay(&self, service: &str, delay: impl Fn(&ScriptedFault) -> Option<Duration>) -> Option<Duration> {
        self.faults.iter().filter(|fault| fault.concerns(service)).filter_map(|fault| delay(&fault.kind)).max()
    }

    /// Returns the start delay of the instances of `service`.
    pub(super) fn slow_start(&self, service: &str) -> Option<Duration> {
        self.delay(service, |kind| match kind {
            ScriptedFault::SlowStart { delay } => Some(*delay),
            _ => None,
        })
    }

    /// Returns the longest of the delays that `delay` extracts from all faults.
    pub(super) fn longest(&self, delay: impl Fn(&ScriptedFault) -> Option<Duration>) -> Option<Duration> {
        self.faults.iter().filter_map(|fault| delay(&fault.kind)).max()
    }

    /// Returns how much longer the host of `service` stays silent. Its silence begins with the first request.
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

    /// Returns the current rest of a delay that began at `since`; in virtual time if tokio's clock is paused.
    pub(super) fn left_of(&self, delay: Duration, since: Timestamp) -> Option<Duration> {
        // A clock that was set back counts as no elapsed time.
        let passed = Duration::try_from(self.clock.now().duration_since(since)).unwrap_or_default();
        delay.checked_sub(passed).filter(|left| !left.is_zero())
    }

    /// Returns the outcome of the command with `key`, which begins with `SERVICE/PROGRAM/`.
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

/// The pattern of a fault that applies to every service.
pub(super) const ALL: &str = "*";

impl ScriptedFault {
    /// Returns the affected program, if any.
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

/// Whether `text` matches `pattern`, in which `*` stands for any characters.
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
