//! TerminateInstances, and ends that nobody asked for.

use crate::peers::client::{cloud, code, ids, launch, one, run, state, terminate};
use hoist_test_support::aws::{Faults, REGION};

#[test]
fn one_unknown_id_keeps_all_from_being_terminated() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let known = ids(&launch(&client, 2).send().await.unwrap());
        let call =
            |id: &str| client.terminate_instances().set_instance_ids(Some(known.clone())).instance_ids(id).send();
        assert_eq!(code(call("i-0123456789abcdef0").await), "InvalidInstanceID.NotFound");
        assert_eq!(code(call("x").await), "InvalidInstanceID.Malformed");
        assert_eq!(proxy.living().len(), 2);
        for before in ["running", "terminated"] {
            let ended = client.terminate_instances().set_instance_ids(Some(known.clone())).send().await.unwrap();
            let change = &ended.terminating_instances()[1];
            assert_eq!(change.previous_state().and_then(|state| state.name()).unwrap().as_str(), before);
        }
        assert_eq!(proxy.living(), []);
    });
}

#[test]
fn a_protected_instance_is_not_terminated() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let protected = ids(&launch(&client, 1).disable_api_termination(true).send().await.unwrap());
        let end = || client.terminate_instances().set_instance_ids(Some(protected.clone())).send();
        assert_eq!(code(end().await), "OperationNotPermitted");
        assert_eq!(proxy.living().len(), 1);
        let off = aws_sdk_ec2::types::AttributeBooleanValue::builder().value(false).build();
        let modify = client.modify_instance_attribute().instance_id(&protected[0]).disable_api_termination(off);
        modify.send().await.unwrap();
        end().await.unwrap();
        assert_eq!(proxy.living(), []);
    });
}

#[test]
fn nothing_is_left_of_a_terminated_instance() {
    run(async {
        let (_proxy, client) = cloud!(Faults::default());
        let launched = ids(&launch(&client, 2).send().await.unwrap());
        terminate(&client, &launched[..1]).await;
        let volumes = client.describe_volumes().send().await.unwrap();
        let interfaces = client.describe_network_interfaces().send().await.unwrap();
        assert_eq!((volumes.volumes().len(), interfaces.network_interfaces().len()), (1, 1));
        terminate(&client, &launched).await;
        let volumes = client.describe_volumes().send().await.unwrap();
        let interfaces = client.describe_network_interfaces().send().await.unwrap();
        assert_eq!((volumes.volumes().len(), interfaces.network_interfaces().len()), (0, 0));
    });
}

#[test]
fn an_interruption_says_why() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let id = ids(&launch(&client, 1).send().await.unwrap()).remove(0);
        proxy.interrupt(REGION, &id);
        let instance = one(&client, &id).await;
        assert_eq!(state(&instance), "terminated");
        let reason = instance.state_reason().and_then(|reason| reason.code());
        assert_eq!(reason, Some("Server.SpotInstanceTermination"));
        assert_eq!(proxy.living(), []);
    });
}
