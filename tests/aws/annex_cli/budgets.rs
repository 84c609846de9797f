//! What an annex may cost.

use crate::annex_cli::lab::Lab;

#[test]
fn a_budget_refuses_what_would_cost_more_and_says_how_much() {
    let Some(lab) = Lab::aws() else { return };
    let words = "--count 10 --max-price 0.06 --lease 6h --dry-run";
    lab.create("foo", &format!("{words} --budget 3.60")).exit(0);
    lab.create("foo", &format!("{words} --budget $3.59")).exit(5).says_all(&[
        "10 instances for 6 h 00 m would cost $3.60 ($0.60 an hour), and the budget is $3.59",
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
fn an_annex_is_not_extended_beyond_a_budget() {
    let Some(lab) = Lab::aws() else { return };
    lab.create("foo", "--count 2 --max-price 0.5 --lease 1h --wait none").exit(0);
    lab.hoist("annex extend foo --yes --lease 6h --budget 5.99")
        .exit(5)
        .says_all(&["would cost $6.00", "the lease is as it was"]);
    lab.hoist("annex extend foo --yes --lease 6h --budget 6").exit(0);
    lab.hoist("annex update foo --count 4 --budget 6 --yes").exit(5).says_all(&["nothing was changed"]);
    lab.hoist("annex delete foo --yes").exit(0);
}
