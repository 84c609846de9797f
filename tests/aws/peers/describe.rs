//! DescribeInstances: filters and pages.

use std::collections::BTreeSet;

use crate::peers::client::{cloud, code, filter, id, ids, launch, run, shown, tags};
use hoist_test_support::aws::{Faults, TagsAtLaunch};

#[test]
fn filters_that_moto_does_not_know_are_answered() {
    run(async {
        let (_proxy, client) = cloud!(Faults::default());
        let tagged = tags(aws_sdk_ec2::types::ResourceType::Instance, &[("hoist:run", "web.1"), ("size", "2")]);
        let first = launch(&client, 2).client_token("one").tag_specifications(tagged).send().await.unwrap();
        let second = launch(&client, 1).client_token("two").send().await.unwrap();
        let two = second.reservation_id().unwrap();
        let cases = [
            ("client-token", "one", ids(&first)),
            ("reservation-id", two, ids(&second)),
            ("tag:hoist:run", "web.*", ids(&first)),
            ("tag:hoist:run", "web", vec![]),
            ("tag-key", "size", ids(&first)),
            ("instance-lifecycle", "spot", vec![]),
            ("launch-index", "1", ids(&first)[1..].to_vec()),
            ("instance-state-name", "running", [ids(&first), ids(&second)].concat()),
        ];
        for (name, value, expected) in cases {
            let found = shown(client.describe_instances().filters(filter(name, &[value, "nothing"]))).await;
            assert_eq!(found.iter().map(id).collect::<Vec<_>>(), expected, "{name} {value}");
        }
        let both = client.describe_instances().filters(filter("tag-key", &["size"]));
        let both = both.filters(filter("launch-index", &["0"]));
        assert_eq!(shown(both).await.len(), 1);
        let unknown = client.describe_instances().filters(filter("colour", &["red"])).send().await;
        assert_eq!(code(unknown), "InvalidParameterValue");
    });
}

#[test]
fn pages_count_instances() {
    run(async {
        let (_proxy, client) = cloud!(Faults::default());
        let mut expected: BTreeSet<String> = ids(&launch(&client, 12).send().await.unwrap()).into_iter().collect();
        expected.extend(ids(&launch(&client, 1).send().await.unwrap()));
        let mut found = Vec::new();
        let mut pages = Vec::new();
        let mut token = None;
        loop {
            let page = client.describe_instances().max_results(5).set_next_token(token).send().await.unwrap();
            let instances: Vec<String> = page.reservations().iter().flat_map(|r| r.instances()).map(id).collect();
            pages.push(instances.len());
            found.extend(instances);
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        assert_eq!(pages, [5, 5, 3]);
        assert_eq!((found.len(), found.into_iter().collect::<BTreeSet<_>>()), (13, expected.clone()));
        let id = expected.pop_first().unwrap();
        let both = client.describe_instances().max_results(5).instance_ids(id).send().await;
        assert_eq!(code(both), "InvalidParameterCombination");
        assert_eq!(code(client.describe_instances().max_results(1001).send().await), "InvalidParameterValue");
    });
}

#[test]
fn tags_that_change_are_seen() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let id = ids(&launch(&client, 1).send().await.unwrap()).remove(0);
        let tag = aws_sdk_ec2::types::Tag::builder().key("hoist:run").value("r").build();
        client.create_tags().resources(&id).tags(tag.clone()).send().await.unwrap();
        let ours = || client.describe_instances().filters(filter("tag:hoist:run", &["r"]));
        assert_eq!(shown(ours()).await.len(), 1);
        client.delete_tags().resources(&id).tags(tag.clone()).send().await.unwrap();
        assert_eq!(shown(ours()).await.len(), 0);
        let unknown = client.create_tags().resources("i-0123456789abcdef0").tags(tag).send().await;
        assert_eq!(code(unknown), "InvalidInstanceID.NotFound");
        // What is made past the proxy is seen, too, once something may have changed.
        proxy.ask("RunInstances", &[("ImageId", hoist_test_support::aws::IMAGE), ("MinCount", "1"), ("MaxCount", "1")]);
        client.create_security_group().group_name("g").description("d").send().await.unwrap();
        assert_eq!(shown(client.describe_instances()).await.len(), 2);
    });
}

#[test]
fn a_plain_cloud_knows_neither_tags_at_launch_nor_fleets() {
    run(async {
        let (proxy, client) = cloud!(Faults::default().plain(TagsAtLaunch::Refused));
        let tagged = tags(aws_sdk_ec2::types::ResourceType::Instance, &[("hoist:run", "r")]);
        let call = || launch(&client, 1).client_token("one").tag_specifications(tagged.clone());
        assert_eq!(code(call().send().await), "UnknownParameter");
        let fleet = client.create_launch_template().launch_template_name("x");
        let data = aws_sdk_ec2::types::RequestLaunchTemplateData::builder().build();
        assert_eq!(code(fleet.launch_template_data(data).send().await), "InvalidAction");
        proxy.change(|faults| faults.plain = Some(TagsAtLaunch::Dropped));
        call().send().await.unwrap();
        let found = shown(client.describe_instances().filters(filter("client-token", &["one"]))).await;
        assert_eq!((found.len(), found[0].tags().len()), (1, 0));
    });
}
