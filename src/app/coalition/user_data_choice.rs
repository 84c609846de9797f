use std::path::PathBuf;

/// What is said of the user data of coalition's workers.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserDataChoice {
    /// The user's own template. None: the built-in one.
    pub(crate) template: Option<PathBuf>,
    /// The operating system of the image, as the built-in template names it. None: as the image's name tells.
    pub(crate) os: Option<String>,
    /// Whether keys may be in the user data.
    pub(crate) allow_secret: bool,
}
