//! The printed policies: enough, and without one action too many. moto's users are asked for what AWS asks
//! (`tests/support/src/aws/authorize.py`).

use hoist::cloud::aws::annex::{AnnexSetup, SetupDeletion, SetupParams};
use hoist::cloud::aws::annex::{Audience, policy};
use hoist::provider::{CloudError, CloudErrorKind};
use serde_json::{Value, json};

use crate::annex_setup::lab::{Lab, run, set_up, terms};
use hoist_test_support::aws::{Faults, REGION, Verb};

/// Every action that a policy allows, in order.
pub(crate) fn actions(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    let mut actions: Vec<String> = actions.map(|action| action.as_str().unwrap().to_owned()).collect();
    actions.sort();
    actions.dedup();
    actions
}

/// The same policy without one action.
pub(crate) fn without(policy: &Value, action: &str) -> Value {
    let mut policy = policy.clone();
    for statement in policy["Statement"].as_array_mut().unwrap() {
        statement["Action"].as_array_mut().unwrap().retain(|allowed| allowed != action);
    }
    policy["Statement"].as_array_mut().unwrap().retain(|statement| statement["Action"] != json!([]));
    policy
}

fn admin(lab: &Lab) -> Value {
    policy(Audience::Admin, "aws", REGION, lab.proxy.account(), "")
}

/// A set-up of an older version, in which every resource is somehow different.
fn older(template: &Value) -> Value {
    let mut older = template.clone();
    let resources = &mut older["Resources"];
    resources["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] = json!(7);
    resources["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]["Sid"] = json!("Older");
    resources["SecurityGroup"]["Properties"]["SecurityGroupIngress"] = json!([]);
    resources["Boundary"]["Properties"]["PolicyDocument"]["Statement"][0]["Sid"] = json!("Older");
    for role in ["ServiceRole", "SchedulerRole"] {
        resources[role]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Sid"] = json!("Older");
    }
    older
}

/// Everything that is done with a set-up, in the name of whoever `own` works for.
async fn everything(lab: &Lab, own: &AnnexSetup) -> Result<(), CloudError> {
    let wanted = terms(&["192.0.2.7"]);
    lab.fail_next(Verb::Create, "SecurityGroup", "out of luck");
    match own.apply(&wanted, &lab.tell()).await {
        Err(error) if error.message.contains("out of luck") => {}
        other => return other.map(|_| panic!("it fails by script")),
    }
    own.apply(&wanted, &lab.tell()).await?;
    own.check(None).await?;
    let setup = own.outputs().await?.expect("it was made");
    lab.proxy.bucket_named(&setup.bucket).put("annexes/a/file", b"x", "ann");
    own.apply(&SetupParams { ssh: true, ..wanted.clone() }, &lab.tell()).await?;
    delete(lab, own).await?;

    let template = own.plan(&wanted).await?.template;
    lab.begin(&older(&template));
    own.apply(&wanted, &lab.tell()).await?;
    delete(lab, own).await
}

async fn delete(lab: &Lab, own: &AnnexSetup) -> Result<(), CloudError> {
    match own.delete(&lab.tell()).await? {
        SetupDeletion::Deleted => Ok(()),
        SetupDeletion::Remains { things, hint } => {
            Err(CloudError::new(CloudErrorKind::Rejected, format!("{things:?}")).hint(hint))
        }
        SetupDeletion::Nothing => panic!("there was something"),
    }
}

#[test]
fn the_admins_policy_is_enough_for_the_set_up() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let keys = lab.proxy.user("ada", &admin(&lab));
    lab.proxy.enforce();
    run(everything(&lab, &set_up(&lab.proxy, &keys))).unwrap_or_else(|error| panic!("{error:?}"));
}

#[test]
fn each_action_taken_from_the_admin_is_missed_and_named() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let names = actions(&admin(&lab));
    assert!(names.len() > 40, "{names:?}");
    drop(lab);
    each_is_missed(&names, "admin", |action| {
        let lab = Lab::new(Faults::default()).expect("moto runs");
        let keys = lab.proxy.user("ada", &without(&admin(&lab), action));
        lab.proxy.enforce();
        run(everything(&lab, &set_up(&lab.proxy, &keys)))
    });
}

/// Tries what `work` does without each action, which must fail with a message that names the action and a hint at the
/// policy.
pub(crate) fn each_is_missed(actions: &[String], audience: &str, work: impl Fn(&str) -> Result<(), CloudError> + Sync) {
    /// So many at once.
    const AT_ONCE: usize = 4;
    let policy = format!("hoist annex policy --for {audience}");
    let judge = |action: &str| match work(action) {
        Ok(()) => Some(format!("{action} is not needed")),
        Err(error) => {
            let hint = error.hint.clone().unwrap_or_default();
            let is_told = error.message.contains(action) && hint.contains(&policy);
            (!is_told).then(|| format!("without {action}: {error:?}"))
        }
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let share = |first| actions.iter().skip(first).step_by(AT_ONCE).filter_map(|action| judge(action)).collect();
        let workers: Vec<_> = (0..AT_ONCE).map(|first| scope.spawn(move || -> Vec<String> { share(first) })).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
