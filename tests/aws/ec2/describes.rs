//! Looks and removals: ids that are not known, pages, protection, and instances that show themselves late.

use std::time::Duration;

use hoist::provider::{Cloud, CloudErrorKind, InstanceState, Selector};

use crate::ec2::lab::{Lab, Setting, request, run, token};
use hoist_test_support::aws::{Effect, Faults, Visible};

fn id(number: usize) -> String {
    format!("i-{number:017x}")
}

#[test]
fn ids_that_the_cloud_does_not_know_are_missing_from_the_answer() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let launched = lab.cloud.launch(&request(&token(1), &["a", "b"])).await.unwrap();
        let known: Vec<String> = launched.instances.iter().map(|instance| instance.id.clone()).collect();
        let mut asked = known.clone();
        asked.insert(1, id(7));
        let shown = lab.cloud.describe(&Selector::Ids(asked)).await.unwrap();
        assert_eq!(shown.iter().map(|instance| instance.id.clone()).collect::<Vec<_>>(), known);
        assert!(shown.iter().all(|instance| instance.state == InstanceState::Running && instance.address.is_some()));
        // However many they are.
        let mut asked: Vec<String> = (0..300).map(id).collect();
        asked.extend(known.clone());
        assert_eq!(lab.cloud.describe(&Selector::Ids(asked)).await.unwrap().len(), 2);
        assert_eq!(lab.cloud.describe(&Selector::Ids(vec![id(1)])).await.unwrap(), []);
        assert_eq!(lab.cloud.describe(&Selector::Ids(Vec::new())).await.unwrap(), []);
        assert_eq!(lab.cloud.describe(&Selector::ManagedByHoist).await.unwrap().len(), 2);
        assert_eq!(lab.cloud.describe(&Selector::Run("another.1".to_owned())).await.unwrap(), []);
    });
}

#[test]
fn one_unknown_id_keeps_no_other_from_being_removed() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let launched = lab.cloud.launch(&request(&token(1), &["a", "b", "c"])).await.unwrap();
        let mut ids: Vec<String> = launched.instances.into_iter().map(|instance| instance.id).collect();
        ids.insert(1, id(9));
        lab.cloud.terminate(&ids).await.unwrap();
        assert_eq!(lab.proxy.living(), []);
        // Once gone, it may be asked for again.
        lab.cloud.terminate(&ids).await.unwrap();
        lab.cloud.terminate(&[]).await.unwrap();
    });
}

#[test]
fn what_is_not_visible_yet_is_waited_for_and_removed() {
    const HIDDEN: Duration = Duration::from_secs(3600);
    let Some(mut lab) = Lab::new(Faults::default().visible(Visible::After(HIDDEN))) else { return };
    run(async {
        let launched = lab.cloud.launch(&request(&token(1), &["a", "b"])).await.unwrap();
        let ids: Vec<String> = launched.instances.into_iter().map(|instance| instance.id).collect();
        assert_eq!(lab.cloud.describe(&Selector::Ids(ids.clone())).await.unwrap(), []);
        // Also by who did not launch it.
        lab.restart(Setting::default());
        let before = lab.proxy.calls().len();
        let show = async {
            while lab.proxy.calls().len() < before + 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            lab.proxy.advance(HIDDEN);
        };
        tokio::join!(lab.cloud.terminate(&ids), show).0.unwrap();
        assert_eq!(lab.proxy.living(), []);
    });
}

#[test]
fn what_is_old_and_unknown_is_gone_without_a_wait() {
    let mut setting = Setting::default();
    setting.options.launched_at = std::sync::Arc::new(|_| Some(jiff::Timestamp::UNIX_EPOCH));
    setting.options.timing = hoist::cloud::aws::ec2::Ec2Timing::default();
    let Some(lab) = Lab::with(Faults::default(), setting) else { return };
    run(async {
        lab.cloud.terminate(&[id(1), id(2)]).await.unwrap();
        assert!(lab.proxy.count("TerminateInstances") <= 2);
    });
}

#[test]
fn a_protected_machine_is_named_with_the_way_to_unprotect_it() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let launched = lab.cloud.launch(&request(&token(1), &["a", "b"])).await.unwrap();
        let ids: Vec<String> = launched.instances.into_iter().map(|instance| instance.id).collect();
        protect(&lab, &ids[0], true).await;
        let error = lab.cloud.terminate(&ids).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Rejected);
        assert!(error.message.contains(&ids[0]), "{error}");
        assert!(error.hint.unwrap().contains("--no-disable-api-termination"));
        lab.cloud.terminate(&ids[1..]).await.unwrap();
        protect(&lab, &ids[0], false).await;
        lab.cloud.terminate(&ids[..1]).await.unwrap();
        assert_eq!(lab.proxy.living(), []);
    });
}

/// Protects an instance as its owner would, through the API.
async fn protect(lab: &Lab, id: &str, protect: bool) {
    let credentials = aws_sdk_ec2::config::Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_ec2::config::Region::new(hoist_test_support::aws::REGION))
        .endpoint_url(lab.proxy.endpoint())
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let value = aws_sdk_ec2::types::AttributeBooleanValue::builder().value(protect).build();
    aws_sdk_ec2::Client::from_conf(config)
        .modify_instance_attribute()
        .instance_id(id)
        .disable_api_termination(value)
        .send()
        .await
        .unwrap();
}

#[test]
fn faults_of_the_api_while_looking_and_removing_are_passed_over() {
    let faults = Faults::default().throttled(0.3).server_errors(0.1).lost_replies(0.1);
    let Some(lab) = Lab::new(faults) else { return };
    run(async {
        let launched = lab.cloud.launch(&request(&token(1), &["a", "b", "c"])).await.unwrap();
        let ids: Vec<String> = launched.instances.into_iter().map(|instance| instance.id).collect();
        for _ in 0..20 {
            assert_eq!(lab.cloud.describe(&Selector::Run("web.1".to_owned())).await.unwrap().len(), 3);
        }
        lab.cloud.terminate(&ids).await.unwrap();
        assert_eq!(lab.proxy.living(), []);
        assert!(lab.observed.lock().unwrap().iter().any(|call| call.attempt > 1));
    });
}

#[test]
fn consoles_are_read_the_newest_where_it_can_be_had() {
    // Only machines of the Nitro system tell their newest output.
    let old = Effect::error(
        "UnsupportedOperation",
        "This instance type does not support retrieving the latest console logs.",
    );
    let Some(lab) = Lab::new(Faults::default().script("GetConsoleOutput", 1, 1, old)) else { return };
    run(async {
        let launched = lab.cloud.launch(&request(&token(1), &["a"])).await.unwrap();
        let id = &launched.instances[0].id;
        let newest = lab.cloud.console(id).await.unwrap();
        assert!(!newest.is_empty());
        assert_eq!(lab.cloud.console(id).await.unwrap(), newest);
        let asked: Vec<bool> =
            lab.calls("GetConsoleOutput").iter().map(|call| call.parameters.get("Latest") == Some("true")).collect();
        assert_eq!(asked, [true, true, false]);
        let error = lab.cloud.console(&id.replace("i-", "i-f")).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Rejected);
        assert!(error.message.starts_with("cannot read the console of i-f"), "{error}");
    });
}
