//! The source that a recording reads.

use std::path::PathBuf;
use std::sync::Arc;

use super::find_fleet::FoundFleet;
use super::fleet_source::open_source;
use super::open_fleet::cloud_config;
use crate::app::{CommandError, Exit, Operation, refuse};
use crate::batch::WorkSource;
use crate::elastic::fleet::FleetFile;
use crate::scaler::FleetName;

/// Whose source is read.
#[derive(Clone, Debug)]
pub(crate) enum RecordFrom {
    /// That of a recorded fleet, by the file as it was last taken in.
    Fleet(FleetName),
    /// That of a fleet file.
    Config(PathBuf),
}

/// Opens the source of a fleet's work. Nothing is locked and nothing recorded.
///
/// # Errors
/// There is no such fleet or file, it has problems, or its engine asks no source.
pub(crate) fn record_source(operation: Operation<'_>, from: &RecordFrom) -> Result<Arc<dyn WorkSource>, CommandError> {
    let (path, file, cloud) = match from {
        RecordFrom::Fleet(name) => {
            let found = FoundFleet::to_read(operation.workspace, name)?;
            (found.row.record.path.clone(), found.file()?, found.row.record.cloud.clone())
        }
        RecordFrom::Config(path) => match FleetFile::load(path) {
            Ok(file) => {
                let cloud = cloud_config(&file.cloud, operation.workspace);
                (path.clone(), file, cloud)
            }
            Err(problems) => {
                refuse(operation.user, &problems.0, "nothing was recorded")?;
                return Err(CommandError::new(format!("{} cannot be read", path.display())));
            }
        },
    };
    let Some(queue) = &file.queue else {
        let message = format!("{} has no [queue], so there is nothing to record", path.display());
        return Err(CommandError::with_exit(Exit::Usage, message));
    };
    // It drains nothing, so it has no mark.
    open_source(queue, &path, operation.workspace, &cloud, "")
        .map_err(|error| CommandError::new(error.message).hints(error.hint))
}
