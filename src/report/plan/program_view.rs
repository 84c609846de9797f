//! A program of a service in documents.

use std::path::Path;

use serde::Serialize;

use crate::plan::{OnFailure, Program};

/// A program as the plan has it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProgramView<'a> {
    /// Its file, absolute.
    program: &'a Path,
    /// Its arguments, as written.
    args: Vec<&'a str>,
    /// The template that becomes the boot program's `bootconf.json`.
    config: Option<&'a Path>,
    /// What its failure means, where the run goes on all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_failure: Option<OnFailure>,
}

impl<'a> ProgramView<'a> {
    /// Creates the view of this program.
    pub(super) fn of(program: &'a Program) -> Self {
        Self {
            program: &program.file.path,
            args: program.args.iter().map(|arg| arg.as_str()).collect(),
            config: program.config.as_ref().map(|config| config.path.as_path()),
            on_failure: Some(program.on_failure).filter(|on_failure| *on_failure == OnFailure::Continue),
        }
    }
}
