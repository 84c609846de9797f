//! Deletes annexes.

use std::sync::Arc;

use aws_sdk_cloudformation::types::StackStatus;

use super::annex_stack::StackFinder;
use super::describe;
use super::files::AnnexFiles;
use super::setup_reader::SetupReader;
use super::sweeper::AnnexSweeper;
use crate::annex::AnnexId;
use crate::cloud::aws::api::{AwsSession, Call, ErrorClass};
use crate::provider::CloudError;

/// Deletes the stacks of annexes.
pub(super) struct StackRemover {
    pub(super) session: Arc<AwsSession>,
    pub(super) stacks: StackFinder,
    pub(super) files: AnnexFiles,
    pub(super) setup: SetupReader,
    pub(super) sweeper: AnnexSweeper,
}

impl StackRemover {
    /// Has CloudFormation delete the stack, ends the instances, and removes the files. A stack that is already gone is
    /// no error, nor is an instance that may not be ended: it remains.
    pub(super) async fn remove(
        &self,
        id: &AnnexId,
        cloud_id: Option<&str>,
        retain: &[String],
        token: &str,
    ) -> Result<(), CloudError> {
        if let Some(stack) = self.stacks.find(id, cloud_id).await? {
            let (stack_id, status) = (describe::id_of(&stack), describe::status(&stack));
            // Resources to retain may be named only for a stack whose deletion failed (CloudFormation API reference,
            // `DeleteStack`).
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
        self.sweeper.end_instances(id).await?;
        match self.setup.outputs().await? {
            Some(setup) => self.files.remove_all(id, &setup).await,
            // The bucket went with the set-up.
            None => Ok(()),
        }
    }
}
