//! The machines of an annex, one by one.

use hoist::annex::{AnnexCloud as _, AnnexSpec, Market};
use hoist::provider::InstanceState;

use crate::annex_stacks::lab::{Lab, id, pool, refused, run, spec};
use hoist_test_support::aws::{Effect, Faults, REGION};

#[test]
fn each_machine_is_shown_with_its_pool() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (id, mut spec) = (id("a"), spec("a", 4));
        spec.pools.push(pool(&spec.pools[0].image.clone(), 3));
        lab.made(&id, &spec).await;
        let machines = lab.cloud.instances(&id).await.unwrap();
        let mut pools: Vec<usize> = machines.iter().map(|machine| machine.pool).collect();
        pools.sort_unstable();
        assert_eq!(pools, [0, 1, 1, 1]);
        for machine in machines {
            assert_eq!(machine.state, InstanceState::Running);
            assert_eq!(machine.instance_type.as_deref(), Some("t3.small"));
            assert!(machine.zone.unwrap().starts_with(REGION) && machine.private_address.is_some());
        }
    });
}

#[test]
fn exactly_the_machine_that_is_named_leaves_and_none_comes_in_its_stead() {
    let faults = Faults::new(1).first(1, "TerminateInstanceInAutoScalingGroup", Effect::LostAfter);
    let Some(lab) = Lab::new(faults) else { return };
    run(async {
        let id = id("a");
        lab.made(&id, &spec("a", 3)).await;
        let machines: Vec<String> = lab.cloud.instances(&id).await.unwrap().into_iter().map(|one| one.id).collect();
        lab.cloud.release(&id, &machines[1..2]).await.unwrap();
        let mut up: Vec<String> = lab.proxy.living().into_iter().map(|one| one.id).collect();
        let mut wanted = vec![machines[0].clone(), machines[2].clone()];
        up.sort();
        wanted.sort();
        assert_eq!((up, lab.sizes(&id, 1)), (wanted, vec!["2".to_owned()]));
        // Once more, and one that never was.
        let gone = [machines[1].clone(), "i-0123456789abcdef0".to_owned()];
        lab.cloud.release(&id, &gone).await.unwrap();
        assert_eq!((lab.proxy.living().len(), lab.sizes(&id, 1)), (2, vec!["2".to_owned()]));
    });
}

#[test]
fn a_machine_of_somebody_else_is_left_alone_with_all_others() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let (foo, foobar) = (id("foo"), id("foobar"));
        lab.made(&foo, &spec("foo", 1)).await;
        lab.made(&foobar, &spec("foobar", 1)).await;
        let of = async |id| lab.cloud.instances(id).await.unwrap().remove(0).id;
        let (own, other) = (of(&foo).await, of(&foobar).await);
        let error = lab.cloud.release(&foo, &[own, other.clone()]).await.unwrap_err();
        refused(&error, &[&other, "does not belong to annex foo", "hoist annex status foo"]);
        assert_eq!(lab.proxy.living().len(), 2);
    });
}

#[test]
fn a_machine_that_left_its_group_is_ended_all_the_same() {
    let Some(lab) = Lab::new(Faults::new(1)) else { return };
    run(async {
        let id = id("a");
        lab.made(&id, &spec("a", 2)).await;
        let machine = lab.cloud.instances(&id).await.unwrap().remove(0).id;
        let detach = [
            ("AutoScalingGroupName", "hoist-annex-a-0"),
            ("InstanceIds.member.1", &machine),
            ("ShouldDecrementDesiredCapacity", "true"),
        ];
        lab.proxy.ask_service("autoscaling", "DetachInstances", &detach);
        lab.cloud.release(&id, std::slice::from_ref(&machine)).await.unwrap();
        assert!(lab.proxy.living().iter().all(|one| one.id != machine));
        assert_eq!(lab.sizes(&id, 1), ["1"]);
    });
}

#[test]
fn prices_are_those_of_what_the_pools_may_buy() {
    let Some(lab) = &Lab::new(Faults::new(1)) else { return };
    run(async {
        let mut spec = spec("a", 2);
        spec.pools.push(pool(&spec.pools[0].image.clone(), 1));
        let told = lab.cloud.prices(&spec).await.unwrap();
        let of_instances: Vec<_> = told.iter().map(|price| (price.spot, price.on_demand)).collect();
        assert_eq!(of_instances, [(None, None); 2], "list prices are not told by EC2");
        // Of the size of the image's disk, or the one named, at the price of the region, or the one named.
        spec.pools[0].disk = Some(720);
        let disk = |spec: AnnexSpec| async move { lab.cloud.disk_prices(&spec).await.unwrap()[0].map(String::from) };
        assert_eq!(disk(spec.clone()).await.as_deref(), Some("0.08"));
        spec.pools[0].disk_price = Some("0.1".parse().unwrap());
        assert_eq!(disk(spec.clone()).await.as_deref(), Some("0.10"));
        spec.pools[0].disk = None;
        assert!(disk(spec.clone()).await.is_some(), "the image tells the size");
        spec.pools[0].image = "resolve:ssm:/aws/service/debian/release/12/latest/amd64".to_owned();
        assert_eq!(disk(spec.clone()).await, None, "the size shows only at a launch");
        spec.pools[0] = spec.pools[1].clone();
        spec.market = Market::Spot;
        spec.pools[1].max_price = Some("0.000001".parse().unwrap());
        let prices = lab.cloud.prices(&spec).await.unwrap();
        assert!(prices[0].spot.is_some_and(|price| Some(price) > spec.pools[1].max_price), "{prices:?}");
        assert_eq!(prices[1].spot, spec.pools[1].max_price);
        spec.market = Market::Mixed;
        assert_eq!(lab.cloud.prices(&spec).await.unwrap()[0].spot, prices[0].spot, "all but one are spot");
    });
}
