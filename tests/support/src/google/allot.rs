//! Whether a new instance gets a machine: by quota, by what its pool still has, and by chance.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::PROJECT;
use super::capacity::{self, Exhausted};
use super::error::GoogleError;
use super::operation::OperationError;
use super::place::{last, link, region_of};
use super::quota::{self, Exceeded, PROJECT_METRIC, REGION_METRICS};
use super::recipe::Recipe;
use super::shelf::Key;
use super::world::World;
use crate::effect::draw;

/// How much of each metric is used, by region (empty for the project's).
pub(super) type Usage = BTreeMap<(String, &'static str), u32>;

/// Why there is no machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lack {
    Quota(Exceeded),
    Machines(OperationError, Exhausted),
    Chance(OperationError),
    /// Something of its name is there.
    Name(OperationError),
}

impl Lack {
    pub(super) fn error(&self) -> OperationError {
        match self {
            Self::Quota(exceeded) => exceeded.error(),
            Self::Machines(error, _) | Self::Chance(error) | Self::Name(error) => error.clone(),
        }
    }
}

impl World {
    /// What all instances use that are up.
    pub(super) fn usage(&self) -> Usage {
        let mut usage = Usage::new();
        for (place, instance) in self.instances.iter().filter(|(_, instance)| !instance.doomed) {
            let region = region_of(&place.zone).to_owned();
            let mut add = |metric: &'static str, amount: u32| {
                let region = if metric == PROJECT_METRIC { String::new() } else { region.clone() };
                *usage.entry((region, metric)).or_default() += amount;
            };
            add("INSTANCES", 1);
            if !instance.phase.is_up() {
                continue;
            }
            let name = last(instance.value["machineType"].as_str().unwrap_or_default());
            let key = Key::new(PROJECT, "machineTypes", &place.scope(), name);
            let cpus = self.shelf.get(&key).and_then(|found| found["guestCpus"].as_u64()).unwrap_or_default();
            let cpus = u32::try_from(cpus).unwrap_or(u32::MAX);
            let metric = match name.split('-').next().unwrap_or_default() {
                _ if instance.is_spot() => "PREEMPTIBLE_CPUS",
                "n2" => "N2_CPUS",
                "c3" => "C3_CPUS",
                "t2a" => "T2A_CPUS",
                _ => "CPUS",
            };
            add(metric, cpus);
            add(PROJECT_METRIC, cpus);
            let interfaces = instance.value["networkInterfaces"].as_array().into_iter().flatten();
            let addresses = interfaces.filter(|interface| interface["accessConfigs"].is_array()).count();
            add("IN_USE_ADDRESSES", u32::try_from(addresses).unwrap_or(u32::MAX));
        }
        for row in self.shelf.rows(PROJECT, "disks") {
            let standard = row.value["type"].as_str().is_some_and(|kind| kind.ends_with("/pd-standard"));
            let metric = if standard { "DISKS_TOTAL_GB" } else { "SSD_TOTAL_GB" };
            let size = row.value["sizeGb"].as_str().and_then(|size| size.parse::<u32>().ok()).unwrap_or_default();
            *usage.entry((region_of(last(&row.scope)).to_owned(), metric)).or_default() += size;
        }
        usage
    }

    /// Takes one machine, and adds it to the usage; why there is none, otherwise.
    pub(super) fn allot(&mut self, recipe: &Recipe, usage: &mut Usage) -> Result<(), Lack> {
        let region = region_of(&recipe.zone).to_owned();
        let needs: Vec<_> = recipe
            .needs()
            .into_iter()
            .map(|(metric, amount)| {
                let region = if metric == PROJECT_METRIC { String::new() } else { region.clone() };
                ((region, metric), amount)
            })
            .collect();
        for (key, amount) in &needs {
            let (used, limit) = (usage.get(key).copied().unwrap_or_default(), quota::limit(&self.faults.quotas, key.1));
            if *amount > 0 && used.saturating_add(*amount) > limit {
                return Err(Lack::Quota(Exceeded { metric: key.1.to_owned(), limit, region }));
            }
        }
        let pool = recipe.pool();
        if let Some((0, rule)) = capacity::available(&self.faults.capacity, &pool) {
            return Err(Lack::Machines(rule.error(&recipe.zone), rule.told));
        }
        self.asked_for += 1;
        let mut drawn = draw(self.faults.seed, "an instance fails", self.asked_for);
        for (share, error) in &self.faults.failing {
            if drawn < *share {
                return Err(Lack::Chance(error.clone()));
            }
            drawn -= share;
        }
        capacity::take(&mut self.faults.capacity, &pool);
        for (key, amount) in needs {
            *usage.entry(key).or_default() += amount;
        }
        Ok(())
    }

    /// Why a call is refused of which no instance can be made; `None` when its operation tells.
    pub(super) fn refusal(&self, lack: &Lack) -> Option<GoogleError> {
        match lack {
            Lack::Quota(exceeded) if self.faults.quota_told == super::faults::Told::InTheCall => {
                Some(exceeded.refusal())
            }
            Lack::Machines(error, Exhausted::InTheCall) => {
                Some(GoogleError::new(503, "insufficientCapacity", error.message.clone()))
            }
            _ => None,
        }
    }

    /// The quotas of a region.
    pub(super) fn quotas_of(&self, region: &str) -> Value {
        let usage = self.usage();
        let quota = |(metric, _): (&'static str, u32)| {
            let used = usage.get(&(region.to_owned(), metric)).copied().unwrap_or_default();
            quota::shown(metric, quota::limit(&self.faults.quotas, metric), used)
        };
        json!(REGION_METRICS.map(quota))
    }

    /// The project itself.
    pub(super) fn project(&self) -> Value {
        let used = self.usage().get(&(String::new(), PROJECT_METRIC)).copied().unwrap_or_default();
        let limit = quota::limit(&self.faults.quotas, PROJECT_METRIC);
        json!({
            "kind": "compute#project", "id": super::NUMBER, "name": PROJECT,
            "selfLink": link(&format!("projects/{PROJECT}")),
            "defaultServiceAccount": format!("{}-compute@developer.gserviceaccount.com", super::NUMBER),
            "quotas": [quota::shown(PROJECT_METRIC, limit, used)], "xpnProjectStatus": "UNSPECIFIED_XPN_PROJECT_STATUS",
            "commonInstanceMetadata": super::labels::metadata(&Value::Null), "defaultNetworkTier": "PREMIUM",
        })
    }
}
