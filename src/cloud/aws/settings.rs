//! The EC2 settings in this machine's environment and files, read without any request.

use std::path::{Path, PathBuf};

use crate::plan::{MAX_TEXT, read_text_file};

/// Returns whether settings for EC2 or a cloud like it exist.
pub(super) fn are_there() -> bool {
    have_credentials()
        || is_set(&["AWS_REGION", "AWS_DEFAULT_REGION"])
        || aws_file("AWS_CONFIG_FILE", "config").is_some()
}

/// Returns whether settings for credentials exist. An EC2 instance may have credentials without any settings.
pub(super) fn have_credentials() -> bool {
    let roles =
        ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    is_set(&["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "EC2_URL"])
        || is_set(&roles)
        || aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials").is_some()
        || aws_file("AWS_CONFIG_FILE", "config").is_some_and(|file| gives_credentials(&file))
}

/// Returns whether a configuration file of AWS's tools gives a source of credentials: many name only a region.
fn gives_credentials(file: &Path) -> bool {
    let settings =
        ["aws_access_key_id", "credential_process", "credential_source", "role_arn", "sso_", "login_session"];
    let text = read_text_file(file, MAX_TEXT).unwrap_or_default();
    text.lines().any(|line| settings.iter().any(|setting| line.trim_start().starts_with(setting)))
}

fn is_set(names: &[&str]) -> bool {
    names.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Returns a file of AWS's tools, if it exists: at the path in the variable, or under its default name.
fn aws_file(variable: &str, name: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    path.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".aws").join(name)))
        .filter(|path| path.is_file())
}
