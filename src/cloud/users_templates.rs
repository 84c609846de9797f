//! The templates of user data.

use crate::provider::{CloudError, CloudErrorKind};
use crate::template::Templates;

/// The built-in templates, and the user's own.
///
/// # Errors
/// The user's own templates cannot be read.
pub fn users_templates() -> Result<Templates, CloudError> {
    Templates::of_user(None)
        .map_err(|error| CloudError::new(CloudErrorKind::Rejected, format!("cannot read the templates: {error}")))
}
