//! Checks that every fault can occur.

use super::fault::{ALL, Fault};
use super::{Rehearsal, RehearsalError};
use crate::diagnostics::nearest;
use crate::plan::{Plan, ProgramKind, Programs, Service};

impl Rehearsal {
    /// Refuses faults that name services missing from all `plans`, or a program that none of these services has: such
    /// faults would never occur.
    pub fn check(&self, plans: &[&Plan]) -> Result<(), RehearsalError> {
        let services: Vec<&Service> =
            plans.iter().flat_map(|plan| plan.services()).map(|(_, service)| service).collect();
        let named = self.script.faults().iter().filter(|fault| fault.service != ALL);
        let problems: Vec<String> = named
            .filter_map(|fault| Some(format!("{}:{}: {}", self.name, fault.line, problem(fault, &services)?)))
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(RehearsalError { problems }) }
    }
}

fn problem(fault: &Fault, services: &[&Service]) -> Option<String> {
    let pattern = &fault.service;
    let mut concerned = services.iter().filter(|service| fault.concerns(&service.name)).peekable();
    if concerned.peek().is_none() {
        // The wildcard parts of a pattern cannot contain a typing error.
        let plain = pattern.trim_matches(['*', '-']);
        let names = services
            .iter()
            .flat_map(|service| [Some(service.name.as_str()), service.replica_of.as_deref()].into_iter().flatten());
        let meant = match nearest(plain, names) {
            Some(name) if services.iter().any(|service| service.name == name) => format!("; did you mean \"{name}\"?"),
            Some(name) => format!("; did you mean \"{name}-*\"?"),
            None => String::new(),
        };
        return Some(format!("no service is named {pattern:?}{meant}"));
    }
    let program = fault.kind.program()?;
    let has_none = concerned.all(|service| !has(&service.programs, program));
    has_none.then(|| format!("no service named {pattern:?} has a {program} program"))
}

fn has(programs: &Programs, kind: ProgramKind) -> bool {
    match kind {
        ProgramKind::Boot => programs.boot.is_some(),
        ProgramKind::Ready => programs.ready.is_some(),
        ProgramKind::Terminate => programs.terminate.is_some(),
    }
}
