//! What EC2 offers to choose from, and the making of security groups however badly it goes.

use std::collections::BTreeMap;
use std::time::Duration;

use hoist::cloud::ec2::Ec2Cloud;
use hoist::engine::{
    Catalog, CloudErrorKind, ImageFilter, IngressRule, NewSecurityGroup, Peer, SecurityGroup, Traffic,
};

use crate::aws::{Effect, Faults, IMAGE, TagsAtLaunch};
use crate::lab::{Lab, Setting, run};

/// The cloud as one who chooses sees it.
fn catalog(lab: &Lab) -> &dyn Catalog {
    let cloud: &Ec2Cloud = &lab.cloud;
    cloud
}

fn compatible() -> Setting {
    Setting { compatible: true, ..Setting::default() }
}

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
fn what_there_is_to_choose_from_is_listed() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEzZZmpTq4eZ0rZp0PjTvA2qs0Qy3Ck3Hk1vO3nJrQm9 me";
    lab.proxy.import_key_pair("work", key);
    lab.proxy.import_key_pair("laptop", key);
    run(async {
        let catalog = catalog(&lab);
        let types = catalog.instance_types().await.unwrap();
        assert!(types.len() > 300, "{}", types.len());
        assert!(types.is_sorted_by_key(|kind| (kind.cpus, kind.memory_mib)));
        let small = types.iter().find(|kind| kind.name == "t3.small").unwrap();
        assert_eq!((small.cpus, small.memory_mib), (2, 2048));
        assert_eq!(small.architectures, ["x86_64"]);
        assert_eq!(lab.calls("DescribeInstanceTypes")[0].parameters.get("MaxResults"), Some("100"));
        assert_eq!(catalog.key_pairs().await.unwrap(), ["laptop", "work"]);

        let mut subnets = catalog.subnets().await.unwrap();
        assert!(subnets.len() > 2 && subnets.iter().all(|subnet| subnet.is_default), "{subnets:?}");
        assert_eq!(subnets[0].zone, "us-east-1a");
        let network = subnets[0].network.clone();
        let made = lab.proxy.ask("CreateSubnet", &[("VpcId", &network), ("CidrBlock", "172.31.200.0/24")]);
        let id = made.get("subnet/subnetId").to_owned();
        lab.proxy.ask("CreateTags", &[("ResourceId.1", &id), ("Tag.1.Key", "Name"), ("Tag.1.Value", "batch")]);
        subnets = catalog.subnets().await.unwrap();
        let last = subnets.last().unwrap();
        assert_eq!((&last.id, last.name.as_deref(), last.is_default), (&id, Some("batch"), false));
        assert_eq!(last.cidr, "172.31.200.0/24");

        let groups = catalog.security_groups(Some(&network)).await.unwrap();
        assert_eq!(groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["default"]);
        assert_eq!(groups[0].network.as_deref(), Some(network.as_str()));
        assert_eq!(catalog.security_groups(Some("vpc-0123456789abcdef0")).await.unwrap(), []);
    });
}

#[test]
fn an_image_is_found_by_its_id_and_by_its_parameter() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let parameter = "/aws/service/debian/release/12/latest/amd64";
    lab.proxy.name_image(parameter, IMAGE);
    run(async {
        let catalog = catalog(&lab);
        let image = catalog.image(IMAGE).await.unwrap().unwrap();
        assert_eq!((image.id.as_str(), image.os.as_deref()), (IMAGE, Some("ubuntu-16.04")));
        for id in ["ami-0123456789abcdef0", "debian", "resolve:ssm:/aws/service/debian/release/99/latest/amd64"] {
            assert_eq!(catalog.image(id).await.unwrap(), None, "{id}");
        }
        let named = format!("resolve:ssm:{parameter}");
        let image = catalog.image(&named).await.unwrap().unwrap();
        assert_eq!((&image.id, image.resolve.as_ref()), (&named, Some(&named)));
        assert_eq!((image.os.as_deref(), image.architecture.as_deref()), (Some("debian-12"), Some("x86_64")));
        assert_eq!(lab.proxy.living(), [], "it was only rehearsed");

        let denied = "You are not authorized to perform: ssm:GetParameters";
        lab.proxy.change(|faults| {
            *faults = Faults::default().always("RunInstances", Effect::error("UnauthorizedOperation", denied));
        });
        let error = catalog.image(&named).await.unwrap_err();
        assert!(error.message.contains("ssm:GetParameters") && error.message.contains(parameter), "{error}");
    });
}

#[test]
fn a_compatible_clouds_images_are_known_by_the_names_that_people_gave() {
    let Some(lab) = Lab::with(Faults::default(), compatible()) else { return };
    // Of the guide to such a cloud.
    let names = [
        "cirros",
        "Fedora 20 x86_64",
        "Centos 6 x86_64",
        "Centos 7 x86_64",
        "ubuntu-14.04.3-LTSx86_64",
        "Fedora 25 x86_64",
        "uCernVM 3.6.5",
        "ubuntu-16.04.1-LTS x86_64",
        "CentOS 6",
        "debian-12 (golden)",
    ];
    for name in names {
        lab.proxy.ask("RegisterImage", &[("Name", name)]);
    }
    let filter = |os: Option<&str>| ImageFilter { os: os.map(str::to_owned), ..ImageFilter::default() };
    run(async {
        for (os, expected) in [
            ("fedora", &["Fedora 20 x86_64", "Fedora 25 x86_64"][..]),
            ("centos-7", &["Centos 7 x86_64"]),
            ("centos-6", &["CentOS 6", "Centos 6 x86_64"]),
            ("ubuntu-16.04", &["ubuntu-16.04.1-LTS x86_64"]),
            ("ucernvm", &["uCernVM 3.6.5"]),
            ("debian-12", &["debian-12 (golden)"]),
            ("debian-13", &[]),
        ] {
            let found = catalog(&lab).images(&filter(Some(os))).await.unwrap();
            let mut found: Vec<&str> =
                found.iter().map(|image| image.name.as_str()).filter(|name| names.contains(name)).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{os}");
        }
        let all = catalog(&lab).images(&filter(None)).await.unwrap();
        assert!(names.iter().all(|name| all.iter().any(|image| image.name == *name)), "nothing is left out");
        assert!(all.iter().all(|image| image.resolve.is_none()), "such clouds resolve nothing");
    });
    let asked = &lab.calls("DescribeImages")[0].parameters;
    assert!(!asked.has("Owner") && !asked.has("Filter") && !asked.has("MaxResults"), "{asked:?}");
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

/// What can happen to a call of the making, and how often in a row. Half of a success tells that it was one; half of a refusal,
/// which is what the second attempt gets, would tell nothing.
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
    let Some(lab) = Lab::new(faults) else { return };
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
        tokio::join!(catalog(&lab).make_security_group(&wanted), show).0.unwrap()
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
        assert_eq!(error.kind, CloudErrorKind::Refused, "{error}");
        assert!(error.message.contains("security group pool-master") && error.message.contains(said), "{error}");
        assert!(error.hint.as_ref().is_some_and(|text| text.contains(hint)), "{error:?}");
    }
}

#[test]
fn what_compatible_clouds_do_not_know_is_an_empty_list() {
    for effect in [
        Effect::error("InvalidAction", "The action DescribeInstanceTypes is not valid for this web service."),
        Effect::error("InvalidRequest", "The request received was invalid."),
        Effect::Page(404),
    ] {
        let faults =
            Faults::default().always("DescribeInstanceTypes", effect.clone()).always("DescribeSubnets", effect);
        let Some(lab) = Lab::with(faults, compatible()) else { return };
        run(async {
            assert_eq!(catalog(&lab).instance_types().await.unwrap(), []);
            assert_eq!(catalog(&lab).subnets().await.unwrap(), []);
        });
    }
    let denied = Effect::error("UnauthorizedOperation", "You are not authorized to perform this operation.");
    let Some(lab) = Lab::with(Faults::default().always("DescribeInstanceTypes", denied), compatible()) else { return };
    let error = run(catalog(&lab).instance_types()).unwrap_err();
    assert!(error.message.contains("ec2:DescribeInstanceTypes"), "{error}");
}
