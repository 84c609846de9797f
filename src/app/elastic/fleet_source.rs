//! The source of a fleet's work.

use std::path::Path;
use std::sync::Arc;

use super::fleet_directory::fleet_directory;
use crate::app::Workspace;
use crate::batch::{SourceAccess, SourceError, WorkSource, open_source as open_queue};
use crate::elastic::fleet::{FleetQueue, QueueKind};
use crate::plan::CloudConfig;

/// Makes the source that `[queue]` of the fleet file `file` describes. It reads nothing yet. Relative paths of files
/// and programs start from the fleet file's directory, and programs run there; queues of Amazon's are read with the
/// access to `cloud`. Drains of this `mark` are the fleet's own.
pub(crate) fn open_source(
    queue: &FleetQueue,
    file: &Path,
    workspace: &Workspace,
    cloud: &CloudConfig,
    mark: &str,
) -> Result<Arc<dyn WorkSource>, SourceError> {
    let directory = fleet_directory(file);
    let from_there = |path: &str| directory.join(path).to_string_lossy().into_owned();
    let mut queue = queue.clone();
    queue.path = queue.path.as_deref().map(from_there);
    if let Some(program) = queue.program.first_mut().filter(|program| program.contains('/')) {
        *program = from_there(program);
    }
    let mut access = SourceAccess { mark: mark.to_owned(), directory: Some(directory), ..SourceAccess::default() };
    if queue.kind == QueueKind::Sqs {
        give_aws(&mut access, workspace, cloud)?;
    }
    open_queue(&queue, &access)
}

/// Adds the access to AWS: that of the fleet's cloud, or that of the environment where it is another one.
#[cfg(feature = "aws")]
fn give_aws(access: &mut SourceAccess, workspace: &Workspace, cloud: &CloudConfig) -> Result<(), SourceError> {
    let provider = crate::app::aws(workspace)
        .map_err(|error| SourceError { message: error.message, hint: error.hints.into_iter().next() })?;
    let is_aws = cloud.provider == crate::plan::ProviderRules::EC2.name;
    let config = if is_aws { cloud.clone() } else { workspace.clouds.ec2_config() };
    access.aws = Some(provider.session(&config));
    Ok(())
}

/// Without AWS, the source itself tells what is missing.
#[cfg(not(feature = "aws"))]
fn give_aws(_access: &mut SourceAccess, _workspace: &Workspace, _cloud: &CloudConfig) -> Result<(), SourceError> {
    Ok(())
}
