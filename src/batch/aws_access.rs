use std::fmt;

use async_trait::async_trait;
use secrecy::SecretString;

use super::work_source::SourceError;

/// Keys of an AWS account.
#[derive(Clone)]
pub struct AwsKeys {
    /// The access key's id.
    pub id: String,
    /// The secret key.
    pub secret: SecretString,
    /// The token of a session.
    pub token: Option<SecretString>,
}

impl fmt::Debug for AwsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsKeys").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Access to an AWS account in one region.
#[async_trait]
pub trait AwsAccess: Send + Sync {
    /// Returns the name of the region.
    async fn region(&self) -> Result<String, SourceError>;

    /// Returns keys that are valid now.
    async fn keys(&self) -> Result<AwsKeys, SourceError>;
}
