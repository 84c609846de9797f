use crate::app::elastic::GivenParent;
use crate::app::{CommandError, Exit};
use crate::plan::is_valid_name;
use crate::provider::{RUN_VARIABLE, SERVICE_VARIABLE};

/// Longest value of a tag on clouds.
const LONGEST: usize = 256;

/// Returns the run that fleets belong to: that of the option, else that of the machine on which this runs, then with
/// the service of the machine.
///
/// # Errors
/// It cannot be a tag.
pub(super) fn parent(option: Option<&str>) -> Result<Option<GivenParent>, CommandError> {
    let from_environment = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (tag, service) = match option {
        Some(tag) => (tag.to_owned(), None),
        None => match from_environment(RUN_VARIABLE) {
            Some(tag) => (tag, from_environment(SERVICE_VARIABLE).filter(|name| is_valid_name(name))),
            None => return Ok(None),
        },
    };
    if tag.is_empty() || tag.len() > LONGEST || tag.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let message = format!("{tag:?} is no tag of a run: it is a word of at most {LONGEST} bytes");
        return Err(CommandError::with_exit(Exit::Usage, message));
    }
    Ok(Some(GivenParent { tag, service }))
}
