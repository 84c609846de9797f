//! What an annex's stack says, judged by CloudFormation's own linter.

use hoist::annex::{AnnexId, AnnexSpec, Dollars, InstanceGroup, Market, split};
use hoist::cloud::aws::annex::{GroupLaunchData, LARGEST_BODY, fingerprint, renewed, stack};
use hoist::template::Templates;
use serde_json::{Value, json};

use crate::annex::lab::{cfn_lint, details, id, pool, setup, spec};

fn priced(pool: InstanceGroup, price: &str, weight: u32) -> InstanceGroup {
    InstanceGroup { max_price: Some(price.parse::<Dollars>().unwrap()), weight, ..pool }
}

/// The stack of an annex that is new.
fn rendered(id: &AnnexId, spec: &AnnexSpec, details: &[GroupLaunchData]) -> Value {
    stack(id, spec, &setup(), details, &split(spec.count, &spec.pools))
}

/// Every market, with and without what may be left out.
fn stacks() -> Vec<(String, Value)> {
    let mut made = Vec::new();
    for market in [Market::Spot, Market::OnDemand, Market::Mixed] {
        for full in [false, true] {
            let mut wanted = spec("night-run");
            wanted.market = market;
            if full {
                wanted.subnets = vec!["subnet-0123456789abcdef0".to_owned(), "subnet-0123456789abcdef1".to_owned()];
                wanted.key_name = Some("hoist".to_owned());
                let second = priced(pool("ami-0123456789abcdef1", &["m5.large", "m5a.large"]), "0.06", 3);
                wanted.pools.push(second);
                (wanted.pools[0].disk, wanted.pools[0].market) = (Some(100), Some(Market::Shared(20)));
                wanted.security_groups = vec!["sg-0123456789abcdef1".to_owned(), "sg-0123456789abcdef2".to_owned()];
                wanted.count = 10;
            }
            let details = details(wanted.pools.len());
            made.push((format!("{market:?}-{full}"), rendered(&id("night-run"), &wanted, &details)));
        }
    }
    made
}

fn setups() -> Vec<(String, Value)> {
    let template = Templates::built_in().get("annex-setup.json").unwrap();
    let render = |ssh: bool, sources: &[(&str, &str)]| {
        let sources: Vec<Value> =
            sources.iter().map(|(property, cidr)| json!({"property": property, "cidr": cidr})).collect();
        let values = json!({"vpc": "vpc-0123456789abcdef0", "sources": sources, "ssh": ssh, "expire_days": 366});
        let text = template.render(values.as_object().unwrap()).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    };
    let (one, six) = (("CidrIp", "192.0.2.7/32"), ("CidrIpv6", "2001:db8::/32"));
    vec![
        ("setup".to_owned(), render(false, &[one])),
        ("setup-ssh".to_owned(), render(true, &[one, ("CidrIp", "198.51.100.0/24")])),
        ("setup-six".to_owned(), render(false, &[six])),
        ("setup-ssh-six".to_owned(), render(true, &[one, six])),
    ]
}

#[test]
fn cloudformations_linter_finds_nothing_in_any_stack() {
    let templates: Vec<(String, Value)> = stacks().into_iter().chain(setups()).collect();
    if let Some(said) = cfn_lint(&templates) {
        assert_eq!(said.trim(), "");
    }
}

#[test]
fn the_linter_does_find_what_is_wrong() {
    let (name, mut template) = stacks().remove(0);
    template["Resources"]["Group0"]["Properties"]["MaxSize"] = json!(["many"]);
    if let Some(said) = cfn_lint(&[(name, template)]) {
        assert!(said.contains("E3012"), "{said}");
    }
}

#[test]
fn a_lease_ends_the_annex_when_the_client_is_dead_for_ever() {
    for (name, template) in stacks() {
        let resources = template["Resources"].as_object().unwrap();
        let groups: Vec<&String> = resources
            .iter()
            .filter(|(_, resource)| resource["Type"] == "AWS::AutoScaling::AutoScalingGroup")
            .map(|(logical, _)| logical)
            .collect();
        assert!(!groups.is_empty(), "{name}");
        for group in groups {
            let end = &resources[&group.replace("Group", "End")]["Properties"];
            assert_eq!(end["AutoScalingGroupName"], json!({"Ref": group}), "{name}");
            assert_eq!(end["StartTime"], "2026-12-01T17:00:00Z");
            let sizes = ["MinSize", "MaxSize", "DesiredCapacity"].map(|key| end[key].clone());
            assert_eq!(sizes, [json!(0), json!(0), json!(0)], "{name}");
            let close = &resources[&group.replace("Group", "Close")]["Properties"];
            assert_eq!(close["ScheduleExpression"], "at(2026-12-01T17:00:00)", "{name}");
            let target = close["Target"]["Arn"]["Fn::Sub"].as_str().unwrap();
            assert!(target.ends_with(":scheduler:::aws-sdk:autoscaling:deleteAutoScalingGroup"), "{target}");
            let input: Value = serde_json::from_str(close["Target"]["Input"].as_str().unwrap()).unwrap();
            let place: usize = group.trim_start_matches("Group").parse().unwrap();
            let expected =
                json!({"AutoScalingGroupName": format!("hoist-annex-night-run-{place}"), "ForceDelete": true});
            assert_eq!(input, expected, "{name}");
            assert_eq!(resources[group]["Properties"]["NewInstancesProtectedFromScaleIn"], true, "{name}");
        }
        let end = &resources["End"]["Properties"];
        // A group's instances are protected: its schedule deletes it with them, and only then CloudFormation can go on.
        assert_eq!(end["ScheduleExpression"], "at(2026-12-01T17:05:00)");
        assert_eq!(end["ScheduleExpressionTimezone"], "UTC");
        let target = end["Target"]["Arn"]["Fn::Sub"].as_str().unwrap();
        assert!(target.ends_with(":scheduler:::aws-sdk:cloudformation:deleteStack"), "{target}");
        // A role of the stack would be deleted with it, before the rest.
        assert_eq!(end["Target"]["RoleArn"], json!(setup().scheduler_role));
    }
}

#[test]
fn an_extended_lease_changes_its_ends_and_the_tag_of_what_is_launched_and_nothing_else() {
    let (before, mut after) = (spec("a"), spec("a"));
    after.expires_at = "2026-12-02T00:00:00Z".parse().unwrap();
    let render = |spec| rendered(&id("a"), spec, &details(1));
    let (before, after) = (render(&before), render(&after));
    let changed: Vec<&str> = before["Resources"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(logical, resource)| after["Resources"][logical.as_str()] != **resource)
        .map(|(logical, _)| logical.as_str())
        .collect();
    assert_eq!(changed, ["Close0", "End", "End0", "Group0"]);
    let mut group = before["Resources"]["Group0"].clone();
    group["Properties"]["Tags"][1]["Value"] = json!("2026-12-02T00:00:00Z");
    assert_eq!(group, after["Resources"]["Group0"], "its launch template stays, and so do its instances");
}

#[test]
fn a_set_up_that_cannot_end_protected_machines_protects_none() {
    let old = hoist::cloud::aws::annex::Setup { ends_groups: false, ..setup() };
    let (before, mut after) = (spec("a"), spec("a"));
    after.expires_at = "2026-12-02T00:00:00Z".parse().unwrap();
    let render = |spec: &AnnexSpec| stack(&id("a"), spec, &old, &details(1), &[2]);
    let template = render(&before);
    assert_eq!(template["Resources"]["Group0"]["Properties"]["NewInstancesProtectedFromScaleIn"], false);
    assert_eq!(template["Resources"]["End"]["Properties"]["ScheduleExpression"], "at(2026-12-01T17:00:00)");
    assert!(template["Resources"].get("Close0").is_none());
    assert_eq!(renewed(template, &after, &[2]), Some(render(&after)));
}

#[test]
fn a_template_is_renewed_to_what_would_be_made_anew() {
    let mut before = spec("a");
    before.pools.push(priced(pool("ami-0123456789abcdef1", &["m5.large"]), "0.06", 3));
    before.count = 4;
    let mut after = before.clone();
    (after.expires_at, after.count) = ("2026-12-02T00:00:00Z".parse().unwrap(), 8);
    let counts = split(after.count, &after.pools);
    let kept = rendered(&id("a"), &before, &details(2));
    assert_eq!(renewed(kept.clone(), &after, &counts), Some(rendered(&id("a"), &after, &details(2))));
    assert_eq!(fingerprint(&before), fingerprint(&after));
    assert_eq!(renewed(json!({}), &after, &counts), None);
    assert_eq!(renewed(kept, &after, &[1, 2, 3]), None, "another annex's");
    after.pools[0].weight += 1;
    assert_ne!(fingerprint(&before), fingerprint(&after));
}

#[test]
fn machines_hide_their_role_and_read_their_own_files_only() {
    for (name, template) in stacks() {
        let data = &template["Resources"]["Template0"]["Properties"]["LaunchTemplateData"];
        assert_eq!(data["MetadataOptions"]["HttpTokens"], "required", "{name}");
        assert_eq!(data["MetadataOptions"]["HttpPutResponseHopLimit"], 1);
        assert_eq!(data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"], true);
        let policy = template["Resources"]["Role"]["Properties"]["Policies"][0]["PolicyDocument"].to_string();
        assert!(policy.contains("/annexes/night-run/0123456789ab/*"), "{policy}");
        assert!(!policy.contains("s3:*"), "{policy}");
        let stores = r#""s3:PutObject","Effect":"Allow","Resource":{"Fn::Sub":"arn:${AWS::Partition}:s3:::hoist-setup-bucket-1abc/annexes/night-run/0123456789ab/logs/*"}"#;
        assert!(policy.contains(stores) && policy.matches("s3:Put").count() == 1, "{policy}");
    }
    let old = hoist::cloud::aws::annex::Setup { takes_logs: false, ..setup() };
    let template = stack(&id("a"), &spec("a"), &old, &details(1), &[2]);
    assert!(!template.to_string().contains("s3:Put"), "the boundary of an earlier set-up lets nobody store any");
}

#[test]
fn everything_is_tagged_with_the_whole_name() {
    let template = rendered(&id("foo"), &spec("foo"), &details(1));
    let tag = json!({"Key": "hoist:annex", "Value": "foo/0123456789ab"});
    let data = &template["Resources"]["Template0"]["Properties"];
    for tagged in data["LaunchTemplateData"]["TagSpecifications"].as_array().unwrap() {
        assert!(tagged["Tags"].as_array().unwrap().contains(&tag), "{tagged}");
    }
    let group = &template["Resources"]["Group0"]["Properties"];
    assert_eq!(group["Tags"][0]["Value"], "foo/0123456789ab");
    assert_eq!(group["AutoScalingGroupName"], "hoist-annex-foo-0");
}

#[test]
fn ten_pools_with_full_user_data_need_the_bucket_and_one_does_not() {
    let mut wanted = spec("a");
    let user_data = "A".repeat(16 * 1024 / 3 * 4);
    let mut full = details(1);
    full[0].user_data = user_data;
    let length = |pools: usize, wanted: &mut hoist::annex::AnnexSpec| {
        wanted.pools = vec![pool("ami-0123456789abcdef0", &["t3.small"]); pools];
        rendered(&id("a"), wanted, &vec![full[0].clone(); pools]).to_string().len()
    };
    assert!(length(1, &mut wanted) <= LARGEST_BODY);
    assert!(length(10, &mut wanted) > LARGEST_BODY);
}

#[test]
fn no_tag_of_the_users_takes_the_place_of_ours_or_stands_there_twice() {
    let mut wanted = spec("a");
    wanted
        .tags
        .extend([("Name", "mine"), ("hoist:annex", "b/0123456789ab")].map(|(k, v)| (k.to_owned(), v.to_owned())));
    let template = rendered(&id("a"), &wanted, &details(1));
    let data = &template["Resources"]["Template0"]["Properties"]["LaunchTemplateData"];
    let tags = data["TagSpecifications"][0]["Tags"].as_array().unwrap();
    let values = |key: &str| -> Vec<&str> {
        tags.iter().filter(|tag| tag["Key"] == key).map(|tag| tag["Value"].as_str().unwrap()).collect()
    };
    assert_eq!((values("Name"), values("hoist:annex")), (vec!["mine"], vec!["a/0123456789ab"]));
    assert_eq!(values("hoist:owner"), ["ada@example"]);
}
