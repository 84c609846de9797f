//! Budgets of fleets whose prices nobody knows.

use crate::lab::Lab;

/// A fleet of a kind without a price.
const FILE: &str = "[workers]
max = 1
[cloud]
provider = \"local\"
[machine]
[engine]
name = \"npreserving\"
preserve_n = 1
";

#[test]
fn a_budget_without_a_price_is_refused_with_the_line_of_the_kind() {
    let lab = Lab::new();
    for (file, line, told) in [
        (
            format!("{FILE}[limits]\nbudget = 5\n"),
            5,
            "[limits] has a \"budget\", and the price of [machine] is not known",
        ),
        (
            format!("{FILE}[limits]\nbudget_per_hour = 1\n")
                .replace("[machine]", "[machine]\nprice = 1\n[machines.big]"),
            7,
            "[limits] has a \"budget_per_hour\", and the price of [machines.big] is not known",
        ),
    ] {
        lab.file("elastic.toml", file);
        for command in ["elastic run", "elastic once", "elastic once --dry-run"] {
            let refused = lab.hoist(&format!("{command} --config elastic.toml")).exit(1);
            assert!(refused.stderr.contains(&format!("elastic.toml:{line}: {told}")), "{command}: {refused}");
            assert!(refused.stderr.contains("price = DOLLARS for an hour"), "{command}: {refused}");
        }
        assert!(!lab.state().exists(), "nothing was started");
    }
    lab.file(
        "elastic.toml",
        format!("{FILE}[limits]\nbudget = 5\n[lease]\ngrace = 0\n").replace("[machine]", "[machine]\nprice = \"0.25\""),
    );
    lab.hoist("elastic once --config elastic.toml").exit(0);
    assert_eq!(lab.instances().len(), 1);
    // Later on, the daemon would refuse the file, and so does whoever is asked before.
    lab.file("elastic.toml", format!("{FILE}[limits]\nbudget = 5\n"));
    let refused = lab.hoist("elastic reload elastic").exit(1);
    assert!(refused.stderr.contains("elastic.toml:5: [limits] has a \"budget\""), "{refused}");
    assert!(refused.stderr.contains("the fleet goes on with the file as it was"), "{refused}");
    lab.hoist("doctor").run().says("the price of [machine] is not known");
    lab.hoist("elastic stop elastic --yes").exit(0);
    lab.assert_nothing_runs();
}
