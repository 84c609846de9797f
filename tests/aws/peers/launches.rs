//! RunInstances: what EC2 checks and carries over, and moto does not.

use std::collections::BTreeMap;

use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types::{
    HttpTokensState, InstanceMarketOptionsRequest, InstanceType, LaunchTemplateSpecification, MarketType, ResourceType,
    ShutdownBehavior,
};

use crate::peers::client::{client, client_in, cloud, code, filter, id, ids, launch, one, run, shown, tags};
use crate::peers::templates::template;
use hoist_test_support::aws::{FaultProxy, Faults, IMAGE, REGION};

#[test]
fn user_data_is_limited_to_16_kilobytes() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let encoded = |length: usize| aws_base64(&vec![b'x'; length]);
        assert_eq!(code(launch(&client, 1).user_data(encoded(16_385)).send().await), "InvalidParameterValue");
        assert_eq!(code(launch(&client, 1).user_data("?").send().await), "InvalidUserData.Malformed");
        let launched = launch(&client, 1).user_data(encoded(16_384)).send().await.unwrap();
        assert_eq!(proxy.user_data(REGION, &ids(&launched)[0]).len(), 16_384);
        assert_eq!(proxy.instances().len(), 1);
    });
}

pub(crate) fn aws_base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

#[test]
fn what_a_launch_names_must_exist() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let launch = || launch(&client, 1);
        assert_eq!(code(launch().image_id("ami-0123456789abcdef0").send().await), "InvalidAMIID.NotFound");
        assert_eq!(code(launch().key_name("absent").send().await), "InvalidKeyPair.NotFound");
        assert_eq!(code(launch().security_group_ids("sg-0123456789abcdef0").send().await), "InvalidGroup.NotFound");
        assert_eq!(code(launch().subnet_id("subnet-0123456789abcdef0").send().await), "InvalidSubnetID.NotFound");
        let unknown = launch().instance_type(InstanceType::from("t9.huge")).send().await;
        assert_eq!(code(unknown), "InvalidParameterValue");
        assert_eq!(code(launch().min_count(2).send().await), "InvalidParameterValue");
        let dry = || launch().dry_run(true);
        assert_eq!(code(dry().send().await), "DryRunOperation");
        assert_eq!(code(dry().image_id("ami-0123456789abcdef0").send().await), "InvalidAMIID.NotFound");
        assert_eq!(code(dry().key_name("absent").send().await), "InvalidKeyPair.NotFound");
        assert_eq!(code(client.describe_instances().dry_run(true).send().await), "DryRunOperation");
        assert_eq!(proxy.instances(), []);
    });
}

#[test]
fn an_image_may_be_named_by_a_parameter() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let named = || launch(&client, 1).image_id("resolve:ssm:/aws/service/debian/release/12/latest/amd64");
        assert_eq!(code(named().send().await), "InvalidParameterValue");
        proxy.name_image("/aws/service/debian/release/12/latest/amd64", IMAGE);
        let launched = named().send().await.unwrap();
        assert_eq!(launched.instances()[0].image_id(), Some(IMAGE));
    });
}

#[test]
fn a_spot_instance_says_so_and_has_a_request() {
    run(async {
        let (_proxy, client) = cloud!(Faults::default());
        let spot = InstanceMarketOptionsRequest::builder().market_type(MarketType::Spot).build();
        let request_tags = tags(ResourceType::SpotInstancesRequest, &[("hoist:run", "r1")]);
        launch(&client, 1).send().await.unwrap();
        launch(&client, 1).instance_market_options(spot).tag_specifications(request_tags).send().await.unwrap();
        let spots = shown(client.describe_instances().filters(filter("instance-lifecycle", &["spot"]))).await;
        assert_eq!(spots.len(), 1);
        let request = spots[0].spot_instance_request_id().unwrap();
        let by_request = client.describe_instances().filters(filter("spot-instance-request-id", &[request]));
        assert_eq!(shown(by_request).await, spots);
        let requests = client.describe_spot_instance_requests().send().await.unwrap();
        let requests = requests.spot_instance_requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].instance_id(), spots[0].instance_id());
        assert_eq!(requests[0].tags()[0].value(), Some("r1"));
    });
}

#[test]
fn all_that_a_launch_makes_is_tagged() {
    run(async {
        let (_proxy, client) = cloud!(Faults::default());
        let mut call = launch(&client, 2);
        for kind in [ResourceType::Instance, ResourceType::Volume, ResourceType::NetworkInterface] {
            call = call.tag_specifications(tags(kind, &[("hoist:run", "a & <b>"), ("other", "")]));
        }
        let launched = ids(&call.send().await.unwrap());
        let ours = filter("tag:hoist:run", &["a & <b>"]);
        let instances = shown(client.describe_instances().filters(ours.clone())).await;
        assert_eq!(instances.iter().map(id).collect::<Vec<_>>(), launched);
        let volumes = client.describe_volumes().filters(ours.clone()).send().await.unwrap();
        assert_eq!(volumes.volumes().len(), 2);
        let interfaces = client.describe_network_interfaces().filters(ours).send().await.unwrap();
        assert_eq!(interfaces.network_interfaces().len(), 2);
    });
}

#[test]
fn what_a_template_says_reaches_the_instances() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        proxy.import_key_pair("login", crate::peers::compute::PUBLIC_KEY);
        let id = template(&client, "one", Some("one")).await;
        let again = template(&client, "one", Some("one")).await;
        assert_eq!(id, again, "its token is kept");
        let other = client.create_launch_template().launch_template_name("one").client_token("two");
        let data = crate::peers::templates::data();
        let taken = other.launch_template_data(data).send().await;
        assert_eq!(code(taken), "InvalidLaunchTemplateName.AlreadyExistsException");

        let specification = LaunchTemplateSpecification::builder().launch_template_id(&id).version("1").build();
        let call = client.run_instances().launch_template(specification).min_count(1).max_count(1);
        let more = tags(ResourceType::Instance, &[("more", "2")]);
        let launched = call.instance_type(InstanceType::T3Large).tag_specifications(more).send().await.unwrap();
        let instance = one(&client, &ids(&launched)[0]).await;
        assert_eq!(instance.instance_type(), Some(&InstanceType::T3Large));
        assert_eq!((instance.key_name(), instance.image_id()), (Some("login"), Some(IMAGE)));
        let options = instance.metadata_options().unwrap();
        assert_eq!(options.http_tokens(), Some(&HttpTokensState::Required));
        assert_eq!(proxy.user_data(REGION, &ids(&launched)[0]), b"#!/bin/sh\n");
        let found: BTreeMap<String, String> = proxy.instances().remove(0).tags;
        let keys: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(keys, ["aws:ec2launchtemplate:id", "aws:ec2launchtemplate:version", "hoist:run", "more"]);
        assert_eq!(
            code(
                client
                    .run_instances()
                    .launch_template(
                        LaunchTemplateSpecification::builder().launch_template_id("lt-0123456789abcdef0").build()
                    )
                    .min_count(1)
                    .max_count(1)
                    .send()
                    .await
            ),
            "InvalidLaunchTemplateId.NotFound"
        );
    });
}

#[test]
fn regions_and_proxies_do_not_see_each_other() {
    run(async {
        let (proxy, here) = cloud!(Faults::default());
        let Some(other_proxy) = FaultProxy::start(Faults::default()) else { return };
        let there = client_in(&proxy, "eu-west-1");
        launch(&here, 1).client_token("one").send().await.unwrap();
        let unknown = launch(&there, 1).client_token("one").subnet_id("subnet-0123456789abcdef0").send().await;
        assert_eq!(code(unknown), "InvalidSubnetID.NotFound");
        assert_eq!(shown(there.describe_instances()).await, []);
        assert_eq!(shown(client(&other_proxy).describe_instances()).await, []);
        assert_eq!((proxy.instances_in("eu-west-1"), proxy.instances().len()), (vec![], 1));
    });
}

#[test]
fn shutdown_behaviour_and_attributes_are_on_record() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let call = launch(&client, 1).instance_initiated_shutdown_behavior(ShutdownBehavior::Terminate);
        let id = ids(&call.send().await.unwrap()).remove(0);
        proxy.power_off(REGION, &id);
        let instance = one(&client, &id).await;
        assert_eq!(crate::peers::client::state(&instance), "terminated");
        let reason = instance.state_reason().and_then(|reason| reason.code());
        assert_eq!(reason, Some("Client.InstanceInitiatedShutdown"));
        let stays = ids(&launch(&client, 1).send().await.unwrap()).remove(0);
        proxy.power_off(REGION, &stays);
        assert_eq!(crate::peers::client::state(&one(&client, &stays).await), "stopped");
        let key =
            client.import_key_pair().key_name("k").public_key_material(Blob::new(crate::peers::compute::PUBLIC_KEY));
        key.send().await.unwrap();
    });
}
