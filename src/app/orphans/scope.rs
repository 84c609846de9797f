//! Places to search for orphans.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::annex::AnnexCloud;
use crate::app::{Clouds, Interaction, Operation};
use crate::engine::Run;
use crate::plan::CloudConfig;
use crate::provider::{Cloud, CloudError};
use crate::scaler::Fleet;
use crate::state::AnnexRow;

/// Key of a place: its label, and the account, if known.
pub(super) type ScopeKey = (String, Option<String>);

/// A place that can be asked.
pub(crate) struct AuditScope {
    pub(super) name: String,
    pub(super) cloud: Arc<dyn Cloud>,
    /// Annexes of the place, if it supports them.
    pub(super) annexes: Option<Arc<dyn AnnexCloud>>,
    /// Configuration of its cloud, for records.
    pub(super) config: CloudConfig,
}

/// All places to ask.
#[derive(Default)]
pub(super) struct AuditScopes {
    pub(super) open: BTreeMap<ScopeKey, AuditScope>,
    /// Keys of the places by configuration.
    ways: BTreeMap<String, ScopeKey>,
    pub(super) closed: Vec<(String, CloudError)>,
}

impl AuditScopes {
    /// Finds the places: this machine, the clouds that are `used` by what is recorded, and the cloud named by options
    /// and environment; each cloud in every region, unless an option names one and `all_regions` is false.
    pub(super) async fn find(
        operation: Operation<'_>,
        clouds: &Clouds,
        used: &[CloudConfig],
        all_regions: bool,
    ) -> Self {
        let Operation { workspace, user } = operation;
        let every_region = all_regions || workspace.clouds.region.is_none();
        let mut scopes = Self::default();
        scopes.add(clouds, &CloudConfig::local(), false).await;
        for config in used.iter().filter(|config| !config.is_local()) {
            scopes.add(clouds, config, every_region).await;
        }
        let config = workspace.clouds.ec2_config();
        let named = workspace.clouds.names_a_cloud() || all_regions;
        match clouds.provider(&config) {
            Ok(provider) if named || provider.is_configured() => {
                scopes.add(clouds, &config, every_region).await;
                if !named && !provider.has_credentials() {
                    scopes.tell_of_the_unasked(user, &way(&config));
                }
            }
            Err(error) if named => scopes.closed.push((way(&config), error)),
            Err(error) => user.tell(&format!("{} was not asked: {}", way(&config), error.message)),
            Ok(_) => {}
        }
        scopes
    }

    /// Reports a closed cloud that only a setting names as not asked: there may be no such account.
    fn tell_of_the_unasked(&mut self, user: &dyn Interaction, way: &str) {
        self.closed.retain(|(closed, error)| {
            if closed == way {
                user.tell(&format!("{way} was not asked, and no run launches there: {}", error.message));
            }
            closed != way
        });
    }

    /// Returns the key of the place that this configuration leads to, if it could be opened.
    pub(super) fn key_of(&self, config: &CloudConfig) -> Option<&ScopeKey> {
        self.ways.get(&way(config))
    }

    async fn add(&mut self, clouds: &Clouds, config: &CloudConfig, every_region: bool) {
        let way = way(config);
        if self.ways.contains_key(&way) || self.closed.iter().any(|(closed, _)| *closed == way) {
            return;
        }
        match open(clouds, config).await {
            Ok((key, place)) => {
                self.ways.insert(way, key.clone());
                let is_new = !self.open.contains_key(&key);
                self.open.entry(key.clone()).or_insert(place);
                if every_region && is_new {
                    self.add_regions(clouds, config, &key).await;
                }
            }
            Err(error) => self.closed.push((way, error)),
        }
    }

    async fn add_regions(&mut self, clouds: &Clouds, config: &CloudConfig, key: &ScopeKey) {
        let others = match clouds.provider(config) {
            Ok(provider) => provider.other_regions(config).await,
            Err(error) => Err(error),
        };
        match others {
            Ok(others) => {
                for config in others {
                    // It shares the credentials and settings of the configuration it was derived from, so this does not
                    // fail.
                    let (Ok(name), Ok(cloud)) = (clouds.place(&config).await, clouds.open(&config)) else { continue };
                    let annexes = clouds.annexes(&config).ok();
                    let place = AuditScope { name: name.clone(), cloud, annexes, config };
                    self.open.entry((name, key.1.clone())).or_insert(place);
                }
            }
            Err(error) => {
                let error = error.hint("--region NAME asks that one alone");
                self.closed.push((format!("the regions of {}", key.0), error));
            }
        }
    }
}

/// Returns the clouds of these runs, annexes and fleets.
pub(super) fn used(runs: &[Run], annexes: &[AnnexRow], fleets: &[Fleet]) -> Vec<CloudConfig> {
    let annexes = annexes.iter().map(|row| &row.record.place);
    // A fleet has none before it is first configured.
    let fleets = fleets.iter().filter(|fleet| fleet.sequence > 0).map(|fleet| &fleet.cloud);
    runs.iter().flat_map(used_by).chain(annexes).chain(fleets).cloned().collect()
}

/// Returns the clouds that a run launches on or has an instance on.
fn used_by(run: &Run) -> impl Iterator<Item = &CloudConfig> {
    let holds = |cloud: &str| {
        let machines = run.records().iter().filter_map(|record| record.instance.as_ref());
        machines.into_iter().any(|owned| owned.cloud == cloud)
    };
    let used = move |(name, _): &(&String, &CloudConfig)| run.plan.launches_on(name) || holds(name);
    run.plan.clouds.iter().filter(used).map(|(_, config)| config)
}

fn way(config: &CloudConfig) -> String {
    let CloudConfig { provider, region, endpoint, profile, compatible, account, bucket, settings } = config;
    let mut words = vec![provider.clone()];
    words.extend(region.clone());
    words.extend(endpoint.as_ref().map(|endpoint| format!("at {endpoint}")));
    words.extend(account.as_ref().map(|account| format!("in account {account}")));
    words.extend(profile.as_ref().map(|profile| format!("with profile {profile}")));
    if *compatible {
        words.push("as a compatible cloud".to_owned());
    }
    words.extend(settings.iter().map(|(key, value)| format!("with {key} {value}")));
    words.extend(bucket.as_ref().map(|bucket| format!("with {bucket}")));
    words.join(" ")
}

async fn open(clouds: &Clouds, config: &CloudConfig) -> Result<(ScopeKey, AuditScope), CloudError> {
    let mut name = clouds.place(config).await?;
    if let Some(bucket) = &config.bucket {
        name.push_str(&format!(" with {bucket}"));
    }
    let account = match &config.account {
        Some(account) => Some(account.clone()),
        None => clouds.pinned(config).await?.account,
    };
    let (cloud, annexes) = (clouds.open(config)?, clouds.annexes(config).ok());
    Ok(((name.clone(), account), AuditScope { name, cloud, annexes, config: config.clone() }))
}
