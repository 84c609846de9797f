//! The making of security groups, however badly it goes.

use std::collections::BTreeMap;
use std::time::Duration;

use hoist::provider::{CloudErrorKind, IngressRule, NewSecurityGroup, Peer, SecurityGroup, Traffic};

use crate::ec2::catalog::{catalog, compatible, patient};
use crate::ec2::lab::{Lab, run};
use hoist_test_support::aws::{Effect, Faults, TagsAtLaunch};

fn rule(traffic: Traffic, from: Peer) -> IngressRule {
    IngressRule { traffic, from }
}

fn anywhere() -> Peer {
    Peer::Cidr("0.0.0.0/0".to_owned())
}

/// The group that the guide of ECM asks for.
fn master() -> NewSecurityGroup {
    NewSecurityGroup {
        name: "pool-master".to_owned(),
        description: "The master of a pool".to_owned(),
        network: None,
        ingress: vec![
            rule(Traffic::Icmp, anywhere()),
            rule(Traffic::Tcp(22..=22), anywhere()),
            rule(Traffic::Tcp(9618..=9618), anywhere()),
            rule(Traffic::Tcp(41000..=42000), anywhere()),
        ],
        tags: BTreeMap::from([("hoist:owner".to_owned(), "ann@desk".to_owned())]),
    }
}

/// The group of this name that moto has, with its tags; there must be just one.
fn only(lab: &Lab, name: &str) -> (SecurityGroup, BTreeMap<String, String>) {
    let shown = lab.proxy.ask("DescribeSecurityGroups", &[("Filter.1.Name", "group-name"), ("Filter.1.Value.1", name)]);
    let groups = shown.items("securityGroupInfo");
    assert_eq!(groups.len(), 1, "{shown:?}");
    let tags = groups[0].tags();
    lab.proxy.change(|faults| *faults = Faults::default());
    let mut listed = run(catalog(lab).security_groups(None)).unwrap();
    listed.retain(|group| group.name == name);
    assert_eq!(listed.len(), 1, "{listed:?}");
    (listed.remove(0), tags)
}

/// Fails unless there is exactly what is wanted.
#[track_caller]
fn assert_made(lab: &Lab, wanted: &NewSecurityGroup, id: &str, case: &str) {
    let (group, tags) = only(lab, &wanted.name);
    assert_eq!(group.id, id, "{case}");
    let sorted = |rules: &[IngressRule]| {
        let mut rules: Vec<String> = rules.iter().map(|rule| format!("{rule:?}")).collect();
        rules.sort();
        rules
    };
    assert_eq!(sorted(&group.ingress), sorted(&wanted.ingress), "{case}");
    assert_eq!(tags, wanted.tags, "{case}");
}

#[test]
fn a_group_is_made_once_with_the_wanted_rules_and_tags() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let wanted = master();
    let id = run(catalog(&lab).make_security_group(&wanted)).unwrap();
    assert_made(&lab, &wanted, &id, "made");
    assert_eq!(run(catalog(&lab).make_security_group(&wanted)).unwrap(), id);
    assert_made(&lab, &wanted, &id, "made again");
    assert_eq!((lab.calls("CreateSecurityGroup").len(), lab.calls("AuthorizeSecurityGroupIngress").len()), (1, 1));

    // What lacks is added, and what somebody added stays.
    let mut wider = wanted.clone();
    wider.ingress.push(rule(Traffic::All, Peer::Itself));
    wider.ingress.push(rule(Traffic::Tcp(80..=80), Peer::Cidr("2001:db8::/32".to_owned())));
    assert_eq!(run(catalog(&lab).make_security_group(&wider)).unwrap(), id);
    assert_made(&lab, &wider, &id, "widened");
    assert_eq!(run(catalog(&lab).make_security_group(&wanted)).unwrap(), id);
    assert_made(&lab, &wider, &id, "nothing is taken away");

    let workers = NewSecurityGroup {
        name: "pool-workers".to_owned(),
        ingress: vec![rule(Traffic::All, Peer::Group(id.clone()))],
        ..master()
    };
    let workers_id = run(catalog(&lab).make_security_group(&workers)).unwrap();
    assert_made(&lab, &workers, &workers_id, "workers");
    assert_ne!(workers_id, id);
}

/// What can happen to a call of the making, and how often in a row. Half of a success tells that it was one; half of a
/// refusal, which is what the second attempt gets, would tell nothing.
fn mishaps() -> Vec<(Effect, usize)> {
    vec![
        (Effect::LostBefore, 2),
        (Effect::LostAfter, 2),
        (Effect::CutShort, 1),
        (Effect::throttled(), 2),
        (Effect::Page(503), 2),
        (Effect::error("InternalError", "An internal error has occurred."), 2),
        (Effect::ErrorAfterwards { status: 500, code: "InternalError".to_owned(), message: String::new() }, 2),
    ]
}

#[test]
fn whatever_happens_to_a_call_there_is_one_group_with_the_wanted_rules() {
    for action in ["DescribeVpcs", "DescribeSecurityGroups", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress"] {
        for (effect, times) in mishaps() {
            let case = format!("{action} {effect:?}");
            let Some(lab) = Lab::new(Faults::default().first(times, action, effect)) else { return };
            let wanted = master();
            let id = run(catalog(&lab).make_security_group(&wanted)).unwrap();
            assert_made(&lab, &wanted, &id, &case);
        }
    }
}

#[test]
fn under_a_storm_of_faults_there_is_one_group_with_the_wanted_rules() {
    for seed in 1..=20 {
        let faults = Faults::new(seed).throttled(0.2).server_errors(0.1).lost_requests(0.1).lost_replies(0.2);
        let Some(lab) = Lab::new(faults) else { return };
        let wanted = master();
        let id = run(catalog(&lab).make_security_group(&wanted)).unwrap();
        assert_made(&lab, &wanted, &id, &format!("seed {seed}"));
    }
}

#[test]
fn on_compatible_clouds_tags_come_after_and_nothing_is_made_twice() {
    for action in ["DescribeSecurityGroups", "CreateSecurityGroup", "CreateTags", "AuthorizeSecurityGroupIngress"] {
        for (effect, times) in mishaps() {
            let case = format!("{action} {effect:?}");
            let faults = Faults::default().plain(TagsAtLaunch::Refused).first(times, action, effect);
            let Some(lab) = Lab::with(faults, compatible()) else { return };
            let wanted = master();
            let id = run(catalog(&lab).make_security_group(&wanted)).unwrap();
            assert!(!lab.calls("CreateSecurityGroup")[0].parameters.has("TagSpecification"));
            assert_made(&lab, &wanted, &id, &case);
        }
    }
}

#[test]
fn what_a_crash_left_of_a_group_is_completed() {
    let wanted = master();
    let cases: [(&str, &[(&str, &str)]); 2] = [
        ("without rules", &[]),
        (
            "with one rule",
            &[
                ("IpPermissions.1.IpProtocol", "tcp"),
                ("IpPermissions.1.FromPort", "22"),
                ("IpPermissions.1.ToPort", "22"),
                ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
            ],
        ),
    ];
    for (case, rules) in cases {
        let faults = Faults::default().plain(TagsAtLaunch::Refused);
        let Some(lab) = Lab::with(faults, compatible()) else { return };
        let made = [("GroupName", wanted.name.as_str()), ("GroupDescription", wanted.description.as_str())];
        let id = lab.proxy.ask("CreateSecurityGroup", &made).get("groupId").to_owned();
        if !rules.is_empty() {
            let group = [("GroupId", id.as_str())];
            lab.proxy.ask("AuthorizeSecurityGroupIngress", &[&group, rules].concat());
        }
        assert_eq!(run(catalog(&lab).make_security_group(&wanted)).unwrap(), id);
        assert_made(&lab, &wanted, &id, case);
        assert_eq!(lab.proxy.count("CreateSecurityGroup"), 0);
    }
}

#[test]
fn a_strangers_group_gets_rules_but_no_tags() {
    let Some(lab) = Lab::with(Faults::default(), compatible()) else { return };
    let made = [("GroupName", "pool-master"), ("GroupDescription", "of somebody else")];
    lab.proxy.ask("CreateSecurityGroup", &made);
    run(catalog(&lab).make_security_group(&master())).unwrap();
    let (group, tags) = only(&lab, "pool-master");
    assert_eq!((group.ingress.len(), tags.len()), (4, 0));
}

#[test]
fn a_group_that_does_not_show_yet_is_waited_for() {
    let exists = Effect::error("InvalidGroup.Duplicate", "The security group 'pool-master' already exists");
    let unseen = Effect::error("InvalidGroup.NotFound", "The security group 'sg-1' does not exist");
    let faults =
        Faults::default().first(1, "CreateSecurityGroup", exists).first(2, "AuthorizeSecurityGroupIngress", unseen);
    let Some(lab) = Lab::with(faults, patient()) else { return };
    let wanted = master();
    let id = run(async {
        // Another process has made it, and the cloud shows it a few looks later.
        let show = async {
            while lab.proxy.count("CreateSecurityGroup") < 1 || lab.proxy.count("DescribeSecurityGroups") < 4 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let parameters = [
                ("GroupName", wanted.name.as_str()),
                ("GroupDescription", wanted.description.as_str()),
                ("TagSpecification.1.ResourceType", "security-group"),
                ("TagSpecification.1.Tag.1.Key", "hoist:owner"),
                ("TagSpecification.1.Tag.1.Value", "ann@desk"),
            ];
            lab.proxy.ask("CreateSecurityGroup", &parameters);
        };
        let catalog = catalog(&lab);
        let mut making = std::pin::pin!(catalog.make_security_group(&wanted));
        tokio::select! {
            biased;
            made = &mut making => made,
            () = show => making.await,
        }
        .unwrap()
    });
    assert_made(&lab, &wanted, &id, "late");
    assert_eq!(lab.proxy.count("CreateSecurityGroup"), 1);
}

#[test]
fn what_cannot_be_made_is_named_with_the_action_and_what_to_try() {
    let refused = |action: &str| Effect::error("UnauthorizedOperation", &format!("You are not authorized: {action}"));
    let cases = [
        ("CreateSecurityGroup", refused("x"), "ec2:CreateSecurityGroup", "permission"),
        ("AuthorizeSecurityGroupIngress", refused("x"), "ec2:AuthorizeSecurityGroupIngress", "permission"),
        ("DescribeVpcs", refused("x"), "ec2:DescribeVpcs", "permission"),
        ("CreateSecurityGroup", Effect::error("SecurityGroupLimitExceeded", "too many"), "too many", "quota"),
        ("CreateSecurityGroup", Effect::error("InvalidParameterValue", "Value (ü)"), "Value (ü)", "another name"),
        ("CreateSecurityGroup", Effect::error("InvalidVpcID.NotFound", "vpc-1 is not there"), "vpc-1", "subnet"),
    ];
    for (action, effect, said, hint) in cases {
        let Some(lab) = Lab::new(Faults::default().always(action, effect)) else { return };
        let error = run(catalog(&lab).make_security_group(&master())).unwrap_err();
        assert!(matches!(error.kind, CloudErrorKind::Rejected | CloudErrorKind::Denied), "{error}");
        assert!(error.message.contains("security group pool-master") && error.message.contains(said), "{error}");
        assert!(error.hint.as_ref().is_some_and(|text| text.contains(hint)), "{error:?}");
    }
}
