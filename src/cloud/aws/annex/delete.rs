//! The end of an annex.

use aws_sdk_cloudformation::types::StackStatus;

use super::describe;
use super::stack_cloud::StackCloud;
use crate::annex::AnnexId;
use crate::cloud::aws::api::{Call, ErrorClass};
use crate::provider::CloudError;

impl StackCloud {
    /// Has CloudFormation delete the stack, and removes the files. Where the stack is gone already, so be it.
    pub(super) async fn remove(
        &self,
        id: &AnnexId,
        cloud_id: Option<&str>,
        retain: &[String],
        token: &str,
    ) -> Result<(), CloudError> {
        if let Some(stack) = self.find(id, cloud_id).await? {
            let (stack_id, status) = (describe::id_of(&stack), describe::status(&stack));
            // It may be told only of a stack that could not be deleted what is to be left (CloudFormation API
            // reference, `DeleteStack`).
            let retain =
                Some(retain.to_vec()).filter(|retain| status == StackStatus::DeleteFailed && !retain.is_empty());
            if status != StackStatus::DeleteComplete {
                let client = self.session.cloudformation().await?;
                let request = client
                    .delete_stack()
                    .stack_name(&stack_id)
                    .client_request_token(token)
                    .set_retain_resources(retain);
                match self.session.call(Call::cloudformation("DeleteStack"), || request.clone().send()).await {
                    Ok(_) => {}
                    // The same call has been made before.
                    Err(problem) if problem.class() == ErrorClass::TokenMismatch => {}
                    Err(problem) => {
                        return Err(problem.explain(&self.session.scene(), &format!("delete the annex {}", id.name)));
                    }
                }
            }
        }
        match self.setup.outputs().await? {
            Some(setup) => self.remove_files(id, &setup).await,
            // The bucket went with the set-up.
            None => Ok(()),
        }
    }
}
