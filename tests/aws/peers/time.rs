//! What takes time in EC2: becoming visible, running, dying, being forgotten.

use std::time::Duration;

use crate::peers::client::{cloud, code, filter, ids, launch, one, run, shown, state, terminate};
use hoist_test_support::aws::{Faults, Visible};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn an_instance_is_not_known_at_first() {
    run(async {
        let (proxy, client) = cloud!(Faults::default().visible(Visible::After(5 * MINUTE)));
        let id = ids(&launch(&client, 1).client_token("one").send().await.unwrap()).remove(0);
        let by_id = || client.describe_instances().instance_ids(&id);
        let by_token = || client.describe_instances().filters(filter("client-token", &["one"]));
        assert_eq!(code(by_id().send().await), "InvalidInstanceID.NotFound");
        assert_eq!(shown(by_token()).await, []);
        let end = || client.terminate_instances().instance_ids(&id).send();
        assert_eq!(code(end().await), "InvalidInstanceID.NotFound");
        proxy.advance(4 * MINUTE);
        assert_eq!(shown(by_token()).await, []);
        assert_eq!(proxy.living().len(), 1, "it exists all the while");
        proxy.advance(MINUTE);
        assert_eq!(shown(by_token()).await.len(), 1);
        assert_eq!(state(&one(&client, &id).await), "running");
        end().await.unwrap();
    });
}

#[test]
fn or_is_missed_by_so_many_describes() {
    run(async {
        let (_proxy, client) = cloud!(Faults::default().visible(Visible::AfterDescribes(2)));
        let id = ids(&launch(&client, 1).send().await.unwrap()).remove(0);
        let other = client.describe_instances().filters(filter("client-token", &["another"]));
        assert_eq!(shown(other).await, [], "a call that does not ask for it does not miss it");
        for _ in 0..2 {
            assert_eq!(shown(client.describe_instances()).await, []);
        }
        assert_eq!(state(&one(&client, &id).await), "running");
    });
}

#[test]
fn it_takes_time_to_run_and_to_die() {
    run(async {
        let faults = Faults::default().time_to_run(MINUTE).time_to_die(MINUTE).forgotten_after(60 * MINUTE);
        let (proxy, client) = cloud!(faults);
        let all = ids(&launch(&client, 2).send().await.unwrap());
        let pending = one(&client, &all[0]).await;
        assert_eq!((state(&pending), pending.public_ip_address()), ("pending", None));
        assert!(pending.private_ip_address().is_some());
        let running = || client.describe_instances().filters(filter("instance-state-name", &["running"]));
        assert_eq!(shown(running()).await, [], "filters see what is shown, not what moto has");
        proxy.advance(MINUTE);
        assert_eq!(shown(running()).await.len(), 2);
        assert!(one(&client, &all[0]).await.public_ip_address().is_some());
        terminate(&client, &all[..1]).await;
        let dying = one(&client, &all[0]).await;
        assert_eq!((state(&dying), dying.public_ip_address()), ("shutting-down", None));
        proxy.advance(MINUTE);
        let dead = one(&client, &all[0]).await;
        assert_eq!((state(&dead), dead.private_ip_address()), ("terminated", None));
        assert!(dead.state_transition_reason().unwrap().starts_with("User initiated"));
        proxy.advance(60 * MINUTE);
        let gone = client.describe_instances().instance_ids(&all[0]).send().await;
        assert_eq!(code(gone), "InvalidInstanceID.NotFound");
        assert_eq!(shown(client.describe_instances()).await.len(), 1);
    });
}

#[test]
fn the_clock_may_go_faster() {
    run(async {
        let (proxy, client) = cloud!(Faults::default().time_to_run(MINUTE).clock_speed(600.0));
        let id = ids(&launch(&client, 1).send().await.unwrap()).remove(0);
        let mut asked = 0;
        while state(&one(&client, &id).await) == "pending" {
            asked += 1;
            assert!(asked < 1000, "a minute passes in a tenth of a second");
        }
        let calls = proxy.calls();
        assert!(calls.last().unwrap().at >= calls[0].at + MINUTE - Duration::from_secs(6));
    });
}
