//! The source of a fleet's work.

use std::path::Path;
use std::sync::Arc;

use crate::batch::{SourceAccess, SourceError, WorkSource, open_source as open_queue};
use crate::elastic::fleet::FleetQueue;

/// Makes the source that `[queue]` of the fleet file `file` describes. It reads nothing yet. Relative paths of files and
/// programs start from the fleet file's directory.
pub(super) fn open_source(queue: &FleetQueue, file: &Path) -> Result<Arc<dyn WorkSource>, SourceError> {
    let directory = std::path::absolute(file).ok().and_then(|file| Some(file.parent()?.to_owned()));
    let from_there = |path: &str| match &directory {
        Some(directory) => directory.join(path).to_string_lossy().into_owned(),
        None => path.to_owned(),
    };
    let mut queue = queue.clone();
    queue.path = queue.path.as_deref().map(from_there);
    if let Some(program) = queue.program.first_mut().filter(|program| program.contains('/')) {
        *program = from_there(program);
    }
    open_queue(&queue, &SourceAccess::default())
}
