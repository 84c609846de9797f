//! Access to the cloud named by the answers, opened on first use.

use std::cell::RefCell;
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::app::{Clouds, CommandError};
use crate::cli::context::Context;
use crate::cli::runtime::runtime;
use crate::plan::{CloudConfig, ProviderRules};
use crate::provider::CloudError;
use crate::wizard::{AnswerProblem, CatalogCache, CloudKind, Draft, Question};

/// Clouds of this command line, and their catalogs.
pub(super) struct CatalogHandle {
    clouds: Clouds,
    runtime: Runtime,
    profile: Option<String>,
    is_closed: bool,
    opened: RefCell<Option<(CloudConfig, Arc<CatalogCache>)>>,
}

/// Verdict of the cloud on the answers: errors and warnings.
pub(super) type CheckedAnswer = (Vec<AnswerProblem>, Vec<String>);

impl CatalogHandle {
    /// Creates the handle; with `is_closed`, no cloud is asked.
    pub(super) fn new(context: &Context, is_closed: bool) -> Result<Self, CommandError> {
        let profile = context.workspace.clouds.profile.clone();
        let opened = RefCell::default();
        Ok(Self { clouds: Clouds::new(&context.workspace)?, runtime: runtime()?, profile, is_closed, opened })
    }

    /// Returns the catalog of the draft's cloud; none if there is no cloud to ask.
    pub(super) fn offers(&self, draft: &Draft) -> Option<Arc<CatalogCache>> {
        let config = self.config(draft)?;
        let mut opened = self.opened.borrow_mut();
        if let Some((_, offers)) = opened.as_ref().filter(|(known, _)| *known == config) {
            return Some(offers.clone());
        }
        let catalog = self.clouds.provider(&config).ok()?.catalog(&config)?;
        let offers = Arc::new(CatalogCache::new(catalog, config.compatible));
        *opened = Some((config, offers.clone()));
        Some(offers)
    }

    /// Waits for an answer of the cloud.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Sets the region to that of the profile, if nothing else names one.
    pub(super) fn find_region(&self, draft: &mut Draft) {
        if self.is_closed || draft.cloud() != Some(CloudKind::Ec2) || draft.text(Question::Region).is_some() {
            return;
        }
        let config = CloudConfig { profile: self.profile.clone(), ..CloudConfig::of(ProviderRules::EC2.name) };
        // Without a region, the question for it reports the missing one.
        if let Ok(provider) = self.clouds.provider(&config)
            && let Some(region) = self.wait(provider.region(&config))
        {
            draft.set_region(region);
        }
    }

    /// Checks the whole draft against the cloud.
    pub(super) fn check(&self, draft: &Draft) -> Result<CheckedAnswer, CloudError> {
        if draft.cloud().is_some_and(|kind| !self.is_closed && kind != CloudKind::Local) {
            // Without the provider, neither look-ups nor launches are possible.
            self.clouds.provider(&CloudConfig::of(ProviderRules::EC2.name))?;
        }
        match self.offers(draft) {
            Some(offers) => self.wait(offers.check(draft)),
            None => Ok(CheckedAnswer::default()),
        }
    }

    fn config(&self, draft: &Draft) -> Option<CloudConfig> {
        let kind = draft.cloud().filter(|kind| !self.is_closed && *kind != CloudKind::Local)?;
        let text = |question| Some(draft.value(question).ok()??.into_text());
        let config = CloudConfig {
            region: text(Question::Region)?,
            endpoint: text(Question::Endpoint)?,
            profile: self.profile.clone(),
            compatible: kind == CloudKind::Compatible,
            ..CloudConfig::of(ProviderRules::EC2.name)
        };
        // The address of the cloud is unknown before these questions are answered.
        let is_known = match kind {
            CloudKind::Ec2 => config.region.is_some(),
            _ => config.endpoint.is_some(),
        };
        is_known.then_some(config)
    }
}
