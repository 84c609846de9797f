use crate::app::{CommandError, Exit};

/// Longest value of a tag on clouds.
const LONGEST: usize = 256;

/// Returns the tag of the run that fleets belong to: that of the option, or that of the instance on which this runs.
///
/// # Errors
/// It cannot be a tag.
pub(super) fn parent(option: Option<&str>) -> Result<Option<String>, CommandError> {
    let from_environment = || std::env::var("HOIST_RUN").ok().filter(|tag| !tag.is_empty());
    let Some(tag) = option.map(str::to_owned).or_else(from_environment) else { return Ok(None) };
    if tag.is_empty() || tag.len() > LONGEST || tag.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let message = format!("{tag:?} is no tag of a run: it is a word of at most {LONGEST} bytes");
        return Err(CommandError::with_exit(Exit::Usage, message));
    }
    Ok(Some(tag))
}
