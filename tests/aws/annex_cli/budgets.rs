//! What an annex may cost.

use crate::annex_cli::lab::Lab;
use hoist_test_support::aws::IMAGE;

/// Makes an annex of machines whose disks cost a cent an hour each, with further keys of the pool.
fn created(lab: &Lab, keys: &str, words: &str) -> String {
    let pool = format!("type=t3.small,disk=72G,disk-price=0.1{keys}");
    lab.created("foo", words).replace("type=t3.small", &pool)
}

#[test]
fn a_budget_refuses_what_would_cost_more_and_says_how_much() {
    let Some(lab) = Lab::aws() else { return };
    let words = "--count 10 --max-price 0.06 --lease 6h --dry-run";
    lab.hoist(&created(&lab, "", &format!("{words} --budget 4.20"))).exit(0);
    lab.hoist(&created(&lab, "", &format!("{words} --budget $4.19"))).exit(5).says_all(&[
        "10 instances for 6 h 00 m would cost $4.20 ($0.70 an hour), and the budget is $4.19",
        "nothing was made",
    ]);
    lab.create("foo", "--count 2 --budget 100").exit(5).says_all(&[
        "what the annex costs is not known",
        "price=",
        "--max-price",
    ]);
    lab.assert_nothing_was_made();
}

#[test]
fn a_share_on_demand_costs_the_list_price_and_not_the_price_of_spot() {
    let Some(lab) = Lab::aws() else { return };
    let words = |budget: &str| format!("--count 10 --lease 6h --dry-run --budget {budget}");
    let shares = ",price=0.06,market=spot:80+on-demand:20";
    lab.hoist(&created(&lab, shares, &words("100")))
        .exit(5)
        .says_all(&["the cloud tells no price of instances on demand, and none is named", "list-price="]);
    let priced = format!("{shares},list-price=0.1");
    // An hour: 8 × $0.06, 2 × $0.10, and 10 × $0.01 for disks.
    lab.hoist(&created(&lab, &priced, &words("4.67"))).exit(5).says_all(&["would cost $4.68 ($0.78 an hour)"]);
    lab.hoist(&created(&lab, &priced, &words("4.68"))).exit(0).says_all(&["on demand taken to be $0.10 an hour"]);
    lab.assert_nothing_was_made();
}

#[test]
fn a_disk_of_unknown_price_is_said_not_to_be_counted() {
    let Some(lab) = Lab::aws() else { return };
    let words = "--count 10 --max-price 0.06 --lease 6h --dry-run --budget 3.60";
    let named = "resolve:ssm:/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id";
    lab.cloud().name_image(named.strip_prefix("resolve:ssm:").unwrap(), hoist_test_support::aws::IMAGE);
    let unsized_disk = lab.created("foo", words).replace(hoist_test_support::aws::IMAGE, named);
    lab.hoist(&unsized_disk).exit(0).says_all(&["at most $0.60 an hour", "disks are not counted"]);
    let document = lab.hoist(&format!("{unsized_disk} -o json")).exit(0).json();
    assert_eq!(document["cost"]["counts_disks"], false);
    lab.assert_nothing_was_made();
}

#[test]
fn machines_that_run_count_at_what_they_were_started_with() {
    let Some(lab) = Lab::aws() else { return };
    let dear = "type=t3.small,disk=72G,disk-price=0.3,market=on-demand,list-price=0.4";
    lab.hoist(&lab.created("foo", "--count 2 --lease 1h").replace("type=t3.small", dear)).exit(0);
    // An hour: two at $0.40 and $0.03 for the disk; one more at $0.05 at most, and $0.01.
    let pool = format!("--pool image={IMAGE},type=t3.small,disk=72G,disk-price=0.1,price=0.05,market=spot");
    let update = format!("annex update foo --yes --count 3 {pool}");
    lab.hoist(&format!("{update} --budget 0.90")).exit(5).says_all(&["($0.92 an hour)", "nothing was changed"]);
    lab.hoist(&format!("{update} --budget 1")).exit(0);
    // What the pool is now is not what the first two were started with.
    let extend = "annex extend foo --yes --lease 2h --budget";
    lab.hoist(&format!("{extend} 1.80")).exit(5).says_all(&["($0.92 an hour)", "the lease is as it was"]);
    lab.hoist(&format!("{extend} 1.85")).exit(0);
    lab.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn an_annex_is_not_extended_beyond_a_budget() {
    let Some(lab) = Lab::aws() else { return };
    lab.hoist(&created(&lab, "", "--count 2 --max-price 0.5 --lease 1h --wait none")).exit(0);
    lab.hoist("annex extend foo --yes --lease 6h --budget 6.11")
        .exit(5)
        .says_all(&["would cost $6.12", "the lease is as it was"]);
    lab.hoist("annex extend foo --yes --lease 6h --budget 6.12").exit(0);
    lab.hoist("annex update foo --count 4 --budget 6.12 --yes").exit(5).says_all(&["nothing was changed"]);
    lab.hoist("annex status foo --no-pool").exit(0).says_all(&["all disks at 0.02 an hour"]);
    lab.hoist("annex delete foo --yes").exit(0);
}
