//! What is beyond the account's quotas is refused before anything is made.

use hoist::annex::{AnnexCloud as _, AnnexSpec, Market};
use hoist::provider::{CloudError, CloudErrorKind};

use crate::annex::lab as annex_lab;
use crate::annex_stacks::lab::{Lab, id, pool, run, spec};
use hoist_test_support::aws::{Effect, Faults, IMAGE};

/// The quotas of ordinary types, on demand and as spot capacity.
const ON_DEMAND: &str = "L-1216C47A";
const SPOT: &str = "L-34B43A08";

fn check(lab: &Lab, spec: &AnnexSpec) -> Vec<CloudError> {
    run(async { lab.cloud.check(&id("a"), spec).await.unwrap() })
}

#[track_caller]
fn allowed(lab: &Lab, spec: &AnnexSpec) {
    let found = check(lab, spec);
    assert!(found.is_empty(), "{found:#?}");
}

/// It is beyond one quota, which says all of this, and nothing else is wrong.
#[track_caller]
fn beyond(lab: &Lab, spec: &AnnexSpec, texts: &[&str]) {
    let found = check(lab, spec);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].kind, CloudErrorKind::Quota);
    let said = format!("{} | {}", found[0].message, found[0].hint.clone().unwrap_or_default());
    for text in texts {
        assert!(said.contains(text), "it did not say {text:?}: {said}");
    }
}

/// Somebody launches machines of his own.
fn others(lab: &Lab, instance_type: &str, count: &str, market: Option<&str>) -> Vec<String> {
    let market = market.map(|market| ("InstanceMarketOptions.MarketType", market));
    let launch = [("ImageId", IMAGE), ("InstanceType", instance_type), ("MinCount", count), ("MaxCount", count)];
    let launched = lab.proxy.ask("RunInstances", &launch.into_iter().chain(market).collect::<Vec<_>>());
    let launched = launched.items("instancesSet");
    launched.iter().map(|instance| instance.get("instanceId").to_owned()).collect()
}

#[test]
fn the_quota_is_kept_to_the_last_processor_whoever_uses_the_rest() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    lab.proxy.set_quota(ON_DEMAND, 16.0);
    allowed(&lab, &spec("a", 8));
    beyond(
        &lab,
        &spec("a", 9),
        &["pool 1: 9 on-demand instances of t3.small (2 vCPUs each) need 18 vCPUs", "of the 16"],
    );
    let machines = others(&lab, "m5.xlarge", "2", None);
    // Of another family and another market.
    others(&lab, "g4dn.xlarge", "1", None);
    others(&lab, "m5.xlarge", "1", Some("spot"));
    allowed(&lab, &spec("a", 4));
    beyond(
        &lab,
        &spec("a", 5),
        &[
            "pool 1: 5 on-demand instances of t3.small (2 vCPUs each) need 10 vCPUs",
            "of the 16 that the quota L-1216C47A \"Running On-Demand Standard",
            "allows in us-east-1, 8 are in use",
            "--count 4 is within the quotas",
            "request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code L-1216C47A --desired-value 18",
        ],
    );
    lab.proxy.ask("StopInstances", &[("InstanceId.1", &machines[0])]);
    lab.proxy.ask("TerminateInstances", &[("InstanceId.1", &machines[1])]);
    allowed(&lab, &spec("a", 8));
    assert_eq!((lab.stacks().len(), lab.bucket().keys().len()), (0, 0));
}

#[test]
fn where_nothing_was_granted_every_accounts_quota_holds() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    lab.proxy.set_default_quota(ON_DEMAND, 5.0);
    allowed(&lab, &spec("a", 2));
    beyond(&lab, &spec("a", 3), &["of the 5", "0 are in use", "--count 2 is within the quotas"]);
    lab.proxy.set_quota(ON_DEMAND, 1.0);
    beyond(&lab, &spec("a", 1), &["1 on-demand instance of t3.small (2 vCPUs each) needs 2 vCPUs", "choose other"]);
}

#[test]
fn of_an_annex_that_is_there_only_what_is_added_counts() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(lab.made(&id("a"), &spec("a", 3)));
    lab.proxy.set_quota(ON_DEMAND, 10.0);
    allowed(&lab, &spec("a", 5));
    beyond(
        &lab,
        &spec("a", 6),
        &["3 more on-demand instances of t3.small", "need 6 vCPUs", "6 are in use", "--count 5"],
    );
    // One of another name has none of them.
    let found = run(async { lab.cloud.check(&id("b"), &spec("b", 3)).await.unwrap() });
    assert!(found[0].message.contains("3 on-demand instances"), "{found:#?}");
    // What the quota would not allow any more stays, and may become less.
    lab.proxy.set_quota(ON_DEMAND, 2.0);
    for count in [1, 3] {
        allowed(&lab, &spec("a", count));
    }
}

#[test]
fn each_market_has_its_quota() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    let of = |market, count| AnnexSpec { market, ..spec("a", count) };
    lab.proxy.set_quota(SPOT, 8.0);
    others(&lab, "m5.large", "1", Some("spot"));
    allowed(&lab, &of(Market::OnDemand, 9));
    assert!(lab.calls("GetServiceQuota").iter().all(|call| call.parameters.get("QuotaCode") == Some(ON_DEMAND)));
    allowed(&lab, &of(Market::Spot, 3));
    beyond(&lab, &of(Market::Spot, 4), &["4 spot instances", SPOT, "of the 8", "2 are in use", "--count 3"]);
    // The first one is on demand.
    allowed(&lab, &of(Market::Mixed, 4));
    beyond(&lab, &of(Market::Mixed, 5), &["4 spot instances", "--count 4"]);
    lab.proxy.set_quota(ON_DEMAND, 1.0);
    beyond(&lab, &of(Market::Mixed, 4), &["1 on-demand instance of", ON_DEMAND]);
}

#[test]
fn pools_share_a_quota_and_the_largest_type_of_each_counts() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    let mut spec = spec("a", 4);
    spec.pools.push(annex_lab::pool(IMAGE, &["m5.large", "m5.2xlarge"]));
    lab.proxy.set_quota(ON_DEMAND, 20.0);
    allowed(&lab, &spec);
    lab.proxy.set_quota(ON_DEMAND, 19.0);
    let said = ["pools 1, 2: ", "2 on-demand instances of m5.large or m5.2xlarge (up to 8 vCPUs each) need 20 vCPUs"];
    beyond(&lab, &spec, &said);
}

#[test]
fn what_no_known_quota_bounds_is_not_refused() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    lab.proxy.set_quota(ON_DEMAND, 0.0);
    let mut spec = spec("a", 9);
    spec.pools = vec![annex_lab::pool(IMAGE, &["mac1.metal"])];
    allowed(&lab, &spec);
    assert_eq!((lab.calls("GetServiceQuota").len(), lab.calls("DescribeInstanceTypes").len()), (0, 0));
    // Nobody tells this quota.
    spec.pools = vec![annex_lab::pool(IMAGE, &["g4dn.xlarge"])];
    allowed(&lab, &spec);
    let asked = ["GetServiceQuota", "GetAWSDefaultServiceQuota"].map(|action| lab.calls(action).len());
    assert_eq!((asked, lab.calls("DescribeInstances").len()), ([1, 1], 0));
    // Some of these machines can be had.
    spec.pools = vec![annex_lab::pool(IMAGE, &["t3.small", "g4dn.xlarge"])];
    allowed(&lab, &spec);
    spec.pools.push(pool(IMAGE, 1));
    beyond(&lab, &spec, &["pool 2: 4 on-demand instances of t3.small"]);
}

#[test]
fn a_service_that_refuses_or_is_not_there_is_no_reason() {
    let denied = "User: arn:aws:iam::123456789012:user/eve is not authorized to perform: servicequotas:GetServiceQuota";
    for effect in [
        Effect::error("AccessDeniedException", denied),
        Effect::error("UnknownOperationException", ""),
        Effect::Page(404),
        Effect::Page(503),
        Effect::LostBefore,
    ] {
        let Some(lab) = Lab::new(Faults::new(1).always("GetServiceQuota", effect.clone())) else { return };
        lab.proxy.set_quota(ON_DEMAND, 0.0);
        allowed(&lab, &spec("a", 9));
        assert!(!lab.calls("GetServiceQuota").is_empty(), "{effect:?}");
    }
    let busy = Faults::new(1).first(2, "GetServiceQuota", Effect::error("TooManyRequestsException", "Slow down"));
    let Some(lab) = Lab::new(busy) else { return };
    lab.proxy.set_quota(ON_DEMAND, 0.0);
    beyond(&lab, &spec("a", 9), &["of the 0"]);
}
