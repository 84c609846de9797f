//! What annexes need once in a region: makes it, changes it, checks it, deletes it, and tells what it made.

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

/// What annexes need once in a region of an account: a stack of its own, made by whoever may make roles.
#[derive(Debug)]
pub struct AnnexSetup {
    session: Arc<AwsSession>,
    templates: Templates,
    pace: PollPolicy,
}

impl AnnexSetup {
    /// That of the session's account and region. Asks nothing yet.
    pub fn new(session: Arc<AwsSession>, templates: Templates) -> Self {
        Self { session, templates, pace: PollPolicy::default() }
    }

    /// With another pace of looking.
    #[must_use]
    pub fn pace(self, pace: PollPolicy) -> Self {
        Self { pace, ..self }
    }

    /// What it made, for annexes to use; `None` where there is no set-up, or none that ever came to be.
    ///
    /// # Errors
    /// Also where there is one that lacks something, as an older one does.
    pub async fn outputs(&self) -> Result<Option<Setup>, CloudError> {
        SetupReader::new(Arc::clone(&self.session)).outputs().await
    }

    /// The network that is this machine alone, as the cloud sees it: from where HTCondor is let in unless somebody says
    /// otherwise.
    ///
    /// # Errors
    /// It cannot be found; says to give `--from`.
    pub async fn caller(&self) -> Result<Cidr, CloudError> {
        caller(&self.session).await
    }

    /// What [`AnnexSetup::apply`] would do with these terms. Makes nothing.
    ///
    /// # Errors
    /// The terms are not right: no such network, nobody to let in; or another network than that of annexes that live.
    pub async fn plan(&self, terms: &SetupParams) -> Result<SetupPlan, CloudError> {
        Box::pin(self.planner().prepare(terms)).await.map_err(for_admin)
    }

    /// Makes the set-up as `terms` say, or changes it to that, and waits until it is so. Cut off at any point, the same
    /// again goes on.
    ///
    /// # Errors
    /// As [`AnnexSetup::plan`]; and CloudFormation's reasons, where it failed.
    pub async fn apply(
        &self,
        terms: &SetupParams,
        tell: &(dyn Fn(&SetupProgress) + Send + Sync),
    ) -> Result<SetupOutcome, CloudError> {
        Box::pin(self.builder().make(terms, tell)).await.map_err(for_admin)
    }

    /// Looks at each thing of the set-up: the stack, its template against the one that would be rendered now, and each
    /// resource, where it can be asked as it is and not only as CloudFormation remembers it. `terms` are what it is to
    /// allow; unless given, what it was made to allow. Changes nothing.
    pub async fn check(&self, terms: Option<&SetupParams>) -> Result<Vec<SetupFinding>, CloudError> {
        let check = SetupCheck { session: &self.session, stack: self.stack(), template: self.template() };
        Box::pin(check.find(terms)).await.map_err(for_admin)
    }

    /// Whether there is anything to undo.
    pub async fn exists(&self) -> Result<bool, CloudError> {
        Ok(self.stack().describe(STACK).await.map_err(for_admin)?.is_some())
    }

    /// Deletes the set-up with all files in its bucket, and waits until it is gone. What cannot be deleted is tried
    /// once more. Cut off at any point, the same again goes on.
    ///
    /// # Errors
    /// An annex lives by it, which is named; nothing is deleted then.
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
