//! Parses rehearsal files.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::fault::{ALL, Fault, ScriptedFault};
use crate::diagnostics::{did_you_mean, shown};
use crate::plan::ProgramKind;

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    fault: Vec<Spanned<RawFault>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFault {
    service: Option<Spanned<String>>,
    kind: Spanned<String>,
    delay: Option<Spanned<String>>,
    times: Option<Spanned<u32>>,
    program: Option<Spanned<ProgramKind>>,
    exit_code: Option<Spanned<i32>>,
    output: Option<Spanned<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RawKind {
    SlowStart,
    NoCapacity,
    Throttle,
    LaunchReplyLost,
    RenewReplyLost,
    LateVisibility,
    ProgramFails,
    ProgramHangs,
    Dies,
    Unreachable,
}

/// A problem, after its line number.
type FaultFileProblem = (usize, String);

/// Parses all faults, or returns all problems.
pub(super) fn parse(text: &str) -> Result<Vec<Fault>, Vec<FaultFileProblem>> {
    let line_of = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let file: RawFile = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(span.start));
        vec![(line, error.message().to_owned())]
    })?;
    let mut problems = Vec::new();
    let mut faults = Vec::new();
    for raw in file.fault {
        let line = line_of(raw.span().start);
        let mut found = Vec::new();
        let raw = raw.into_inner();
        let named = raw.service.as_ref().map_or(line, |service| line_of(service.span().start));
        match fault(raw, named, &mut found) {
            Some(fault) if found.is_empty() => faults.push(fault),
            _ => problems.extend(found.into_iter().map(|(at, message)| (at.map_or(line, line_of), message))),
        }
    }
    if problems.is_empty() { Ok(faults) } else { Err(problems) }
}

/// A problem, after its offset in the text unless it is at the fault's beginning.
type FoundFaults = (Option<usize>, String);

fn fault(raw: RawFault, line: usize, found: &mut Vec<FoundFaults>) -> Option<Fault> {
    use RawKind as K;
    let Some(kind) = RawKind::named(raw.kind.get_ref()) else {
        found.push((Some(raw.kind.span().start), unknown_kind(raw.kind.get_ref())));
        return None;
    };
    let name = kind.name();
    let wants_delay = matches!(kind, K::SlowStart | K::LateVisibility | K::Dies | K::Unreachable);
    let is_program = matches!(kind, K::ProgramFails | K::ProgramHangs);
    let mut useless = |key: &str, at: Option<usize>, useful: bool| {
        if let Some(at) = at.filter(|_| !useful) {
            found.push((Some(at), format!("{key:?} means nothing to a fault of kind {name:?}")));
        }
    };
    useless("delay", raw.delay.as_ref().map(|value| value.span().start), wants_delay);
    useless("times", raw.times.as_ref().map(|value| value.span().start), !wants_delay);
    useless("program", raw.program.as_ref().map(|value| value.span().start), is_program);
    useless("exit_code", raw.exit_code.as_ref().map(|value| value.span().start), kind == K::ProgramFails);
    useless("output", raw.output.as_ref().map(|value| value.span().start), kind == K::ProgramFails);
    let delay = match &raw.delay {
        Some(text) => match duration(text.get_ref()) {
            Some(delay) => delay,
            None => {
                let message =
                    format!("the delay {:?} is not a number and ms, s, m or h, like \"1.5s\"", text.get_ref());
                found.push((Some(text.span().start), message));
                return None;
            }
        },
        None if wants_delay => {
            found.push((None, format!("a fault of kind {name:?} needs a \"delay\", like \"5s\"")));
            return None;
        }
        None => Duration::ZERO,
    };
    let times = raw.times.map_or(1, Spanned::into_inner);
    let program = raw.program.map_or(ProgramKind::Boot, Spanned::into_inner);
    let kind = match kind {
        K::SlowStart => ScriptedFault::SlowStart { delay },
        K::NoCapacity => ScriptedFault::NoCapacity { times },
        K::Throttle => ScriptedFault::Throttle { times },
        K::LaunchReplyLost => ScriptedFault::LaunchReplyLost { times },
        K::RenewReplyLost => ScriptedFault::RenewReplyLost { times },
        K::LateVisibility => ScriptedFault::LateVisibility { delay },
        K::ProgramHangs => ScriptedFault::ProgramHangs { program, times },
        K::Dies => ScriptedFault::Dies { delay },
        K::Unreachable => ScriptedFault::Unreachable { delay },
        K::ProgramFails => ScriptedFault::ProgramFails {
            program,
            times,
            exit_code: raw.exit_code.map_or(1, Spanned::into_inner),
            output: raw.output.map_or_else(String::new, Spanned::into_inner),
        },
    };
    Some(Fault { service: raw.service.map_or_else(|| ALL.to_owned(), Spanned::into_inner), kind, line })
}

/// Returns the problem of a kind that does not exist.
fn unknown_kind(kind: &str) -> String {
    let names = RawKind::ALL.map(RawKind::name);
    let hint = did_you_mean(kind, names).unwrap_or_else(|| format!("known kinds: {}", names.join(", ")));
    format!("unknown kind \"{}\"; {hint}", shown(kind))
}

impl RawKind {
    /// Every kind.
    const ALL: [Self; 10] = [
        Self::SlowStart,
        Self::NoCapacity,
        Self::Throttle,
        Self::LaunchReplyLost,
        Self::RenewReplyLost,
        Self::LateVisibility,
        Self::ProgramFails,
        Self::ProgramHangs,
        Self::Dies,
        Self::Unreachable,
    ];

    /// Returns the kind of this name, if any.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Returns its name in files.
    fn name(self) -> &'static str {
        match self {
            Self::SlowStart => "slow-start",
            Self::NoCapacity => "no-capacity",
            Self::Throttle => "throttle",
            Self::LaunchReplyLost => "launch-reply-lost",
            Self::RenewReplyLost => "renew-reply-lost",
            Self::LateVisibility => "late-visibility",
            Self::ProgramFails => "program-fails",
            Self::ProgramHangs => "program-hangs",
            Self::Dies => "dies",
            Self::Unreachable => "unreachable",
        }
    }
}

/// Parses `300ms`, `1.5s`, `2m` or `1h`.
fn duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(at);
    let number: f64 = number.trim().parse().ok()?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read() {
        let text = "
[[fault]]
service = \"web-*\"
kind = \"program-fails\"
program = \"ready\"
times = 2
exit_code = 7
output = \"no database\"
[[fault]]
kind = \"slow-start\"
delay = \"1.5s\"
[[fault]]
kind = \"launch-reply-lost\"
";
        let [first, second, third] = &parse(text).unwrap()[..] else { panic!() };
        let output = "no database".to_owned();
        let fails = ScriptedFault::ProgramFails { program: ProgramKind::Ready, times: 2, exit_code: 7, output };
        assert_eq!(first, &Fault { service: "web-*".into(), kind: fails, line: 3 });
        assert_eq!(second.kind, ScriptedFault::SlowStart { delay: Duration::from_millis(1500) });
        assert_eq!(third, &Fault { service: ALL.into(), kind: ScriptedFault::LaunchReplyLost { times: 1 }, line: 12 });
    }

    #[test]
    fn problems_are_found_with_their_lines() {
        let line = |text: &str| parse(text).unwrap_err().into_iter().map(|(line, _)| line).collect::<Vec<_>>();
        assert_eq!(line("\n[[fault]]\nkind = \"throttle\"\ntime = 3\n"), [4]);
        assert_eq!(line("[[fault]]\nkind = \"explodes\"\n"), [2]);
        assert_eq!(line("[[fault]]\n[[faults]]\n").len(), 1);
        let text = "[[fault]]\nkind = \"dies\"\ntimes = 1\n\n[[fault]]\nkind = \"slow-start\"\ndelay = \"soon\"\n";
        let problems = parse(text).unwrap_err();
        assert_eq!(problems.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 1, 7], "{problems:?}");
        assert!(problems[0].1.contains("times") && problems[2].1.contains("soon"), "{problems:?}");
    }

    #[test]
    fn an_unknown_kind_is_told_with_the_nearest_and_hides_no_other_problem() {
        let problems = parse("[[fault]]\nkind = \"trottle\"\n[[fault]]\nkind = \"dies\"\n").unwrap_err();
        let unknown = "unknown kind \"trottle\"; did you mean \"throttle\"?".to_owned();
        let incomplete = "a fault of kind \"dies\" needs a \"delay\", like \"5s\"".to_owned();
        assert_eq!(problems, [(2, unknown), (3, incomplete)]);
        let far = "unknown kind \"explodes\"; known kinds: slow-start, no-capacity, throttle, launch-reply-lost, \
                   renew-reply-lost, late-visibility, program-fails, program-hangs, dies, unreachable";
        assert_eq!(parse("[[fault]]\nkind = \"explodes\"\n"), Err(vec![(2, far.to_owned())]));
    }

    #[test]
    fn durations() {
        assert_eq!(duration("300ms"), Some(Duration::from_millis(300)));
        assert_eq!(duration("2m"), Some(Duration::from_secs(120)));
        for wrong in ["", "5", "s", "-1s", "1 week", "nans", "infs", "1e400h"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
