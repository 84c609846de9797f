//! `hoist doctor`

use clap::Args;

use super::context::Context;
use super::runtime::block_on;
use crate::app::doctor::examine;
use crate::app::{CommandResult, Exit};
use crate::provider::FindingHealth;
use crate::report::{DoctorDocument, doctor_human};

/// Show what is configured, reachable and missing here: credentials, region, clock, SSH, HTCondor, the set-up for
/// annexes, the state file, the fleets and their queues
///
/// Exit code 0 when nothing is wrong, 1 when something is. What is not set up, such as a cloud that nobody uses, is not
/// wrong.
#[derive(Args, Debug)]
pub(super) struct Doctor {}

impl Doctor {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let findings = block_on(examine(&context.workspace))??;
        if context.wants_json() {
            context.print_json(&DoctorDocument::of(&findings))?;
        } else {
            context.print(&doctor_human(&findings, context.style))?;
        }
        let wrong = findings.iter().any(|finding| finding.health == FindingHealth::Wrong);
        Ok(if wrong { Exit::Failed } else { Exit::Done })
    }
}
