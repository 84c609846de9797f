//! Deletes the set-up.

use aws_sdk_cloudformation::types::StackStatus;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use super::access_denied::{ADMIN, is_missing_permission};
use super::events;
use super::observed_setup::ObservedStack;
use super::setup_progress::SetupProgress;
use super::setup_stack::{STACK, SetupStack, refuse_what_is_not_ours, refused};
use crate::cloud::aws::api::{AwsSession, Call, ErrorClass};
use crate::provider::CloudError;

/// Outcome of deleting the set-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupDeletion {
    /// There was no set-up.
    Nothing,
    /// The set-up is deleted completely.
    Deleted,
    /// Resources could not be deleted in two attempts.
    Remains {
        /// Names of resources with the cloud's ids, each with a reason.
        things: Vec<(String, String)>,
        /// Advice.
        hint: &'static str,
    },
}

/// Deletes set-ups.
#[derive(Clone, Copy)]
pub(super) struct SetupDeleter<'a> {
    pub(super) session: &'a AwsSession,
    pub(super) stack: SetupStack<'a>,
}

impl SetupDeleter<'_> {
    /// Deletes the set-up with all files in its bucket, and waits for completion. Failed deletions are tried once more.
    pub(super) async fn delete(
        &self,
        tell: &(dyn Fn(&SetupProgress) + Send + Sync),
    ) -> Result<SetupDeletion, CloudError> {
        self.stack.refuse_while_annexes_live("be deleted").await?;
        let stack = self.stack;
        let Some(mut seen) = stack.describe(STACK).await? else { return Ok(SetupDeletion::Nothing) };
        refuse_what_is_not_ours(&seen)?;
        if seen.is_changing() {
            seen = stack.settle(&seen.id, tell).await?;
        }
        for again in [false, true] {
            if seen.status == StackStatus::DeleteComplete {
                break;
            }
            tell(&if again { SetupProgress::DeletingAgain } else { SetupProgress::Begun("delete") });
            seen = self.take_down(&seen, tell).await?;
        }
        if seen.status == StackStatus::DeleteComplete {
            return Ok(SetupDeletion::Deleted);
        }
        let failures = events::last_request(self.session, &seen.id).await?.failures;
        let left = stack.resources(&seen.id).await?.into_iter().filter(|resource| resource.status != "DELETE_COMPLETE");
        let mut things: Vec<(String, String)> = left
            .map(|resource| {
                let id = resource.physical.map(|id| format!(" {id}")).unwrap_or_default();
                let failure = failures.iter().find(|(name, _)| *name == resource.logical);
                let reason = failure.map(|(_, reason)| reason.clone()).or(resource.reason);
                (format!("{}{id}", resource.logical), reason.unwrap_or(resource.status))
            })
            .collect();
        if things.is_empty() {
            things.push((format!("stack {STACK}"), seen.reason.unwrap_or_else(|| seen.status.as_str().to_owned())));
        }
        let is_refused = things.iter().any(|(_, reason)| is_missing_permission(reason));
        let hint = if is_refused { ADMIN } else { "put that right, then hoist annex setup --delete again" };
        Ok(SetupDeletion::Remains { things, hint })
    }

    /// Empties the bucket, which could not be deleted otherwise, deletes the stack, and returns its final state.
    pub(super) async fn take_down(
        &self,
        seen: &ObservedStack,
        tell: &(dyn Fn(&SetupProgress) + Send + Sync),
    ) -> Result<ObservedStack, CloudError> {
        let stack = self.stack;
        let resources = stack.resources(&seen.id).await?;
        let bucket = resources.into_iter().find(|resource| resource.logical == "Bucket");
        if let Some(bucket) =
            bucket.filter(|bucket| bucket.status != "DELETE_COMPLETE").and_then(|bucket| bucket.physical)
        {
            self.empty(&bucket, tell).await?;
        }
        stack.delete(&seen.id).await?;
        stack.settle(&seen.id, tell).await
    }

    async fn empty(&self, bucket: &str, tell: &(dyn Fn(&SetupProgress) + Send + Sync)) -> Result<(), CloudError> {
        let client = self.session.s3().await?;
        let doing = format!("empty s3://{bucket}");
        loop {
            let send = || client.list_objects_v2().bucket(bucket).send();
            let listed = match self.session.call(Call::s3("ListObjectsV2"), send).await {
                Ok(listed) => listed.contents.unwrap_or_default(),
                Err(problem) if problem.class() == ErrorClass::UnknownBucket => return Ok(()),
                Err(problem) => return Err(problem.explain(&self.session.storage_scene(), &doing)),
            };
            let keys = listed.into_iter().filter_map(|object| object.key);
            let objects = keys.map(|key| ObjectIdentifier::builder().key(key).build());
            let objects =
                objects.collect::<Result<Vec<_>, _>>().map_err(|error| refused(format!("cannot {doing}: {error}")))?;
            if objects.is_empty() {
                return Ok(());
            }
            tell(&SetupProgress::Emptying(objects.len()));
            let these = Delete::builder().set_objects(Some(objects)).quiet(true).build();
            let these = these.map_err(|error| refused(format!("cannot {doing}: {error}")))?;
            let send = || client.delete_objects().bucket(bucket).delete(these.clone()).send();
            let answer = self.session.call(Call::s3("DeleteObjects"), send).await;
            let answer = answer.map_err(|problem| problem.explain(&self.session.storage_scene(), &doing))?;
            // A remaining object would be listed forever.
            if let Some(error) = answer.errors.unwrap_or_default().into_iter().next() {
                let text = |part: Option<String>| part.unwrap_or_default();
                let message = format!(
                    "cannot {doing}: {} stays: {} ({})",
                    text(error.key),
                    text(error.message),
                    text(error.code)
                );
                return Err(refused(message));
            }
        }
    }
}
