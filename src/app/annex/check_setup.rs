//! Check of the set-up for annexes.

use crate::annex::SetupFinding;
use crate::app::{CommandError, Workspace, aws};
use crate::cloud::Provider as _;

/// State of each part of the set-up.
pub(crate) struct CheckedSetup {
    /// Finding for each part.
    pub(crate) findings: Vec<SetupFinding>,
    /// Label of the cloud, such as `ec2 us-east-1`.
    pub(crate) place: String,
}

/// Reads the current state of each part of the set-up.
///
/// # Errors
/// The cloud cannot be asked.
pub(crate) async fn check_setup(workspace: &Workspace) -> Result<CheckedSetup, CommandError> {
    let (aws, config) = (aws(workspace)?, workspace.clouds.ec2_config());
    let findings = aws.setup(&config)?.check(None).await?;
    Ok(CheckedSetup { findings, place: aws.label(&config).await? })
}
