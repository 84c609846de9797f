use super::cloud_error::CloudError;

/// What machines need for their work besides themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkNeeds {
    /// A bucket of the cloud, and the keys of objects in it that machines fetch.
    pub bucket: Option<(String, Vec<String>)>,
    /// Host name or address, and TCP port, of the server that they ask for work.
    pub server: Option<(String, u16)>,
}

/// What a cloud says about them.
#[derive(Clone, Debug, Default)]
pub struct WorkFindings {
    /// What keeps machines from their work.
    pub problems: Vec<CloudError>,
    /// What could not be found out, a sentence each.
    pub unknown: Vec<String>,
}
