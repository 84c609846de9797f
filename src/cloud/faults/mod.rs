//! Rehearsals: clouds and hosts with scripted faults, to test a plan against the failures of real clouds.
//!
//! A rehearsal is a TOML file of faults (`--rehearse FILE`). Unknown keys are errors.
//!
//! ```toml
//! [[fault]]
//! service = "web-*"        # a pattern of services, `*` stands for any characters; default: all services
//! kind = "program-fails"   # the kind of fault
//! program = "ready"        # boot (the default), ready or terminate
//! times = 2                # number of occurrences, default 1
//! exit_code = 7            # default 1
//! output = "no database"   # the reported output of the program
//!
//! [[fault]]
//! kind = "slow-start"
//! delay = "1.5s"           # a number and ms, s, m or h
//! ```
//!
//! The kinds, with their keys and effects, are those of `docs/plan.md`, under "Faults".
//!
//! Faults with `times` are counted from the start of the hoist process that rehearses them: a process that resumes a
//! run counts anew. Faults with a delay after the launch apply to every hoist process that rehearses the same file.

mod check;
mod cloud;
mod fault;
mod file;
mod host;
mod infrastructure;

use std::path::Path;
use std::sync::Arc;

use crate::plan::{MAX_TEXT, read_text_file};
use crate::provider::{Cloud, Host, Infrastructure};
use cloud::FaultyCloud;
use fault::FaultScript;
use host::FaultyHost;
use infrastructure::FaultyInfrastructure;

/// A script of faults, which decorates clouds and hosts. Copies share their counters.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    name: Arc<str>,
    script: Arc<FaultScript>,
}

/// Why a rehearsal file is invalid; one line per problem, with file and line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.join("\n"))]
pub struct RehearsalError {
    /// The problems, as `FILE:LINE: problem`.
    pub problems: Vec<String>,
}

impl Rehearsal {
    /// Reads and parses a file.
    pub fn load(path: &Path) -> Result<Self, RehearsalError> {
        let name = path.display().to_string();
        let text = read_text_file(path, MAX_TEXT)
            .map_err(|error| RehearsalError { problems: vec![format!("{name}: cannot read it: {error}")] })?;
        Self::parse(&name, &text)
    }

    /// Parses the text of the file called `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self, RehearsalError> {
        let faults = file::parse(text).map_err(|problems| RehearsalError {
            problems: problems.into_iter().map(|(line, message)| format!("{name}:{line}: {message}")).collect(),
        })?;
        Ok(Self { name: Arc::from(name), script: Arc::new(FaultScript::new(faults)) })
    }

    /// Wraps an infrastructure with the scripted faults.
    pub fn infrastructure(&self, infrastructure: Arc<dyn Infrastructure>) -> Arc<dyn Infrastructure> {
        Arc::new(FaultyInfrastructure::new(infrastructure, Arc::clone(&self.script)))
    }

    /// Wraps a cloud, and the hosts that it returns, with the scripted faults.
    pub fn cloud(&self, cloud: Arc<dyn Cloud>) -> Arc<dyn Cloud> {
        Arc::new(FaultyCloud::new(cloud, Arc::clone(&self.script)))
    }

    /// Wraps a host that does not come from a cloud with the scripted faults of `service`.
    pub fn host(&self, service: &str, host: Arc<dyn Host>) -> Arc<dyn Host> {
        Arc::new(FaultyHost::new(host, service.to_owned(), None, Arc::clone(&self.script)))
    }
}
