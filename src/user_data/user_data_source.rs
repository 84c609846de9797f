//! One of several user datas that are put together.

/// One of several user datas.
#[derive(Clone, Debug)]
pub struct UserDataSource {
    /// Where it is from, in messages and in the names of the files that cloud-init makes of it.
    pub name: String,
    /// The user data.
    pub content: Vec<u8>,
}
