//! Where orphans may be.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::annex::AnnexCloud;
use crate::cli::clouds::{Clouds, has_ec2_credentials, has_ec2_settings};
use crate::cli::context::Context;
use crate::cloud::aws::api::AwsSession;
use crate::engine::Run;
use crate::plan::CloudConfig;
use crate::provider::{Cloud, CloudError};
use crate::state::AnnexRow;

/// What tells a place from another: its name, and the account there, as far as it is known.
pub(super) type ScopeKey = (String, Option<String>);

/// A place that can be asked.
pub(super) struct AuditScope {
    pub(super) name: String,
    pub(super) cloud: Arc<dyn Cloud>,
    /// What holds annexes there, where anything does.
    pub(super) annexes: Option<Arc<dyn AnnexCloud>>,
    /// How it is reached, to be recorded.
    pub(super) config: CloudConfig,
}

/// Every place to ask.
#[derive(Default)]
pub(super) struct AuditScopes {
    pub(super) open: BTreeMap<ScopeKey, AuditScope>,
    /// Which of them a configuration leads to.
    ways: BTreeMap<String, ScopeKey>,
    pub(super) closed: Vec<(String, CloudError)>,
}

impl AuditScopes {
    /// This machine, every place that a run or an annex launches on, and the one that the options and the environment
    /// name. Where nothing but a setting names it, nobody asked for it: there may be no such account.
    pub(super) async fn find(
        context: &Context,
        clouds: &Clouds,
        runs: &[Run],
        annexes: &[AnnexRow],
        all_regions: bool,
    ) -> Self {
        let mut scopes = Self::default();
        scopes.add(clouds, &CloudConfig { provider: "local".to_owned(), ..CloudConfig::default() }, false).await;
        let used = runs.iter().flat_map(used_by);
        let used = used.chain(annexes.iter().map(|row| &row.record.place));
        for config in used.filter(|config| config.provider == "ec2") {
            scopes.add(clouds, config, all_regions).await;
        }
        let global = &context.global;
        let named = global.region.is_some() || global.profile.is_some() || global.endpoint_url.is_some() || all_regions;
        if named || has_ec2_settings() {
            scopes.add(clouds, &context.ec2_config(), all_regions).await;
        }
        if !named && !has_ec2_credentials() {
            let way = way(&context.ec2_config());
            scopes.closed.retain(|(closed, error)| {
                if *closed == way {
                    context.tell(&format!("{way} was not asked, and no run launches there: {}", error.message));
                }
                *closed != way
            });
        }
        scopes
    }

    /// The place that this configuration leads to, if it could be opened.
    pub(super) fn key_of(&self, config: &CloudConfig) -> Option<&ScopeKey> {
        self.ways.get(&way(config))
    }

    async fn add(&mut self, clouds: &Clouds, config: &CloudConfig, all_regions: bool) {
        let way = way(config);
        if self.ways.contains_key(&way) || self.closed.iter().any(|(closed, _)| *closed == way) {
            return;
        }
        match open(clouds, config).await {
            Ok((key, place)) => {
                self.ways.insert(way, key.clone());
                let is_new = !self.open.contains_key(&key);
                self.open.entry(key.clone()).or_insert(place);
                if all_regions && is_new && config.provider == "ec2" {
                    self.add_regions(clouds, config, &key).await;
                }
            }
            Err(error) => self.closed.push((way, error)),
        }
    }

    async fn add_regions(&mut self, clouds: &Clouds, config: &CloudConfig, key: &ScopeKey) {
        let session = clouds.session(config);
        let others = async {
            let here = session.region().await?.to_owned();
            let mut others = Vec::new();
            for region in session.regions().await?.into_iter().filter(|region| *region != here) {
                others.push(session.in_region(&region).await?);
            }
            Ok(others)
        };
        match others.await {
            Ok(others) => {
                for session in others {
                    // It has the credentials and the settings of the one it was made from, so nothing can go wrong.
                    let (Ok(name), Ok(region)) = (name(&session).await, session.region().await) else { continue };
                    let region = region.to_owned();
                    let session = Arc::new(session);
                    let place = AuditScope {
                        name: name.clone(),
                        cloud: clouds.ec2(Arc::clone(&session), None, None),
                        annexes: clouds.stacks(session).ok(),
                        config: CloudConfig { region: Some(region), ..config.clone() },
                    };
                    self.open.entry((name, key.1.clone())).or_insert(place);
                }
            }
            Err(error) => self.closed.push((format!("the regions of {}", key.0), error)),
        }
    }
}

/// The places that a run launches on, or has a machine on.
fn used_by(run: &Run) -> impl Iterator<Item = &CloudConfig> {
    let holds = |cloud: &str| {
        let machines = run.records().iter().filter_map(|record| record.instance.as_ref());
        machines.into_iter().any(|owned| owned.cloud == cloud)
    };
    let used = move |(name, _): &(&String, &CloudConfig)| run.plan.launches_on(name) || holds(name);
    run.plan.clouds.iter().filter(used).map(|(_, config)| config)
}

fn way(config: &CloudConfig) -> String {
    let CloudConfig { provider, region, endpoint, profile, compatible, account, bucket } = config;
    let mut words = vec![provider.clone()];
    words.extend(region.clone());
    words.extend(endpoint.as_ref().map(|endpoint| format!("at {endpoint}")));
    words.extend(account.as_ref().map(|account| format!("in account {account}")));
    words.extend(profile.as_ref().map(|profile| format!("with profile {profile}")));
    if *compatible {
        words.push("as a compatible cloud".to_owned());
    }
    words.extend(bucket.as_ref().map(|bucket| format!("with {bucket}")));
    words.join(" ")
}

async fn open(clouds: &Clouds, config: &CloudConfig) -> Result<(ScopeKey, AuditScope), CloudError> {
    if config.provider != "ec2" {
        let (cloud, annexes) = (clouds.open(config)?, clouds.annexes(config).ok());
        let place = AuditScope { name: config.provider.clone(), cloud, annexes, config: config.clone() };
        return Ok(((config.provider.clone(), None), place));
    }
    let session = clouds.session(config);
    let mut name = name(&session).await?;
    if let Some(bucket) = &config.bucket {
        name.push_str(&format!(" with {bucket}"));
    }
    let account = match &config.account {
        Some(account) => Some(account.clone()),
        None => session.identity().await?.account,
    };
    let (cloud, annexes) = (clouds.open(config)?, clouds.annexes(config).ok());
    Ok(((name.clone(), account), AuditScope { name, cloud, annexes, config: config.clone() }))
}

async fn name(session: &AwsSession) -> Result<String, CloudError> {
    let at = session.endpoint().await?.map(|url| format!(" at {url}")).unwrap_or_default();
    Ok(format!("ec2 {}{at}", session.region().await?))
}
