//! Looks at a run's machines: what the clouds show of them.

use std::collections::{BTreeMap, HashMap};

use super::observation::ObservedInstance;
use super::patient_call::look;
use super::run::Run;
use crate::provider::{Cloud, CloudError, Infrastructure, Instance, Selector};

/// What the clouds show of each service's instance, one call a cloud.
pub async fn survey(run: &Run, infrastructure: &dyn Infrastructure) -> Vec<ObservedInstance> {
    look_at(run, infrastructure, false).await
}

/// As [`survey`], with clouds that do not answer at once asked again.
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

/// The run's machines on one cloud. Those that it does not show as the run's are asked for by their ids before they are
/// taken for gone.
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
