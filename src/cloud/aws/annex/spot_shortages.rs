//! Groups that lack instances for want of spot capacity.

use aws_sdk_autoscaling::types::{Activity, AutoScalingGroup, Instance, ScalingActivityStatusCode};

use super::scaling_groups::ScalingGroups;
use crate::annex::{AnnexId, AnnexSpec, Market, SpotShortage};
use crate::cloud::aws::annex::group_of;
use crate::provider::CloudError;

/// How the message of an activity begins that was refused spot capacity for whatever reason.
const NO_SPOT: &str = "Could not launch Spot Instances";

/// What such a message then says, where it is for want of capacity.
const NO_CAPACITY: [&str; 2] = ["InsufficientInstanceCapacity", "UnfulfillableCapacity"];

/// What a message says where there is capacity for a higher price only (Amazon EC2 Auto Scaling User Guide,
/// "Troubleshoot issues in Amazon EC2 Auto Scaling").
const TOO_DEAR: &str = "lower than the minimum required Spot request fulfillment price";

/// Returns the pools of the annex that buy on demand what spot lacks, and lack instances for want of it.
pub(super) async fn spot_shortages(
    groups: &ScalingGroups,
    id: &AnnexId,
    spec: &AnnexSpec,
) -> Result<Vec<SpotShortage>, CloudError> {
    let mut found = Vec::new();
    for group in groups.of_annex(id).await? {
        let name = group.auto_scaling_group_name.as_deref().unwrap_or_default();
        let pool = (0..spec.pools.len()).find(|&pool| group_of(id, pool) == name);
        let pool = pool.filter(|&pool| spec.market_of(pool) == Market::Fallback);
        let (Some(pool), missing @ 1..) = (pool, missing(&group)) else { continue };
        let said = refused(&groups.activities(name).await?);
        found.extend(said.map(|said| SpotShortage { pool, missing, said }));
    }
    Ok(found)
}

/// Returns how many instances a group is to have and has not.
fn missing(group: &AutoScalingGroup) -> u32 {
    let is_leaving = |instance: &&Instance| {
        instance.lifecycle_state.as_ref().is_some_and(|state| state.as_str().starts_with("Terminat"))
    };
    let leaving = group.instances().iter().filter(is_leaving).count();
    let there = u32::try_from(group.instances().len() - leaving).unwrap_or(u32::MAX);
    u32::try_from(group.desired_capacity.unwrap_or_default()).unwrap_or_default().saturating_sub(there)
}

/// Returns what the newest activity said, if spot had no capacity for it; `None` while another one is under way.
fn refused(newest_first: &[Activity]) -> Option<String> {
    let newest = newest_first.first()?;
    let said = newest.status_message.as_deref().unwrap_or_default();
    let is_capacity = said.contains(NO_SPOT) && NO_CAPACITY.iter().any(|code| said.contains(code));
    let has_failed = newest.status_code == Some(ScalingActivityStatusCode::Failed);
    (has_failed && (is_capacity || said.contains(TOO_DEAR))).then(|| said.to_owned())
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::primitives::DateTime;

    use super::*;

    fn activity(code: &str, said: &str) -> Activity {
        let activity = Activity::builder().activity_id("a").auto_scaling_group_name("g").cause("c");
        let activity = activity.start_time(DateTime::from_secs(0)).status_message(said);
        activity.status_code(ScalingActivityStatusCode::from(code)).build()
    }

    #[test]
    fn only_a_want_of_spot_capacity_is_one() {
        let wants = "Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request \
                     configuration. Please adjust your request and try again. Launching EC2 instance failed.";
        let none = "Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity available that \
                    matches your request. Launching EC2 instance failed.";
        let dear = "Your Spot request price of 0.001 is lower than the minimum required Spot request fulfillment price of \
                    0.0031. Launching EC2 instance failed.";
        for said in [wants, none, dear] {
            assert_eq!(refused(&[activity("Failed", said), activity("Successful", "")]).as_deref(), Some(said));
            assert_eq!(refused(&[activity("InProgress", ""), activity("Failed", said)]), None, "it is being tried");
        }
        for other in [
            "Could not launch Spot Instances. MaxSpotInstanceCountExceeded - Max spot instance count exceeded.",
            "Could not launch On-Demand Instances. InsufficientInstanceCapacity - We currently do not have sufficient \
             m5.large capacity in the Availability Zone you requested.",
        ] {
            assert_eq!(refused(&[activity("Failed", other)]), None, "{other}");
        }
        assert_eq!(refused(&[]), None);
    }
}
