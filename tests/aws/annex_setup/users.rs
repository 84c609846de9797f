//! What whoever uses annexes may do, and that it is enough: no rights beyond the printed policy.

use std::path::PathBuf;
use std::sync::Arc;

use hoist::annex::{
    AnnexCloud as _, AnnexId, AnnexSpec, HTCondorJoin, InstanceGroup, Market, ObservedAnnex, ObservedState,
    PoolSoftware,
};
use hoist::cloud::aws::annex::StackCloud;
use hoist::cloud::aws::annex::{Audience, policy};
use hoist::provider::CloudError;
use hoist::template::Templates;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::annex::lab as annex_lab;
use crate::annex_setup::lab::{Lab, run, session, terms};
use crate::annex_setup::permissions::{actions, each_is_missed, without};
use hoist_test_support::aws::{End, Faults, IMAGE, Keys, REGION, StackScript, Verb};

/// What only tells quotas before anything is made: without it, what is beyond them fails later, with AWS's words.
const FOR_QUOTAS: [&str; 3] =
    ["ec2:DescribeInstanceTypes", "servicequotas:GetAWSDefaultServiceQuota", "servicequotas:GetServiceQuota"];

/// What tells that spot lacks instances, in annexes that then buy on demand.
const FOR_FALLBACK: &str = "autoscaling:DescribeScalingActivities";

/// What ends what a stack has left: without it, each thing that stays is named with AWS's words.
const FOR_LEFTOVERS: [&str; 3] = ["autoscaling:DeleteAutoScalingGroup", "ec2:DeleteLaunchTemplate", "ec2:DeleteVolume"];

/// A set-up that somebody else made, and an annex to make by it.
struct Daily {
    lab: Lab,
    files: tempfile::TempDir,
    vpc: String,
    subnet: String,
    group: String,
}

impl Daily {
    fn new() -> Option<Self> {
        let lab = Lab::new(Faults::default())?;
        run(lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell())).unwrap();
        let vpc = lab.default_vpc();
        let answer = lab.ask("ec2", "DescribeSubnets", &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &vpc)]);
        let subnet = Lab::element(&answer, "subnetId");
        let answer =
            lab.ask("ec2", "DescribeSecurityGroups", &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &vpc)]);
        let group = Lab::element(&answer, "groupId");
        lab.proxy.import_key_pair(
            "hoist",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ8cP0MkRZ9xZkCbmoc5pWk8PnRCV8jJZ2Hn1hQ8J0k ada",
        );
        Some(Self { lab, files: tempfile::tempdir().unwrap(), vpc, subnet, group })
    }

    fn policy(&self) -> Value {
        policy(Audience::User, "aws", REGION, self.lab.proxy.account(), "")
    }

    /// Annexes as somebody with this policy uses them, from now on.
    fn cloud_of(&self, policy: &Value) -> StackCloud {
        let keys = self.lab.proxy.user("bob", policy);
        self.lab.proxy.enforce();
        self.cloud_with(&keys)
    }

    fn cloud_with(&self, keys: &Keys) -> StackCloud {
        StackCloud::new(Arc::new(session(&self.lab.proxy.endpoint(), keys)), Templates::built_in())
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.files.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn spec(&self, name: &str, pools: usize) -> AnnexSpec {
        let pool = InstanceGroup { weight: 1, ..annex_lab::pool(IMAGE, &["t3.small"]) };
        let joining = HTCondorJoin {
            central_manager: "cm.example.org:9618".to_owned(),
            password_file: Some(self.file("password", "correct-horse-battery\n")),
            with_nul: false,
            token_file: None,
            identity: None,
            owner_key: None,
            ccb: false,
            config_files: vec![self.file("more.config", "KNOB = 1\n")],
            owners: vec!["bob".to_owned()],
            pool_name: "example.org".to_owned(),
            os: Some("debian-12".to_owned()),
            slots: None,
            public_address: false,
            docker: false,
            apptainer: false,
        };
        AnnexSpec {
            pools: vec![pool; pools],
            count: u32::try_from(pools).unwrap() + 1,
            market: Market::Mixed,
            vpc: Some(self.vpc.clone()),
            subnets: vec![self.subnet.clone()],
            security_groups: vec![self.group.clone()],
            key_name: Some("hoist".to_owned()),
            expires_at: hours(6),
            software: PoolSoftware::HTCondor(joining),
            ..annex_lab::spec(name)
        }
    }

    fn script(&self, stack: &'static str, verb: Verb, end: End) {
        self.lab.proxy.script_stack(StackScript { stack, verb, looks: 1, end });
    }
}

/// So many hours from now, to the second.
fn hours(hours: i64) -> Timestamp {
    Timestamp::from_second((Timestamp::now() + SignedDuration::from_hours(hours)).as_second()).unwrap()
}

/// Looks until nothing is under way.
async fn settled(cloud: &StackCloud, id: &AnnexId, stack: &str) -> Result<Option<ObservedAnnex>, CloudError> {
    for _ in 0..100 {
        match cloud.look(id, Some(stack)).await? {
            Some(seen) if matches!(seen.state, ObservedState::Changing | ObservedState::Deleting) => {}
            seen => return Ok(seen),
        }
    }
    panic!("{} is never done", id.name);
}

/// Everything that is done with annexes, in the name of whoever `cloud` works for.
async fn everything(daily: &Daily, cloud: &StackCloud) -> Result<(), CloudError> {
    let (id, spec) = (annex_lab::id("night"), daily.spec("night", 1));
    if let Some(wrong) = cloud.check(&id, &spec).await?.into_iter().next() {
        return Err(wrong);
    }
    cloud.prices(&spec).await?;
    cloud.preview(&id, &spec).await?;
    let stack = cloud.apply(&id, &spec, "t-1").await?.expect("a stack has an id");
    let seen = settled(cloud, &id, &stack).await?;
    assert_eq!(seen.expect("it is there").state, ObservedState::Settled);
    assert_eq!(cloud.all().await?, std::slice::from_ref(&id));
    cloud.secure(&id, &spec).await?;
    let machines = cloud.instances(&id).await?;
    assert_eq!(machines.len(), 2);
    cloud.console(&machines[0].id).await?;

    let more = AnnexSpec { count: 4, expires_at: hours(9), ..spec.clone() };
    cloud.apply(&id, &more, "t-2").await?;
    assert_eq!(settled(cloud, &id, &stack).await?.expect("it is there").state, ObservedState::Settled);
    cloud.release(&id, &[machines[0].id.clone()]).await?;
    // One that left its group by itself.
    let detached = [
        ("AutoScalingGroupName", "hoist-annex-night-0"),
        ("InstanceIds.member.1", machines[1].id.as_str()),
        ("ShouldDecrementDesiredCapacity", "true"),
    ];
    daily.lab.ask("autoscaling", "DetachInstances", &detached);
    cloud.release(&id, &[machines[1].id.clone()]).await?;
    // As many as before: for CloudFormation nothing is different.
    cloud.apply(&id, &more, "t-3").await?;
    delete(cloud, &id, &stack).await?;

    // Too large for a call.
    let (large, spec) = (annex_lab::id("large"), daily.spec("large", 12));
    let stack = cloud.apply(&large, &spec, "t-4").await?.expect("a stack has an id");
    settled(cloud, &large, &stack).await?;
    delete(cloud, &large, &stack).await?;

    let (failed, spec) = (annex_lab::id("failed"), daily.spec("failed", 1));
    daily.script("hoist-annex-failed", Verb::Create, End::Fails("Group0", "out of luck"));
    let stack = cloud.apply(&failed, &spec, "t-5").await?.expect("a stack has an id");
    if let Some(ObservedAnnex { state: ObservedState::Failed(reason), .. }) = settled(cloud, &failed, &stack).await? {
        assert!(reason.contains("out of luck"), "{reason}");
    }
    delete(cloud, &failed, &stack).await
}

async fn delete(cloud: &StackCloud, id: &AnnexId, stack: &str) -> Result<(), CloudError> {
    cloud.delete(id, Some(stack), &[], "t-9").await?;
    settled(cloud, id, stack).await?;
    assert_eq!(cloud.remains(id, Some(stack)).await?, []);
    Ok(())
}

#[test]
fn the_users_policy_is_enough_for_everything_but_the_set_up() {
    let Some(daily) = Daily::new() else { return };
    let cloud = daily.cloud_of(&daily.policy());
    run(everything(&daily, &cloud)).unwrap_or_else(|error| panic!("{error:?}"));
    assert!(daily.lab.calls("CreateStack").iter().filter(|call| call.status == Some(200)).count() >= 4);
}

#[test]
fn a_prefix_lets_nobody_touch_annexes_of_other_names_or_their_files() {
    let Some(daily) = Daily::new() else { return };
    let theirs = annex_lab::id("other");
    let mine = daily.cloud_with(&Keys::default());
    run(mine.apply(&theirs, &daily.spec("other", 1), "t-1")).unwrap();
    let narrow = policy(Audience::User, "aws", REGION, daily.lab.proxy.account(), "nig");
    let cloud = daily.cloud_of(&narrow);
    run(async {
        let (id, spec) = (annex_lab::id("night"), daily.spec("night", 1));
        let stack = cloud.apply(&id, &spec, "t-2").await.unwrap().expect("a stack has an id");
        assert_eq!(settled(&cloud, &id, &stack).await.unwrap().expect("it is there").state, ObservedState::Settled);
        delete(&cloud, &id, &stack).await.unwrap();

        for (what, refused) in [
            ("cloudformation:DescribeStacks", cloud.apply(&theirs, &daily.spec("other", 1), "t-3").await.map(drop)),
            ("cloudformation:DescribeStacks", cloud.remains(&theirs, None).await.map(drop)),
            ("s3:ListBucket", cloud.logs(&theirs, "i-0123456789abcdef0").await.map(drop)),
        ] {
            let error = refused.unwrap_err();
            assert!(error.message.contains(what), "{what}: {error:?}");
        }
    });
}

#[test]
fn each_action_taken_from_the_user_is_missed_and_named() {
    let Some(daily) = Daily::new() else { return };
    let mut names = actions(&daily.policy());
    names.retain(|name| name != FOR_FALLBACK && ![FOR_QUOTAS, FOR_LEFTOVERS].concat().contains(&name.as_str()));
    drop(daily);
    each_is_missed(&names, "user", |action| {
        let daily = Daily::new().expect("moto runs");
        let cloud = daily.cloud_of(&without(&daily.policy(), action));
        run(everything(&daily, &cloud))
    });
}

#[test]
fn what_a_stack_has_left_is_ended_by_whoever_may_and_named_to_others() {
    let Some(daily) = Daily::new() else { return };
    let id = annex_lab::id("night");
    let of_annex = |kind: &str| {
        let number = "TagSpecification.1";
        [("ResourceType", kind), ("Tag.1.Key", "hoist:annex"), ("Tag.1.Value", "night/0123456789ab")]
            .map(|(key, value)| (format!("{number}.{key}"), value.to_owned()))
    };
    let ask = |action: &str, first: &[(&str, &str)], kind: &str| {
        let tags = of_annex(kind);
        let tags = tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let parameters: Vec<(&str, &str)> = first.iter().copied().chain(tags).collect();
        daily.lab.ask("ec2", action, &parameters);
    };
    ask("CreateVolume", &[("Size", "8"), ("AvailabilityZone", "us-east-1a")], "volume");
    let data = [("LaunchTemplateName", "left"), ("LaunchTemplateData.ImageId", IMAGE)];
    ask("CreateLaunchTemplate", &data, "launch-template");
    let mut policy = daily.policy();
    let cloud = daily.cloud_of(&policy);
    FOR_LEFTOVERS.iter().for_each(|action| policy = without(&policy, action));
    daily.lab.proxy.set_policy("bob", &policy);
    let refused = run(cloud.sweep(&id, true)).unwrap();
    let why: Vec<&str> = refused.iter().map(|(_, why)| why.as_str()).collect();
    assert!(why.len() == 2 && why[0].contains("ec2:DeleteVolume"), "{why:?}");
    assert!(why[1].contains("ec2:DeleteLaunchTemplate"), "{why:?}");
    daily.lab.proxy.set_policy("bob", &daily.policy());
    assert_eq!(run(cloud.sweep(&id, true)).unwrap(), []);
    assert_eq!(run(cloud.remains(&id, None)).unwrap(), []);
}

#[test]
fn what_spot_lacks_is_seen_by_whoever_may_look_at_activities() {
    let Some(daily) = Daily::new() else { return };
    let policy = daily.policy();
    let cloud = daily.cloud_of(&policy);
    let id = annex_lab::id("night");
    let mut spec = AnnexSpec { market: Market::Fallback, ..daily.spec("night", 1) };
    spec.tags.insert("peers-no-spot".to_owned(), "1".to_owned());
    run(async {
        let stack = cloud.apply(&id, &spec, "t-1").await.unwrap().expect("a stack has an id");
        settled(&cloud, &id, &stack).await.unwrap();
        let found = cloud.spot_shortages(&id, &spec).await.unwrap();
        assert!(matches!(&found[..], [shortage] if (shortage.pool, shortage.missing) == (0, 2)), "{found:?}");
        // An annex that buys nothing on demand instead is not looked at.
        let other = AnnexSpec { market: Market::Spot, ..spec.clone() };
        assert_eq!(cloud.spot_shortages(&id, &other).await.unwrap(), []);
        daily.lab.proxy.set_policy("bob", &without(&policy, FOR_FALLBACK));
        let error = cloud.spot_shortages(&id, &spec).await.unwrap_err();
        assert!(error.message.contains(FOR_FALLBACK), "{error:?}");
    });
}

#[test]
fn whoever_may_not_ask_for_quotas_does_without() {
    let Some(daily) = Daily::new() else { return };
    let mut policy = daily.policy();
    let cloud = daily.cloud_of(&policy);
    let found = || run(cloud.check(&annex_lab::id("a"), &daily.spec("a", 1))).unwrap();
    assert!(found().is_empty());
    let (on_demand, spot) = ("L-1216C47A", "L-34B43A08");
    daily.lab.proxy.set_quota(on_demand, 1.0);
    daily.lab.proxy.set_default_quota(spot, 1.0);
    let told = |code: &str| found().iter().any(|error| error.message.contains(code));
    assert!(told(on_demand) && told(spot));
    for (action, expected) in FOR_QUOTAS.into_iter().zip([(false, false), (true, false), (false, false)]) {
        daily.lab.proxy.set_policy("bob", &without(&policy, action));
        assert_eq!((told(on_demand), told(spot)), expected, "without {action}");
    }
    FOR_QUOTAS.iter().for_each(|action| policy = without(&policy, action));
    daily.lab.proxy.set_policy("bob", &policy);
    run(everything(&daily, &cloud)).unwrap_or_else(|error| panic!("{error:?}"));
}

#[test]
fn whoever_uses_annexes_cannot_touch_the_set_up_or_hand_on_another_role() {
    let Some(daily) = Daily::new() else { return };
    let keys = daily.lab.proxy.user("bob", &daily.policy());
    let setup = run(daily.lab.set_up.outputs()).unwrap().unwrap();
    daily.lab.proxy.enforce();
    let own = crate::annex_setup::lab::set_up(&daily.lab.proxy, &keys);
    for (what, error) in [
        ("making", run(own.apply(&terms(&["198.51.100.7"]), &daily.lab.tell())).unwrap_err()),
        ("checking", run(own.check(None)).unwrap_err()),
        ("deleting", run(own.delete(&daily.lab.tell())).unwrap_err()),
    ] {
        assert!(error.message.contains("do not allow"), "{what}: {error:?}");
        assert!(error.hint.unwrap().contains("hoist annex policy --for admin"), "{what}");
    }

    // CloudFormation works with the service role for annexes, and with no other role for anybody.
    let bucket = r#"{"Resources": {"Mine": {"Type": "AWS::S3::Bucket"}}}"#;
    let make = |stack: &str, role: Option<&str>| {
        let role = role.map(|role| ("RoleARN", role));
        let parameters = [("StackName", stack), ("TemplateBody", bucket)].into_iter().chain(role).collect::<Vec<_>>();
        daily.lab.proxy.asks(&keys, "cloudformation", "CreateStack", &parameters)
    };
    for (stack, role, missing) in [
        ("hoist-annex-a", Some(&setup.scheduler_role), "iam:PassRole"),
        ("other", Some(&setup.service_role), "cloudformation:CreateStack"),
        ("hoist-setup", None, "cloudformation:CreateStack"),
    ] {
        let answer = make(stack, role.map(String::as_str));
        assert!(answer.contains("AccessDenied") && answer.contains(missing), "{stack}: {answer}");
    }
    // Without a role it works in his own name, and that role makes no buckets.
    for (stack, role) in [("hoist-annex-b", None), ("hoist-annex-c", Some(setup.service_role.as_str()))] {
        assert!(make(stack, role).contains("<StackId>"));
        let ask = |action| daily.lab.proxy.asks(&keys, "cloudformation", action, &[("StackName", stack)]);
        // A look at a stack brings it on.
        (0..3).for_each(|_| drop(ask("DescribeStacks")));
        let told = ask("DescribeStackEvents");
        assert!(told.contains("not authorized to perform: s3:CreateBucket"), "{stack}: {told}");
    }
}
