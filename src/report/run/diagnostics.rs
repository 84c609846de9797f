//! Errors other than those of broken services.

use super::kept::kept;
use super::run_ending::RunEnding;
use super::service_failure::try_this;
use crate::engine::{DriveResult, Run};
use crate::report::guard::in_one_line;

/// Lists remains and errors other than those of broken services, a line each.
pub fn diagnostics(run: &Run, halt: DriveResult, ending: &RunEnding) -> Vec<String> {
    let mut diagnostics = Vec::new();
    for (service, reason) in &ending.gone {
        diagnostics.push(format!("  {service}: recorded as ready; {}", in_one_line(reason)));
    }
    for (service, reason) in &ending.unknown {
        diagnostics.push(format!("  {service}: recorded as ready; its cloud could not say: {}", in_one_line(reason)));
    }
    for (service, failure) in &ending.blocked {
        diagnostics.push(format!("  {service}: {}", in_one_line(&failure.reason)));
        diagnostics.extend(failure.hint.iter().map(|hint| format!("    try: {}", try_this(hint, &run.name))));
    }
    let kept: Vec<&str> = kept(run, halt).map(|(service, _)| service).collect();
    for (service, failure) in &ending.farewells {
        let has_machine = run.position(service).is_some_and(|position| run.service(position).launch.is_some());
        let fate = match (kept.contains(&service.as_str()), has_machine) {
            (true, true) => "its machine is kept",
            (true, false) => "what it has on its host is kept",
            (false, true) => "its machine went all the same",
            (false, false) => "what it had on its host went all the same",
        };
        diagnostics
            .push(format!("  {service}: its terminate program failed: {}; {fate}", in_one_line(&failure.reason)));
    }
    diagnostics
}
