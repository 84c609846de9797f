//! A group that gets no spot capacity: what it lacks is bought on demand while hoist watches, and told.

use hoist_test_support::aws::IMAGE;
use serde_json::Value;

use crate::annex_cli::lab::Lab;

/// Words that make an annex whose groups get no spot capacity (`tests/support/src/aws/stacks.py`).
fn made(market: &str, count: u32, more: &str) -> String {
    format!(
        "annex create night --pool image={IMAGE},type=t3.small,price=0.01,list-price=0.0208,market={market} --count {count} \
         --tag peers-no-spot=1 --pool-software none --yes {more}"
    )
}

/// How many instances of the first group are on demand before any other, by the group itself.
fn base(lab: &Lab) -> String {
    let named = [("AutoScalingGroupNames.member.1", "hoist-annex-night-0")];
    let shown = lab.cloud().ask_service("autoscaling", "DescribeAutoScalingGroups", &named);
    let group = shown.at("DescribeAutoScalingGroupsResult/AutoScalingGroups/member").expect("it is there");
    group.get("MixedInstancesPolicy/InstancesDistribution/OnDemandBaseCapacity").to_owned()
}

fn fallen_back(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["event"] == "fell-back").collect()
}

#[test]
fn what_spot_lacks_is_bought_on_demand_and_told_with_its_price() {
    let Some(lab) = Lab::aws() else { return };
    let made_so = lab.hoist(&made("spot+on-demand", 3, "--wait capacity -o jsonl")).exit(0);
    let lines = made_so.json_lines();
    assert!(lines.iter().all(|line| line["schema"] == 1), "{lines:?}");
    let [told] = fallen_back(&lines).try_into().unwrap_or_else(|told| panic!("once: {told:?}"));
    assert_eq!((&told["pool"], &told["count"], &told["price_per_hour"]), (&0.into(), &3.into(), &"0.0208".into()));
    assert!(told["said"].as_str().unwrap().contains("UnfulfillableCapacity"), "{told}");
    assert_eq!(base(&lab), "3");

    // The same command again finds it as it is, and what was moved stays: nothing is bought twice, no drift is there.
    lab.hoist(&made("spot+on-demand", 3, "--wait capacity")).exit(0);
    assert_eq!(base(&lab), "3");
    let more = lab.hoist("annex update night --count 5 --yes").exit(0);
    more.says_all(&["spot has no capacity", "buying 2 instances of pool 1 on demand, at $0.0208 an hour each"]);
    assert_eq!(base(&lab), "5");

    let fewer = lab.hoist("annex update night --count 4 --yes -o jsonl").exit(0).json_lines();
    assert!(fewer.iter().all(|line| line["schema"] == 1), "the document at the end, too: {fewer:?}");
    assert_eq!(fewer.last().unwrap()["outcome"], "updated");
    assert_eq!(base(&lab), "5", "nothing is moved back");

    // Who only looks changes nothing.
    let changes = || lab.cloud().count("UpdateStack");
    let before = changes();
    lab.hoist("annex status night").exit(0);
    assert_eq!(changes(), before);
    lab.hoist("annex delete night --yes").exit(0);
}

#[test]
fn whoever_did_not_wait_is_served_by_the_next_command_that_watches() {
    let Some(lab) = Lab::aws() else { return };
    lab.hoist(&made("spot+on-demand", 2, "--lease 1h --wait none")).exit(0);
    assert_eq!(base(&lab), "0");
    lab.hoist("annex extend night --lease 3h --yes").exit(0).says_all(&["buying 2 instances of pool 1 on demand"]);
    assert_eq!(base(&lab), "2");
    lab.hoist("annex delete night --yes").exit(0);
}

#[test]
fn a_budget_counts_on_spot_lacking_everything() {
    let Some(lab) = Lab::aws() else { return };
    let of = |budget: &str| made("spot+on-demand", 10, &format!("--lease 10h --dry-run --budget {budget}"));
    // 10 × 10 h × $0.0208, and the disks.
    lab.hoist(&of("2.07")).exit(5).says_all(&["10 instances for 10 h 00 m would cost $2."]);
    lab.hoist(&of("2.50")).exit(0);
    let unnamed = of("99").replace(",list-price=0.0208", "");
    lab.hoist(&unnamed).exit(5).says_all(&["no price of instances on demand", "list-price="]);
    lab.assert_nothing_was_made();
}
