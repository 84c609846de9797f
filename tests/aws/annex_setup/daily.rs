//! The whole program in the hands of two people: one has the rights, sets annexes up once and goes; the other uses
//! them.

use hoist::cloud::aws::annex::{Audience, policy};

use crate::annex_setup::lab::Lab;
use crate::annex_setup::permissions::without;
use hoist_test_support::aws::{Faults, IMAGE, REGION};

#[test]
fn no_admin_rights_for_daily_use() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let of = |audience| policy(audience, "aws", REGION, lab.proxy.account(), "");
    let admin = lab.proxy.user("ada", &of(Audience::Admin));
    let user = lab.proxy.user("bob", &of(Audience::User));
    lab.proxy.enforce();
    let by_user = |words: &str| lab.hoist(&user, words);
    let image = format!("image={IMAGE},type=t3.small");
    let create =
        format!("annex create night --pool {image} --count 2 --lease 6h --pool-software none --wait capacity --yes");

    by_user(&create).exit(1).tells_all(&["hoist annex setup", "hoist annex policy --for admin"]);
    by_user("annex setup --from 192.0.2.7 --yes").exit(1).tells_all(&["the credentials do not allow", "--for admin"]);
    let printed = lab.hoist(&admin, "annex policy --for user").exit(0).json();
    assert_eq!(printed, of(Audience::User), "what is printed is what is tried here");
    lab.hoist(&admin, "annex setup --from 192.0.2.7 --yes").exit(0);
    lab.hoist(&admin, "annex check-setup").exit(0);

    by_user(&create).exit(0);
    let shown = by_user("annex status night -o json").exit(0).json();
    let instances = shown["annexes"][0]["instances"].as_array().or(shown["instances"].as_array()).unwrap().clone();
    assert_eq!(instances.len(), 2, "{shown}");
    by_user("annex list").exit(0);
    by_user("annex update night --count 3 --yes").exit(0);
    by_user("annex extend night --lease 9h --yes").exit(0);
    let one = instances[0]["id"].as_str().unwrap();
    by_user(&format!("annex drain night --instance {one} --yes")).exit(0);
    by_user("annex delete night --yes").exit(0);
    assert!(lab.proxy.living().is_empty());

    // Somebody who may less is told what he lacks, and where all of it is listed.
    for (action, words) in
        [("iam:PassRole", create.as_str()), ("ec2:DescribeKeyPairs", &format!("{create} --keypair k"))]
    {
        lab.proxy.set_policy("bob", &without(&of(Audience::User), action));
        by_user(words).exit(1).tells_all(&[action, "hoist annex policy --for user"]);
    }
    let calls = lab.calls("CreateStack");
    let made = calls.iter().filter(|call| call.status == Some(200)).filter_map(|call| call.parameters.get("StackName"));
    assert_eq!(made.collect::<Vec<_>>(), ["hoist-setup", "hoist-annex-night"]);
}
