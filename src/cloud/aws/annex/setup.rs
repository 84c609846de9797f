//! Creates, changes, checks and deletes the resources that annexes need once in a region, and reads their outputs.

use std::sync::Arc;

use super::access_denied::for_admin;
use super::cidr::Cidr;
use super::public_address::caller;
use super::setup_builder::{SetupBuilder, SetupOutcome};
use super::setup_check::SetupCheck;
use super::setup_delete::{SetupDeleter, SetupDeletion};
use super::setup_params::SetupParams;
use super::setup_plan::{SetupPlan, SetupPlanner};
use super::setup_progress::SetupProgress;
use super::setup_reader::SetupReader;
use super::setup_stack::{STACK, SetupStack};
use super::setup_template::SetupTemplate;
use crate::annex::{PollPolicy, SetupFinding};
use crate::cloud::aws::annex::Setup;
use crate::cloud::aws::api::AwsSession;
use crate::provider::CloudError;
use crate::template::Templates;

/// The resources that annexes need once in a region of an account: a stack of their own, created by a user who may
/// create roles.
#[derive(Debug)]
pub struct AnnexSetup {
    session: Arc<AwsSession>,
    templates: Templates,
    pace: PollPolicy,
}

impl AnnexSetup {
    /// Creates the set-up of the session's account and region. Requests nothing yet.
    pub fn new(session: Arc<AwsSession>, templates: Templates) -> Self {
        Self { session, templates, pace: PollPolicy::default() }
    }

    /// Replaces the pace of polling.
    #[must_use]
    pub fn pace(self, pace: PollPolicy) -> Self {
        Self { pace, ..self }
    }

    /// Returns the set-up's outputs, for annexes; `None` if there is no set-up, or it was never completed.
    ///
    /// # Errors
    /// The set-up lacks an output, as an older one may.
    pub async fn outputs(&self) -> Result<Option<Setup>, CloudError> {
        SetupReader::new(Arc::clone(&self.session)).outputs().await
    }

    /// Returns the network of this machine alone, as the cloud sees it: the default source of HTCondor connections.
    ///
    /// # Errors
    /// The address cannot be found; the hint is to give `--from`.
    pub async fn caller(&self) -> Result<Cidr, CloudError> {
        caller(&self.session).await
    }

    /// Returns the changes that [`AnnexSetup::apply`] would make with these terms. Creates nothing.
    ///
    /// # Errors
    /// The terms are invalid: the network does not exist, nobody is let in, or living annexes use another network.
    pub async fn plan(&self, terms: &SetupParams) -> Result<SetupPlan, CloudError> {
        Box::pin(self.planner().prepare(terms)).await.map_err(for_admin)
    }

    /// Creates the set-up, or changes it, according to `terms`, and waits for completion. After an interruption, the
    /// same call continues.
    ///
    /// # Errors
    /// As for [`AnnexSetup::plan`]; and CloudFormation's reasons for a failure.
    pub async fn apply(
        &self,
        terms: &SetupParams,
        tell: &(dyn Fn(&SetupProgress) + Send + Sync),
    ) -> Result<SetupOutcome, CloudError> {
        Box::pin(self.builder().make(terms, tell)).await.map_err(for_admin)
    }

    /// Checks each part of the set-up: the stack, its template against a fresh rendering, and each resource, by its
    /// actual state where possible rather than CloudFormation's record. `terms` default to those that the set-up was
    /// made with. Changes nothing.
    pub async fn check(&self, terms: Option<&SetupParams>) -> Result<Vec<SetupFinding>, CloudError> {
        let check = SetupCheck { session: &self.session, stack: self.stack(), template: self.template() };
        Box::pin(check.find(terms)).await.map_err(for_admin)
    }

    /// Returns whether there is a set-up to delete.
    pub async fn exists(&self) -> Result<bool, CloudError> {
        Ok(self.stack().describe(STACK).await.map_err(for_admin)?.is_some())
    }

    /// Deletes the set-up with all files in its bucket, and waits for completion. Failed deletions are tried once more.
    /// After an interruption, the same call continues.
    ///
    /// # Errors
    /// Annexes depend on the set-up; the error names them, and nothing is deleted.
    pub async fn delete(&self, tell: &(dyn Fn(&SetupProgress) + Send + Sync)) -> Result<SetupDeletion, CloudError> {
        Box::pin(self.deleter().delete(tell)).await.map_err(for_admin)
    }

    fn stack(&self) -> SetupStack<'_> {
        SetupStack { session: &self.session, pace: self.pace }
    }

    fn template(&self) -> SetupTemplate<'_> {
        SetupTemplate { templates: &self.templates }
    }

    fn planner(&self) -> SetupPlanner<'_> {
        SetupPlanner { session: &self.session, stack: self.stack(), template: self.template() }
    }

    fn builder(&self) -> SetupBuilder<'_> {
        let (planner, deleter) = (self.planner(), self.deleter());
        SetupBuilder { session: &self.session, stack: self.stack(), planner, deleter }
    }

    fn deleter(&self) -> SetupDeleter<'_> {
        SetupDeleter { session: &self.session, stack: self.stack() }
    }
}
