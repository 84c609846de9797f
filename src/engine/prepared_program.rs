//! Programs made ready to run.

use std::path::PathBuf;
use std::time::Duration;

use super::failure::{Failure, Stage};
use super::host_cleanup::way_out;
use super::host_retry::{HOST_PATIENCE, RetryPolicy, WaitReporter};
use super::mask::Mask;
use super::phase::ProgramExecution;
use super::program_files::program_files;
use super::program_name::program_name;
use super::run::Run;
use super::secret_error::SET_AS_IT_WAS;
use super::secrets::Secrets;
use crate::plan::{Attributes, Notation, Program, ProgramKind};
use crate::provider::{RUN_VARIABLE, SERVICE_VARIABLE, StageFile};

/// A program made ready to run: its texts are expanded and its files are read.
pub(super) struct PreparedProgram {
    pub(super) kind: ProgramKind,
    pub(super) name: String,
    pub(super) service: String,
    pub(super) execution: ProgramExecution,
    pub(super) retries: u32,
    pub(super) timeout: Duration,
    pub(super) args: Vec<String>,
    /// The run's tag and the service's name, by which fleets that the program starts belong to them.
    pub(super) environment: Vec<(String, String)>,
    pub(super) stage_files: Vec<StageFile>,
    pub(super) patience: RetryPolicy,
    pub(super) secrets: Secrets,
    pub(super) mask: Mask,
    pub(super) source: PathBuf,
    pub(super) notation: Notation,
    pub(super) is_here: bool,
    /// A hint for a terminate program whose host never answers again.
    pub(super) way_out: Option<String>,
    /// Whether the program runs only to examine the service.
    pub(super) looks_only: bool,
}

impl PreparedProgram {
    /// Reads and expands everything that the program needs. A failure has no side effects.
    pub(super) fn prepare(
        run: &Run,
        position: usize,
        kind: ProgramKind,
        program: &Program,
        execution: ProgramExecution,
    ) -> Result<Self, Failure> {
        let service = run.service(position);
        let is_here = run.plan.runs_here(service);
        let fail = |reason: String| Failure::new(Stage::from(kind), reason);
        let attributes = Attributes::new(run.index(), run);
        let args = program
            .args
            .iter()
            .map(|text| attributes.expand(&service.name, text))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| fail(format!("cannot give {} its arguments: {error}", program_name(program))))?;
        let secrets =
            Secrets::read(run.secrets()).map_err(|error| fail(error.to_string()).hint(Some(SET_AS_IT_WAS)))?;
        let name = program_name(program);
        let stage_files = program_files(run, position, kind, program, &name, &secrets)?;
        Ok(Self {
            kind,
            name,
            service: service.name.clone(),
            execution,
            retries: program.retries,
            timeout: program.timeout,
            args,
            environment: [(RUN_VARIABLE, &run.id), (SERVICE_VARIABLE, &service.name)]
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .into(),
            stage_files,
            patience: RetryPolicy::of(HOST_PATIENCE),
            mask: secrets.mask_for([service]),
            secrets,
            source: program.file.path.clone(),
            notation: run.plan.notation(),
            is_here,
            way_out: (kind == ProgramKind::Terminate).then(|| way_out(&run.name, &service.name)),
            looks_only: false,
        })
    }

    /// Sets the execution.
    pub(super) fn with_execution(self, execution: ProgramExecution) -> Self {
        Self { execution, ..self }
    }

    /// Shortens the wait for its host, for a caller that only wants to know the present state.
    pub(super) fn impatient(self) -> Self {
        Self { patience: RetryPolicy::of_a_look(), looks_only: true, ..self }
    }

    /// Shortens the wait for its host, for a caller that goes on regardless of the result.
    pub(super) fn briefly(self) -> Self {
        Self { patience: RetryPolicy::of_a_look(), ..self }
    }

    /// Has `teller` report waits for its host.
    pub(super) fn telling(self, teller: WaitReporter) -> Self {
        Self { patience: self.patience.clone().telling(teller), ..self }
    }

    /// Returns the name of the program's service.
    pub(super) fn service(&self) -> &str {
        &self.service
    }

    /// Returns the secrets that this program may know.
    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}
