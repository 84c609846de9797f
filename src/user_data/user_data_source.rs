//! A piece of user data to combine with others.

/// A piece of user data to combine with others.
#[derive(Clone, Debug)]
pub struct UserDataSource {
    /// The origin, for messages and for the names of the files that cloud-init makes from it.
    pub name: String,
    /// The user data.
    pub content: Vec<u8>,
}
