//! Launches on demand: one call, its token, and what it finds when it is made again.

use std::time::Duration;

use hoist::provider::{Cloud, CloudErrorKind, InstanceState, Selector, TAG_INTENT, TAG_RUN};

use crate::ec2::lab::{Lab, Setting, request, run, slots, token};
use hoist_test_support::aws::{Effect, Faults, REGION, TerminatedToken, Tokens, Visible};

#[test]
fn equal_machines_are_launched_by_one_call_and_carry_all_that_they_should() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let mut wanted = request(&token(1), &["a", "b", "c"]);
        wanted.machine.user_data = Some(b"#!/bin/sh\necho hello\n".to_vec());
        let launched = lab.cloud.launch(&wanted).await.unwrap();
        assert_eq!(launched.refusals, []);
        assert_eq!(launched.instances.iter().map(|i| i.launch_index).collect::<Vec<_>>(), [0, 1, 2]);

        let calls = lab.calls("RunInstances");
        assert_eq!(calls.len(), 1);
        let sent = |name: &str| calls[0].parameters.get(name).unwrap_or_default().to_owned();
        assert_eq!((sent("MinCount"), sent("MaxCount")), ("1".to_owned(), "3".to_owned()));
        assert_eq!(sent("ClientToken"), token(1));
        assert_eq!(sent("MetadataOptions.HttpTokens"), "required");
        assert_eq!(sent("MetadataOptions.HttpPutResponseHopLimit"), "1");
        // A machine that is shut down from inside may hold somebody's work.
        assert_eq!(sent("InstanceInitiatedShutdownBehavior"), "");

        let living = lab.proxy.living();
        assert_eq!(living.len(), 3);
        for instance in &living {
            assert_eq!(instance.tags.get(TAG_RUN).map(String::as_str), Some("web.1"));
            assert_eq!(instance.tags.get("team").map(String::as_str), Some("blue & green"));
            assert_eq!(lab.proxy.user_data(REGION, &instance.id), b"#!/bin/sh\necho hello\n");
        }
        let volumes =
            lab.proxy.ask("DescribeVolumes", &[("Filter.1.Name", "tag:hoist:run"), ("Filter.1.Value.1", "web.1")]);
        assert_eq!(volumes.items("volumeSet").len(), 3);
        let interfaces = lab
            .proxy
            .ask("DescribeNetworkInterfaces", &[("Filter.1.Name", "tag:hoist:run"), ("Filter.1.Value.1", "web.1")]);
        assert_eq!(interfaces.items("networkInterfaceSet").len(), 3);

        // What is described is what was launched, slot by slot.
        let by_slot = slots(&lab.cloud, &Selector::Run("web.1".to_owned())).await;
        let launched: Vec<_> =
            launched.instances.into_iter().map(|instance| (instance.launch_index, instance.id)).collect();
        assert_eq!(by_slot.into_iter().collect::<Vec<_>>(), launched);
    });
}

#[test]
fn a_lost_answer_is_asked_for_again_and_nothing_is_launched_twice() {
    for effect in [Effect::LostAfter, Effect::LostBefore, Effect::CutShort, Effect::Page(503)] {
        let Some(lab) = Lab::new(Faults::default().first(2, "RunInstances", effect.clone())) else { return };
        run(async {
            let wanted = request(&token(1), &["a", "b"]);
            let launched = lab.cloud.launch(&wanted).await.unwrap();
            assert_eq!(launched.instances.len(), 2, "{effect:?}");
            assert_eq!(lab.proxy.living().len(), 2, "{effect:?}");
            assert_eq!(lab.proxy.count("RunInstances"), 3, "{effect:?}");
            // Another process finds the same.
            let again = lab.cloud.launch(&wanted).await.unwrap();
            let ids = |launched: &hoist::provider::Launched| {
                launched.instances.iter().map(|i| i.id.clone()).collect::<Vec<_>>()
            };
            assert_eq!(ids(&again), ids(&launched));
            assert_eq!(lab.proxy.living().len(), 2);
        });
    }
}

#[test]
fn each_attempt_is_told_to_who_watches() {
    let Some(lab) = Lab::new(Faults::default().first(1, "RunInstances", Effect::throttled())) else { return };
    run(async {
        lab.cloud.launch(&request(&token(1), &["a"])).await.unwrap();
        let observed = lab.observed.lock().unwrap();
        let told: Vec<_> =
            observed.iter().map(|call| (call.service, call.operation, call.attempt, call.outcome.as_str())).collect();
        assert_eq!(told, [("ec2", "RunInstances", 1, "RequestLimitExceeded"), ("ec2", "RunInstances", 2, "ok")]);
    });
}

#[test]
fn a_token_that_was_used_with_another_request_finds_what_that_launched() {
    let faults = Faults::default().visible(Visible::AfterDescribes(2));
    let Some(mut lab) = Lab::new(faults) else { return };
    run(async {
        let first = lab.cloud.launch(&request(&token(1), &["a", "b"])).await.unwrap();
        lab.restart(Setting::default());
        let mut changed = request(&token(1), &["a", "b"]);
        changed.machine.user_data = Some(b"#!/bin/sh\n# edited since\n".to_vec());
        changed.repeated = true;
        let found = lab.cloud.launch(&changed).await.unwrap();
        assert_eq!(found.instances.len(), 2);
        assert_eq!(found.instances[0].id, first.instances[0].id);
        assert_eq!(found.instances[0].tags.get(TAG_INTENT), Some(&token(1)));
        assert_eq!(lab.proxy.living().len(), 2);
    });
}

#[test]
fn a_token_whose_machines_are_gone_is_used_up() {
    for terminated in [TerminatedToken::Refused, TerminatedToken::Shown] {
        let Some(lab) = Lab::new(Faults::default().tokens(Tokens::Kept { terminated })) else { return };
        run(async {
            let wanted = request(&token(1), &["a"]);
            let launched = lab.cloud.launch(&wanted).await.unwrap();
            lab.cloud.terminate(&[launched.instances[0].id.clone()]).await.unwrap();
            let error = lab.cloud.launch(&wanted).await.unwrap_err();
            assert_eq!(error.kind, CloudErrorKind::TokenUsed, "{error:?}");
            assert_eq!(lab.proxy.living().len(), 0);
        });
    }
}

#[test]
fn a_lease_ends_with_the_machine_terminated() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let mut wanted = request(&token(1), &["a"]);
        wanted.expires_at = Some("2030-01-01T00:00:00Z".parse().unwrap());
        let launched = lab.cloud.launch(&wanted).await.unwrap();
        let id = &launched.instances[0].id;
        let data = String::from_utf8(lab.proxy.user_data(REGION, id)).unwrap();
        assert!(data.contains("end=1893456000") && data.contains("cloud-boothook"), "{data}");
        lab.proxy.power_off(REGION, id);
        let seen = lab.cloud.describe(&Selector::Ids(vec![id.clone()])).await.unwrap();
        assert_eq!(seen[0].state, InstanceState::Terminated);

        // Nothing on such a machine could end its lease.
        let mut windows = request(&token(2), &["b"]);
        windows.expires_at = wanted.expires_at;
        windows.machine.user_data = Some(b"<powershell>dir</powershell>".to_vec());
        let error = lab.cloud.launch(&windows).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Rejected);
        assert!(error.message.contains("lease"), "{error}");
        assert_eq!(lab.proxy.count("RunInstances"), 1);
    });
}

#[test]
fn a_host_key_goes_with_the_machine_and_is_pinned() {
    let Some(lab) = Lab::with(Faults::default(), Setting { by_ssh: true, ..Setting::default() }) else { return };
    run(async {
        let wanted = request(&token(1), &["a", "b"]);
        let launched = lab.cloud.launch(&wanted).await.unwrap();
        let data = String::from_utf8(lab.proxy.user_data(REGION, &launched.instances[0].id)).unwrap();
        assert!(data.contains(&format!("private half for {}", token(1))), "{data}");
        let pinned = lab.keys.pinned.lock().unwrap().clone();
        assert_eq!(pinned.len(), 2);
        assert!(pinned.values().all(|public| *public == format!("ssh-ed25519 {}", token(1))));

        // The machines exist though their key could not be recorded: the launch must be made again, not forgotten.
        *lab.keys.broken.lock().unwrap() = true;
        let error = lab.cloud.launch(&request(&token(2), &["c"])).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Transient);
        *lab.keys.broken.lock().unwrap() = false;
        lab.cloud.launch(&request(&token(2), &["c"])).await.unwrap();
        assert_eq!(lab.proxy.living().len(), 3);
    });
}

#[test]
fn no_capacity_is_an_answer_and_a_quota_is_named() {
    use hoist_test_support::aws::CapacityRule;
    let vcpu = CapacityRule { code: "VcpuLimitExceeded".to_owned(), ..CapacityRule::none("m5.*", "*") };
    let Some(lab) = Lab::new(Faults::default().capacity(CapacityRule::none("t3.*", "*")).capacity(vcpu)) else {
        return;
    };
    run(async {
        let none = lab.cloud.launch(&request(&token(1), &["a"])).await.unwrap();
        assert_eq!(none.instances, []);
        assert!(none.refusals[0].reason.contains("sufficient t3.small capacity"), "{none:?}");
        let mut large = request(&token(2), &["a"]);
        large.offers = vec![crate::ec2::lab::offer("m5.large")];
        let none = lab.cloud.launch(&large).await.unwrap();
        assert!(none.refusals[0].reason.contains("L-1216C47A"), "{none:?}");
        assert_eq!(lab.proxy.living().len(), 0);
    });
}

#[test]
fn what_stays_in_doubt_is_never_told_as_refused() {
    // The first call launches and its answer is lost; then the credentials expire.
    let expired = Effect::error("ExpiredToken", "The security token included in the request is expired");
    let faults = Faults::default().first(1, "RunInstances", Effect::LostAfter).script("RunInstances", 1, 1, expired);
    let Some(lab) = Lab::new(faults) else { return };
    run(async {
        let wanted = request(&token(1), &["a"]);
        let error = lab.cloud.launch(&wanted).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Transient, "{error}");
        assert_eq!(lab.proxy.living().len(), 1);
        assert_eq!(lab.cloud.launch(&wanted).await.unwrap().instances.len(), 1);
        assert_eq!(lab.proxy.living().len(), 1);
    });
}

#[test]
fn patience_ends() {
    let calls = hoist::cloud::aws::api::CallTiming {
        pause_first: Duration::from_millis(1),
        pause_longest: Duration::from_millis(5),
        patience: Duration::from_millis(200),
    };
    let faults = Faults::default().always("RunInstances", Effect::throttled());
    let Some(lab) = Lab::with(faults, Setting { calls, ..Setting::default() }) else { return };
    run(async {
        let error = lab.cloud.launch(&request(&token(1), &["a"])).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Transient);
        assert!(error.message.contains("how often") && error.message.contains("tried"), "{error}");
    });
}

#[test]
fn what_was_launched_counts_though_the_launch_could_not_be_made_again() {
    let Some(mut lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let mut wanted = request(&token(1), &["a"]);
        let launched = lab.cloud.launch(&wanted).await.unwrap();
        lab.restart(Setting::default());
        wanted.repeated = true;
        wanted.machine.user_data =
            Some((0..40_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect());
        assert_eq!(lab.cloud.launch(&wanted).await.unwrap().instances[0].id, launched.instances[0].id);
        // Where nothing was launched, what is wrong is told.
        wanted.token = token(2);
        assert_eq!(lab.cloud.launch(&wanted).await.unwrap_err().kind, CloudErrorKind::Rejected);
    });
}
