//! Surveys a run's instances according to their clouds.

use std::collections::{BTreeMap, HashMap};

use super::observation::ObservedInstance;
use super::patient_call::look;
use super::run::Run;
use crate::provider::{Cloud, CloudError, Infrastructure, Instance, Selector};

/// Returns each service's instance according to its cloud, with one call per cloud.
pub async fn survey(run: &Run, infrastructure: &dyn Infrastructure) -> Vec<ObservedInstance> {
    look_at(run, infrastructure, false).await
}

/// As [`survey`], but retries clouds that do not answer at once.
pub async fn survey_patiently(run: &Run, infrastructure: &dyn Infrastructure) -> Vec<ObservedInstance> {
    look_at(run, infrastructure, true).await
}

async fn look_at(run: &Run, infrastructure: &dyn Infrastructure, patient: bool) -> Vec<ObservedInstance> {
    let mut seen: HashMap<String, Result<BTreeMap<String, Instance>, CloudError>> = HashMap::new();
    for record in run.records() {
        let Some(owned) = &record.instance else { continue };
        if !seen.contains_key(&owned.cloud) {
            let answer = match infrastructure.cloud(&owned.cloud) {
                Ok(cloud) => describe(cloud.as_ref(), run, &owned.cloud, patient).await,
                Err(error) => Err(error),
            };
            seen.insert(owned.cloud.clone(), answer);
        }
    }
    run.records()
        .iter()
        .map(|record| match (&record.instance, record.instance_id()) {
            (Some(owned), Some(id)) => match &seen[&owned.cloud] {
                Ok(instances) => instances
                    .get(id)
                    .map_or(ObservedInstance::Absent, |instance| ObservedInstance::Here(Box::new(instance.clone()))),
                Err(error) => ObservedInstance::Unknown(error.into()),
            },
            _ => ObservedInstance::None,
        })
        .collect()
}

/// Returns the run's instances on one cloud. Instances that it does not show as the run's are requested by their ids
/// before they count as gone.
async fn describe(
    cloud: &dyn Cloud,
    run: &Run,
    name: &str,
    patient: bool,
) -> Result<BTreeMap<String, Instance>, CloudError> {
    let ask = async |selector| if patient { look(cloud, &selector).await } else { cloud.describe(&selector).await };
    let by_id = |instances: Vec<Instance>| instances.into_iter().map(|instance| (instance.id.clone(), instance));
    let mut shown: BTreeMap<String, Instance> = by_id(ask(Selector::Run(run.id.clone())).await?).collect();
    let here = run.records().iter().filter(|record| record.instance.as_ref().is_some_and(|owned| owned.cloud == name));
    let unseen: Vec<String> = here
        .filter_map(|record| record.instance_id())
        .filter(|id| !shown.contains_key(*id))
        .map(str::to_owned)
        .collect();
    if !unseen.is_empty() {
        shown.extend(by_id(ask(Selector::Ids(unseen)).await?));
    }
    Ok(shown)
}
