//! ClientToken: what a repeated call does.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Placement;

use crate::peers::client::{cloud, code, ids, launch, run, state, terminate};
use hoist_test_support::aws::{Effect, Faults, TerminatedToken, Tokens};

/// What is launched again after an error is a duplicate, unless it carries the same token.
#[test]
fn two_hundred_launches_are_two_hundred_only_with_tokens() {
    run(async {
        for tokens in [true, false] {
            let (proxy, client) = cloud!(Faults::new(7).throttled(0.3).lost_replies(0.1));
            let mut got = BTreeSet::new();
            for number in 0..200 {
                loop {
                    let token = if tokens { format!("slot-{number}") } else { format!("call-{}", proxy.calls().len()) };
                    let launched = launch(&client, 1).client_token(token).send().await;
                    if let Ok(launched) = &launched {
                        got.extend(ids(launched));
                        break;
                    }
                    let code = code(launched);
                    assert!(code == "RequestLimitExceeded" || code == "no answer", "{code}");
                }
            }
            assert_eq!(got.len(), 200);
            let living: BTreeSet<String> = proxy.living().into_iter().map(|instance| instance.id).collect();
            assert!(proxy.error_counts()["RequestLimitExceeded"] > 50);
            if tokens {
                assert_eq!(living, got);
            } else {
                assert!(living.len() > 210, "{} instances", living.len());
            }
        }
    });
}

#[test]
fn the_same_call_with_the_same_token_shows_the_same_instances_as_they_are_now() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let call = || launch(&client, 3).client_token("one").user_data("aGVsbG8=");
        let first = call().send().await.unwrap();
        let again = call().send().await.unwrap();
        assert_eq!((ids(&first), first.reservation_id()), (ids(&again), again.reservation_id()));
        let indexes: Vec<_> = again.instances().iter().map(|instance| instance.ami_launch_index()).collect();
        assert_eq!(indexes, [Some(0), Some(1), Some(2)]);
        assert_eq!((state(&first.instances()[0]), state(&again.instances()[0])), ("pending", "running"));
        assert_eq!(first.instances()[0].public_ip_address(), None);
        terminate(&client, &ids(&first)[..1]).await;
        let partly = call().send().await.unwrap();
        assert_eq!((state(&partly.instances()[0]), state(&partly.instances()[1])), ("terminated", "running"));
        assert_eq!(proxy.instances().len(), 3);
    });
}

#[test]
fn another_call_with_the_same_token_is_refused() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        launch(&client, 1).client_token("one").send().await.unwrap();
        let other = launch(&client, 2).client_token("one").send().await;
        assert_eq!(code(other), "IdempotentParameterMismatch");
        let long = launch(&client, 1).client_token("x".repeat(65)).send().await;
        assert_eq!(code(long), "InvalidParameterValue");
        assert_eq!(proxy.instances().len(), 1);
    });
}

/// A call that names a zone has the zone as the scope of its token.
#[test]
fn a_token_counts_by_itself_in_each_zone() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        for zone in ["us-east-1a", "us-east-1b", "us-east-1b"] {
            let placement = Placement::builder().availability_zone(zone).build();
            launch(&client, 1).client_token("one").placement(placement).send().await.unwrap();
        }
        let zones: Vec<String> = proxy.instances().into_iter().map(|instance| instance.zone).collect();
        assert_eq!(zones, ["us-east-1a", "us-east-1b"]);
    });
}

#[test]
fn a_token_of_terminated_instances_is_refused_or_shows_them() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let call = || launch(&client, 2).client_token("one");
        let launched = ids(&call().send().await.unwrap());
        terminate(&client, &launched).await;
        assert_eq!(code(call().send().await), "IdempotentInstanceTerminated");
        proxy.change(|faults| faults.tokens = Tokens::Kept { terminated: TerminatedToken::Shown });
        let shown = call().send().await.unwrap();
        assert_eq!((ids(&shown), state(&shown.instances()[0])), (launched, "terminated"));
        assert_eq!(proxy.living(), []);
    });
}

#[test]
fn a_cloud_may_ignore_tokens() {
    run(async {
        let (proxy, client) = cloud!(Faults::default().tokens(Tokens::Ignored));
        for _ in 0..2 {
            launch(&client, 1).client_token("one").send().await.unwrap();
        }
        assert_eq!(proxy.living().len(), 2);
    });
}

/// What failed has left nothing behind that a token could stand for.
#[test]
fn a_failed_call_does_not_use_its_token_up() {
    run(async {
        let faults = Faults::default().first(1, "RunInstances", Effect::error("InternalError", "An error"));
        let (proxy, client) = cloud!(faults);
        assert_eq!(code(launch(&client, 1).client_token("one").send().await), "InternalError");
        launch(&client, 2).client_token("one").send().await.unwrap();
        assert_eq!(proxy.living().len(), 2);
    });
}
