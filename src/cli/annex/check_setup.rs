//! `hoist annex check-setup`

use clap::Args;

use crate::annex::DriftStatus;
use crate::app::annex::{CheckedSetup, check_setup};
use crate::app::{CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::report::{CheckSetupDocument, setup_findings_human};

/// Show what of the set-up for annexes is there, missing or changed
///
/// Each thing is asked as it is now, not only as CloudFormation remembers it. Exit code 0 when all is there, 1 when
/// something is missing, 2 when something is changed.
#[derive(Args, Debug)]
pub(in crate::cli) struct CheckSetup {}

impl CheckSetup {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let CheckedSetup { findings, place } = block_on(check_setup(&context.workspace))??;
        if context.wants_json() {
            context.print_json(&CheckSetupDocument::new(&place, &findings))?;
        } else {
            context.print(&setup_findings_human(&findings, context.style))?;
        }
        let worst = findings.iter().map(|finding| finding.presence).max();
        Ok(match worst {
            Some(DriftStatus::There) => Exit::Done,
            Some(DriftStatus::Changed) => Exit::Changed,
            Some(DriftStatus::Missing) | None => Exit::Failed,
        })
    }
}
