//! What is there of the set-up, missing or changed.

use hoist::annex::DriftStatus;
use hoist::cloud::aws::annex::SetupParams;

use crate::annex_setup::lab::{Lab, run, terms, wrong};
use hoist_test_support::aws::Faults;

/// A set-up, what somebody does to it past hoist, and what is found then: one thing, how it is, and a word of why.
fn found(change: impl FnOnce(&Lab, &hoist::cloud::aws::annex::Setup)) -> Option<(String, DriftStatus, String)> {
    let lab = Lab::new(Faults::default())?;
    run(async {
        lab.set_up.apply(&SetupParams { ssh: true, ..terms(&["192.0.2.7"]) }, &lab.tell()).await.unwrap();
        change(&lab, &lab.set_up.outputs().await.unwrap().unwrap());
        let found = wrong(&lab.set_up.check(None).await.unwrap());
        let [one] = &found[..] else { panic!("{found:?}") };
        Some(one.clone())
    })
}

#[track_caller]
fn is(found: Option<(String, DriftStatus, String)>, what: &str, presence: DriftStatus, why: &str) {
    let Some(found) = found else { return };
    assert!(found.0 == what && found.1 == presence && found.2.contains(why), "{found:?}");
}

#[test]
fn where_nothing_is_everything_is_missing() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let findings = run(lab.set_up.check(None)).unwrap();
    let names: Vec<&str> = findings.iter().map(|finding| finding.what.as_str()).collect();
    let all = ["stack", "Boundary", "Bucket", "BucketPolicy", "SchedulerRole", "SecurityGroup", "ServiceRole"];
    assert_eq!(names.len(), all.len());
    assert!(all.iter().all(|name| names.contains(name)), "{names:?}");
    assert!(findings.iter().all(|finding| finding.presence == DriftStatus::Missing));
}

#[test]
fn a_rule_that_somebody_added_or_took_away_is_found() {
    let added = found(|lab, setup| {
        let rule = [
            ("GroupId", setup.security_group.as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "1"),
            ("IpPermissions.1.ToPort", "65535"),
            ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
        ];
        lab.ask("ec2", "AuthorizeSecurityGroupIngress", &rule);
    });
    is(added, "SecurityGroup", DriftStatus::Changed, "lets in tcp 1 to 65535 from 0.0.0.0/0, and should not");
    let taken = found(|lab, setup| {
        let rule = [
            ("GroupId", setup.security_group.as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "9618"),
            ("IpPermissions.1.ToPort", "9618"),
            ("IpPermissions.1.IpRanges.1.CidrIp", "192.0.2.7/32"),
            ("IpPermissions.1.IpRanges.1.Description", "HTCondor"),
        ];
        lab.ask("ec2", "RevokeSecurityGroupIngress", &rule);
    });
    is(taken, "SecurityGroup", DriftStatus::Changed, "does not let in tcp 9618 from 192.0.2.7/32");
}

#[test]
fn a_group_that_was_deleted_is_missing() {
    let found = found(|lab, setup| drop(lab.ask("ec2", "DeleteSecurityGroup", &[("GroupId", &setup.security_group)])));
    is(found, "SecurityGroup", DriftStatus::Missing, "was deleted");
}

#[test]
fn a_bucket_that_lost_what_keeps_it_is_found() {
    for (rest, why) in [
        ("?publicAccessBlock", "public access is not blocked"),
        ("?encryption", "not encrypted by default"),
        ("?lifecycle", "are not removed after 366 days"),
    ] {
        is(found(|lab, setup| lab.proxy.bucket_named(&setup.bucket).remove(rest)), "Bucket", DriftStatus::Changed, why);
    }
    let policy = found(|lab, setup| lab.proxy.bucket_named(&setup.bucket).remove("?policy"));
    is(policy, "BucketPolicy", DriftStatus::Missing, "no policy");
}

#[test]
fn a_role_that_somebody_gave_more_or_deleted_is_found() {
    let name = |arn: &str| arn.rsplit('/').next().unwrap().to_owned();
    let more = found(|lab, setup| {
        let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;
        let role = name(&setup.service_role);
        lab.ask("iam", "PutRolePolicy", &[("RoleName", &role), ("PolicyName", "all"), ("PolicyDocument", policy)]);
    });
    is(more, "ServiceRole", DriftStatus::Changed, "/Policies is");
    let deleted = found(|lab, setup| {
        let role = name(&setup.scheduler_role);
        lab.ask("iam", "DeleteRolePolicy", &[("RoleName", &role), ("PolicyName", "ends")]);
        lab.ask("iam", "DeleteRole", &[("RoleName", &role)]);
    });
    is(deleted, "SchedulerRole", DriftStatus::Missing, "deleted");
    let boundary = found(|lab, setup| drop(lab.ask("iam", "DeletePolicy", &[("PolicyArn", &setup.boundary)])));
    is(boundary, "Boundary", DriftStatus::Missing, "deleted");
}

#[test]
fn a_set_up_of_another_version_is_found_and_brought_up_to_date() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let mut older = lab.set_up.plan(&terms(&["192.0.2.7"])).await.unwrap().template;
        older["Resources"]["Extra"] = serde_json::json!({"Type": "AWS::SNS::Topic"});
        older["Resources"].as_object_mut().unwrap().remove("BucketPolicy");
        older["Outputs"].as_object_mut().unwrap().remove("Boundary");
        lab.begin(&older);
        let found = wrong(&lab.set_up.check(None).await.unwrap());
        let whats: Vec<(&str, DriftStatus)> = found.iter().map(|(what, how, _)| (what.as_str(), *how)).collect();
        assert_eq!(whats, [("stack", DriftStatus::Changed), ("BucketPolicy", DriftStatus::Missing)], "{found:?}");
        assert!(found[0].2.contains("it has a Extra") && found[0].2.contains("outputs"), "{found:?}");
        let error = lab.set_up.outputs().await.unwrap_err();
        assert!(error.message.contains("Boundary") && error.hint.unwrap().contains("hoist annex setup"));
        lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap();
        assert_eq!(wrong(&lab.set_up.check(None).await.unwrap()), []);
    });
}

#[test]
fn a_stack_of_this_name_that_is_not_ours_is_told_and_left_alone() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let template = serde_json::json!({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}});
    lab.proxy.make_stack("hoist-setup", &template, &[("team", "mail")]);
    run(async {
        let found = wrong(&lab.set_up.check(None).await.unwrap());
        assert!(found.len() == 1 && found[0].2.contains("not made by hoist"), "{found:?}");
        for error in [
            lab.set_up.plan(&terms(&["192.0.2.7"])).await.unwrap_err(),
            lab.set_up.apply(&terms(&["192.0.2.7"]), &lab.tell()).await.unwrap_err(),
            lab.set_up.delete(&lab.tell()).await.unwrap_err(),
        ] {
            assert!(
                error.message.contains("no set-up for annexes") && error.message.contains("left alone"),
                "{error:?}"
            );
        }
    });
    let changed = lab.proxy.calls().into_iter().filter(|call| matches!(&*call.action, "UpdateStack" | "DeleteStack"));
    assert_eq!(changed.count(), 0);
}
