//! Looking what of the set-up for annexes is there.

use crate::annex::SetupFinding;
use crate::app::{CommandError, Workspace, aws};
use crate::cloud::Provider as _;

/// What of the set-up is there, missing or changed.
pub(crate) struct CheckedSetup {
    /// Each thing of it.
    pub(crate) findings: Vec<SetupFinding>,
    /// Where, such as `ec2 us-east-1`.
    pub(crate) place: String,
}

/// Asks for each thing of the set-up as it is now.
///
/// # Errors
/// The cloud cannot be asked.
pub(crate) async fn check_setup(workspace: &Workspace) -> Result<CheckedSetup, CommandError> {
    let (aws, config) = (aws(workspace)?, workspace.clouds.ec2_config());
    let findings = aws.setup(&config)?.check(None).await?;
    Ok(CheckedSetup { findings, place: aws.label(&config).await? })
}
