//! A lack of capacity: what RunInstances refuses, and what an instant fleet does instead.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::create_fleet::CreateFleetOutput;
use aws_sdk_ec2::operation::create_fleet::builders::CreateFleetFluentBuilder;
use aws_sdk_ec2::types::{
    DefaultTargetCapacityType, FleetLaunchTemplateConfigRequest, FleetLaunchTemplateOverridesRequest,
    FleetLaunchTemplateSpecificationRequest, FleetType, InstanceType, Placement, ResourceType, SpotAllocationStrategy,
    SpotOptionsRequest, TargetCapacitySpecificationRequest,
};

use crate::peers::client::{cloud, code, ids, launch, run, shown, tags};
use crate::peers::templates::template;
use hoist_test_support::aws::{CapacityRule, FaultProxy, Faults, IMAGE, REGION};

fn zone(name: &str) -> Placement {
    Placement::builder().availability_zone(name).build()
}

#[test]
fn a_launch_gets_all_that_it_must_have_or_nothing() {
    run(async {
        let faults = Faults::default()
            .capacity(CapacityRule::none("t3.*", "us-east-1b"))
            .capacity(CapacityRule::none("*", "us-east-1c").left(3))
            .capacity(CapacityRule::none("m5.large", "*").code("VcpuLimitExceeded"));
        let (proxy, client) = cloud!(faults);
        let none = launch(&client, 1).placement(zone("us-east-1b")).send().await;
        assert_eq!(code(none), "InsufficientInstanceCapacity");
        assert_eq!(proxy.calls().last().unwrap().status, Some(500));
        let quota = launch(&client, 1).instance_type(InstanceType::M5Large).send().await;
        assert_eq!(code(quota), "VcpuLimitExceeded");
        let five = || launch(&client, 5).placement(zone("us-east-1c"));
        assert_eq!(code(five().send().await), "InsufficientInstanceCapacity");
        assert_eq!(proxy.instances(), []);
        assert_eq!(ids(&five().min_count(1).send().await.unwrap()).len(), 3);
        assert_eq!(code(five().min_count(1).send().await), "InsufficientInstanceCapacity", "they are used up");
        assert_eq!(proxy.living().len(), 3);
        // Where no zone is named, one is found.
        proxy.change(|faults| faults.capacity.push(CapacityRule::none("*", "us-east-1a")));
        let anywhere = launch(&client, 1).send().await.unwrap();
        let found = anywhere.instances()[0].placement().and_then(|placement| placement.availability_zone()).unwrap();
        assert_eq!(found, "us-east-1d");
    });
}

fn pool(instance_type: InstanceType, zone: &str) -> FleetLaunchTemplateOverridesRequest {
    FleetLaunchTemplateOverridesRequest::builder().instance_type(instance_type).availability_zone(zone).build()
}

async fn fleet(client: &Client, proxy: &FaultProxy, wanted: i32, minimum: i32) -> CreateFleetFluentBuilder {
    if proxy.count("CreateLaunchTemplate") == 0 {
        proxy.import_key_pair("login", crate::peers::compute::PUBLIC_KEY);
    }
    let id = template(client, "fleet", Some("fleet")).await;
    let named = FleetLaunchTemplateSpecificationRequest::builder().launch_template_id(id).version("1").build();
    let pools = [
        pool(InstanceType::T3Large, "us-east-1a"),
        pool(InstanceType::T3Large, "us-east-1b"),
        pool(InstanceType::M5Large, "us-east-1a"),
    ];
    let config = FleetLaunchTemplateConfigRequest::builder()
        .launch_template_specification(named)
        .set_overrides(Some(pools.into()))
        .build();
    let target = TargetCapacitySpecificationRequest::builder()
        .total_target_capacity(wanted)
        .default_target_capacity_type(DefaultTargetCapacityType::Spot)
        .build();
    let spot = SpotOptionsRequest::builder()
        .allocation_strategy(SpotAllocationStrategy::PriceCapacityOptimized)
        .min_target_capacity(minimum)
        .build();
    let instance = tags(ResourceType::Instance, &[("hoist:intent", "token")]);
    client
        .create_fleet()
        .r#type(FleetType::Instant)
        .launch_template_configs(config)
        .target_capacity_specification(target)
        .spot_options(spot)
        .tag_specifications(instance)
        .tag_specifications(tags(ResourceType::Fleet, &[("hoist:run", "r1")]))
}

fn launched(made: &CreateFleetOutput) -> Vec<(String, usize)> {
    let pool = |set: &aws_sdk_ec2::types::CreateFleetInstance| {
        let shown = set.launch_template_and_overrides().and_then(|shown| shown.overrides()).unwrap();
        let zone = shown.availability_zone().unwrap();
        assert_eq!(set.lifecycle().unwrap().as_str(), "spot");
        (format!("{} {zone}", set.instance_type().unwrap().as_str()), set.instance_ids().len())
    };
    made.instances().iter().map(pool).collect()
}

#[test]
fn a_fleet_takes_what_there_is_and_tells_what_there_is_not() {
    run(async {
        let faults = Faults::default()
            .capacity(CapacityRule::none("t3.large", "us-east-1a").spot(true))
            .capacity(CapacityRule::none("t3.large", "us-east-1b").left(2).code("UnfulfillableCapacity"));
        let (proxy, client) = cloud!(faults);
        let call = fleet(&client, &proxy, 5, 1).await.client_token("one");
        let made = call.clone().send().await.unwrap();
        assert_eq!(launched(&made), [("t3.large us-east-1b".to_owned(), 2), ("m5.large us-east-1a".to_owned(), 3)]);
        let errors: Vec<_> = made.errors().iter().map(|error| error.error_code().unwrap_or_default()).collect();
        assert_eq!(errors, ["InsufficientInstanceCapacity", "UnfulfillableCapacity"]);
        let pool = made.errors()[0].launch_template_and_overrides().and_then(|shown| shown.overrides()).unwrap();
        assert_eq!(
            (pool.instance_type(), pool.availability_zone()),
            (Some(&InstanceType::T3Large), Some("us-east-1a"))
        );

        let again = call.send().await.unwrap();
        assert_eq!((again.fleet_id(), launched(&again)), (made.fleet_id(), launched(&made)));
        let living = proxy.living();
        assert_eq!(living.len(), 5);
        for instance in &living {
            assert!(instance.spot && instance.image == IMAGE);
            assert_eq!((instance.tags["hoist:run"].as_str(), instance.tags["hoist:intent"].as_str()), ("r1", "token"));
            assert_eq!(instance.tags["aws:ec2:fleet-id"], made.fleet_id().unwrap());
            assert_eq!(proxy.user_data(REGION, &instance.id), b"#!/bin/sh\n");
        }
        let seen = shown(client.describe_instances()).await;
        assert!(seen.iter().all(|instance| instance.key_name() == Some("login")));

        let other = fleet(&client, &proxy, 4, 1).await.client_token("one").send().await;
        assert_eq!(code(other), "IdempotentParameterMismatch");

        let fleets = client.describe_fleets().send().await.unwrap();
        assert_eq!(fleets.fleets().len(), 1);
        let delete =
            client.delete_fleets().fleet_ids(made.fleet_id().unwrap()).fleet_ids("fleet-0").terminate_instances(true);
        let deleted = delete.send().await.unwrap();
        assert_eq!(deleted.successful_fleet_deletions().len(), 1);
        assert_eq!(deleted.unsuccessful_fleet_deletions().len(), 1);
        assert_eq!(proxy.living(), []);
    });
}

#[test]
fn a_fleet_below_its_minimum_launches_nothing() {
    run(async {
        let (proxy, client) = cloud!(Faults::default().capacity(CapacityRule::none("*", "*").left(2)));
        let made = fleet(&client, &proxy, 5, 3).await.send().await.unwrap();
        assert_eq!((made.instances().len(), made.errors().len()), (0, 3));
        assert_eq!(proxy.living(), []);
    });
}
