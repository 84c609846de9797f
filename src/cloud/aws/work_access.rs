//! Access to queues of an account, with the credentials and the region of its session.

use async_trait::async_trait;

use super::api::AwsSession;
use crate::batch::{AwsAccess, AwsKeys, SourceError};
use crate::provider::CloudError;

fn source_error(error: CloudError) -> SourceError {
    SourceError { message: error.message, hint: error.hint }
}

#[async_trait]
impl AwsAccess for AwsSession {
    async fn region(&self) -> Result<String, SourceError> {
        AwsSession::region(self).await.map(str::to_owned).map_err(source_error)
    }

    async fn keys(&self) -> Result<AwsKeys, SourceError> {
        let credentials = self.credentials().await.map_err(source_error)?;
        Ok(AwsKeys {
            id: credentials.access_key_id().to_owned(),
            secret: credentials.secret_access_key().into(),
            token: credentials.session_token().map(Into::into),
        })
    }
}
