//! What is wrong is found before anything is made.

use hoist::annex::{AnnexCloud as _, AnnexSpec, Market, PoolSoftware};

use crate::annex_stacks::lab::{Lab, id, lease, pool, refused, run, spec, token};
use hoist_test_support::aws::{Effect, Faults};

/// The public half of a key pair.
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEzZZmpTq4eZ0rZp0PjTvA2qs0Qy3Ck3Hk1vO3nJrQm9 me";

/// What is wrong with this, and nothing else is.
#[track_caller]
fn only(lab: &Lab, spec: &AnnexSpec, texts: &[&str]) {
    let found = run(async { lab.cloud.check(&id("a"), spec).await.unwrap() });
    assert_eq!(found.len(), 1, "{texts:?}: {found:#?}");
    refused(&found[0], texts);
}

fn joining(spec: &mut AnnexSpec) -> &mut hoist::annex::HTCondorJoin {
    match &mut spec.software {
        PoolSoftware::HTCondor(joining) => joining,
        PoolSoftware::None | PoolSoftware::Pilot(_) => panic!("it joins none"),
    }
}

#[test]
fn each_thing_that_is_not_there_is_named() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    lab.proxy.import_key_pair("hoist", KEY);
    let good = lab.joining("a", 2);
    assert!(run(async { lab.cloud.check(&id("a"), &good).await.unwrap() }).is_empty());
    let change = |change: &dyn Fn(&mut AnnexSpec)| {
        let mut spec = good.clone();
        change(&mut spec);
        spec
    };
    only(
        &lab,
        &change(&|spec| spec.key_name = Some("hosit".to_owned())),
        &["no key pair hosit", "did you mean hoist?"],
    );
    only(&lab, &change(&|spec| spec.vpc = Some("vpc-0".to_owned())), &["there is no VPC vpc-0 in us-east-1"]);
    only(&lab, &change(&|spec| spec.subnets = vec!["subnet-0".to_owned()]), &["there is no subnet subnet-0"]);
    only(&lab, &change(&|spec| spec.pools.push(pool("ami-0", 1))), &["pool 2: there is no image ami-0"]);
    let no_type = |spec: &mut AnnexSpec| spec.pools[0].instance_types = vec!["t3.smal".to_owned()];
    only(&lab, &change(&no_type), &["no instance type t3.smal", "did you mean t3.small?"]);
    only(&lab, &change(&|spec| spec.count = 100_000), &["100000 instances are wanted", "free addresses"]);
    only(&lab, &change(&|spec| spec.expires_at = lease(-1)), &["the lease ended", "--lease"]);
    only(&lab, &change(&|spec| joining(spec).os = None), &["HTCondor is not installed on ubuntu-16.04", "--os"]);
    let cheap = |spec: &mut AnnexSpec| {
        spec.market = Market::Spot;
        spec.pools[0].max_price = Some("0.000001".parse().unwrap());
    };
    only(&lab, &change(&cheap), &["max_price is 0.000001"]);
    let tagged = |spec: &mut AnnexSpec| drop(spec.tags.insert("aws:x".to_owned(), "y".to_owned()));
    only(&lab, &change(&tagged), &["aws:"]);
    assert_eq!((lab.stacks().len(), lab.bucket().keys().len()), (0, 0));
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    let good = lab.joining("a", 1);
    let change = |change: &dyn Fn(&mut AnnexSpec)| {
        let mut spec = good.clone();
        change(&mut spec);
        spec
    };
    let missing = lab.files.path().join("missing");
    let empty = lab.file("empty", "");
    only(&lab, &change(&|spec| joining(spec).password_file = Some(missing.clone())), &["password file", "missing"]);
    only(&lab, &change(&|spec| joining(spec).password_file = Some(empty.clone())), &["is empty"]);
    only(&lab, &change(&|spec| joining(spec).password_file = None), &["need a token", "--password-file"]);
    only(&lab, &change(&|spec| joining(spec).config_files.push(missing.clone())), &["configuration file", "missing"]);
    only(&lab, &change(&|spec| spec.user_data = Some(missing.clone())), &["user data", "missing"]);
    let foreign = lab.file("foreign", "<powershell>");
    only(&lab, &change(&|spec| spec.user_data = Some(foreign.clone())), &["cloud-init does not read this"]);
    let large = lab.file("large", format!("#!/bin/sh\n# {}\n", random(40_000)));
    only(&lab, &change(&|spec| spec.user_data = Some(large.clone())), &["of which EC2 takes 16384"]);
}

/// Text that no compression makes much smaller.
fn random(length: usize) -> String {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap())
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn the_network_must_be_that_of_the_set_up() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    let vpc = lab.proxy.ask("CreateVpc", &[("CidrBlock", "10.1.0.0/16")]).get("vpc/vpcId").to_owned();
    let subnet = [("VpcId", vpc.as_str()), ("CidrBlock", "10.1.0.0/28")];
    let subnet = lab.proxy.ask("CreateSubnet", &subnet).get("subnet/subnetId").to_owned();
    only(&lab, &AnnexSpec { subnets: vec![subnet.clone()], ..spec("a", 1) }, &[&subnet, &vpc, "that of the set-up"]);
    let other = AnnexSpec { vpc: Some(vpc.clone()), subnets: vec![subnet.clone()], ..spec("a", 1) };
    only(&lab, &other, &["are set up for the VPC", lab.vpc(), "--vpc"]);
}

#[test]
fn everything_is_told_at_once_and_a_name_that_is_taken_too() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let taken = hoist::annex::AnnexId { nonce: "ba9876543210".to_owned(), ..id("a") };
        lab.made(&taken, &spec("a", 1)).await;
        let mut spec = lab.joining("a", 1);
        (spec.key_name, spec.vpc) = (Some("none".to_owned()), Some("vpc-0".to_owned()));
        let found = lab.cloud.check(&id("a"), &spec).await.unwrap();
        let said: Vec<&str> = found.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(said.len(), 3, "{said:#?}");
        for (text, message) in ["an annex a already", "no key pair none", "no VPC vpc-0"].iter().zip(&said) {
            assert!(message.contains(text), "{said:#?}");
        }
    });
}

#[test]
fn who_may_not_look_is_told_the_action_and_the_policy() {
    let denied = "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/eve is not authorized to \
                  perform: ec2:DescribeSubnets because no identity-based policy allows the ec2:DescribeSubnets action";
    let Some(lab) = Lab::new(Faults::new(1).always("DescribeSubnets", Effect::error("UnauthorizedOperation", denied)))
    else {
        return;
    };
    run(async {
        let error = lab.cloud.check(&id("a"), &spec("a", 1)).await.unwrap_err();
        refused(&error, &["ec2:DescribeSubnets", "hoist annex policy --for user"]);
        let error = lab.cloud.apply(&id("a"), &spec("a", 1), &token("1")).await.unwrap_err();
        refused(&error, &["ec2:DescribeSubnets", "hoist annex policy --for user"]);
        lab.nothing_is_left();
    });
}
