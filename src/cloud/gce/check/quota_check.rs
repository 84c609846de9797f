//! Whether the quotas of processors have room for launches.

use std::collections::BTreeMap;

use super::catalog::RegionQuotas;
use crate::provider::{CloudError, CloudErrorKind};

/// How many processors launches need, by region and metric.
#[derive(Debug, Default)]
pub(super) struct QuotaNeeds(BTreeMap<(String, String), u32>);

/// Returns the metric that counts the processors of a machine type ("CPU quota"): old families share one, each newer
/// one has its own.
pub(super) fn metric(machine_type: &str, spot: bool) -> String {
    match machine_type.split('-').next().unwrap_or_default() {
        _ if spot => "PREEMPTIBLE_CPUS".to_owned(),
        "e2" | "f1" | "g1" | "n1" | "custom" => "CPUS".to_owned(),
        family => format!("{}_CPUS", family.to_uppercase()),
    }
}

impl QuotaNeeds {
    /// Adds what a launch needs; returns the first quota of `quotas` without room for all so far.
    pub(super) fn add(
        &mut self,
        region: &str,
        metric: &str,
        processors: u32,
        quotas: &RegionQuotas,
    ) -> Option<CloudError> {
        let needed = self.0.entry((region.to_owned(), metric.to_owned())).or_default();
        *needed = needed.saturating_add(processors);
        // Metrics that are not told, and spot quotas that were never asked for, are no limits.
        let (limit, usage) = quotas.get(metric).copied()?;
        let left = limit - usage;
        if f64::from(*needed) <= left || (metric == "PREEMPTIBLE_CPUS" && limit == 0.0) {
            return None;
        }
        let message = format!(
            "the quota {metric} of {region} has room for {left} of the {needed} processors that are needed (limit \
             {limit}, used {usage})"
        );
        let hint = "have the quota raised (https://console.cloud.google.com/iam-admin/quotas), or name other machine \
                    types or zones of another region";
        Some(CloudError::new(CloudErrorKind::Quota, message).hint(hint))
    }
}

#[test]
fn launches_that_fit_alone_may_not_fit_together() {
    let quotas = RegionQuotas::from([("CPUS".to_owned(), (10.0, 4.0)), ("PREEMPTIBLE_CPUS".to_owned(), (0.0, 0.0))]);
    let mut needs = QuotaNeeds::default();
    assert!(needs.add("r", &metric("e2-small", false), 4, &quotas).is_none());
    let error = needs.add("r", &metric("n1-standard-4", false), 4, &quotas).unwrap();
    assert_eq!(error.kind, CloudErrorKind::Quota);
    assert!(error.message.starts_with("the quota CPUS of r has room for 6 of the 8 processors"), "{error}");
    assert!(needs.add("r", &metric("c3-standard-4", false), 1000, &quotas).is_none());
    assert!(needs.add("r", &metric("c3-standard-4", true), 1000, &quotas).is_none());
}
