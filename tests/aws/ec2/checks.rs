//! What is found wrong before anything is launched.

use hoist::provider::{Cloud, CloudError, Offer};

use crate::ec2::lab::{Lab, Setting, offer, request, run, spot, token};
use hoist_test_support::aws::{Effect, Faults};

/// What checking these requests finds, each as message and hint.
async fn found(lab: &Lab, requests: &[hoist::provider::LaunchRequest]) -> Vec<String> {
    let said = |error: CloudError| format!("{} | {}", error.message, error.hint.unwrap_or_default());
    lab.cloud.check(requests).await.unwrap().into_iter().map(said).collect()
}

#[test]
fn nothing_is_wrong_with_a_good_launch_and_nothing_is_launched() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        lab.proxy.import_key_pair(
            "mine",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEzZZmpTq4eZ0rZp0PjTvA2qs0Qy3Ck3Hk1vO3nJrQm9 me",
        );
        let mut good = request(&token(1), &["a", "b"]);
        good.machine.key_name = Some("mine".to_owned());
        good.machine.security_groups = vec!["default".to_owned()];
        good.offers = vec![Offer { zone: Some("us-east-1b".to_owned()), ..offer("t3.small") }];
        assert_eq!(found(&lab, &[good]).await, [""; 0]);
        assert_eq!(lab.proxy.living(), []);
        assert!(lab.calls("RunInstances").iter().all(|call| call.parameters.get("DryRun") == Some("true")));
        assert_eq!(lab.calls("RunInstances").len(), 1);
    });
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_the_services_that_it_concerns() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        lab.proxy.import_key_pair(
            "laptop",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEzZZmpTq4eZ0rZp0PjTvA2qs0Qy3Ck3Hk1vO3nJrQm9 me",
        );
        let mut one = request(&token(1), &["a", "b"]);
        one.machine.image = Some("ami-0123456789abcdef0".to_owned());
        one.machine.key_name = Some("labtop".to_owned());
        one.machine.security_groups = vec!["nobody".to_owned(), "sg-0123456789abcdef0".to_owned()];
        let mut two = request(&token(2), &["c"]);
        two.machine.image = Some("ami-0123456789abcdef0".to_owned());
        two.offers = vec![Offer { subnet: Some("subnet-0123456789abcdef0".to_owned()), ..offer("t3.smal") }];
        let mut three = request(&token(3), &["d"]);
        three.machine.image = Some("debian".to_owned());
        three.machine.user_data =
            Some(vec![b'#'; 40_000].into_iter().enumerate().map(|(i, _)| b'a' + (i * i % 23) as u8).collect());
        three.machine.max_price = Some("-0.05".to_owned());
        three.offers = vec![spot("t3.small", "us-east-1x")];
        three.tags.insert("aws:mine".to_owned(), "x".to_owned());
        let found = found(&lab, &[one, two, three]).await;
        let expected = [
            "services a, b, c: there is no image ami-0123456789abcdef0 in us-east-1 | image ids differ by region",
            "services a, b: there is no key pair labtop in us-east-1 | did you mean laptop?",
            "services a, b: there is no security group nobody",
            "services a, b: there is no security group sg-0123456789abcdef0 in us-east-1",
            "service c: there is no subnet subnet-0123456789abcdef0 in us-east-1",
            "service c: there is no instance type t3.smal in us-east-1 | did you mean t3.small?",
            "service d: debian is not the id of an image",
            "service d: the user data has 40000 bytes",
            "service d: max_price is \"-0.05\", which is no price",
            "service d: there is no zone us-east-1x in us-east-1 | there are us-east-1a",
            "service d: the tag \"aws:mine\" begins with aws:",
        ];
        for wanted in expected {
            assert!(
                found.iter().any(|said| said.starts_with(wanted)),
                "{wanted}\nis missing from\n{}",
                found.join("\n")
            );
        }
        assert_eq!(found.len(), expected.len(), "{}", found.join("\n"));
        // With so much wrong, nothing is rehearsed.
        assert_eq!(lab.proxy.count("RunInstances"), 0);
    });
}

#[test]
fn prices_that_buy_nothing_are_found() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        for (price, says) in
            [("0", "no price"), ("abc", "no price"), ("NaN", "no price"), ("0.000001", "cheapest of its offers")]
        {
            let mut wanted = request(&token(1), &["a"]);
            wanted.offers = vec![spot("t3.small", "us-east-1a")];
            wanted.machine.max_price = Some(price.to_owned());
            let found = found(&lab, &[wanted]).await;
            assert!(found.len() == 1 && found[0].contains(says), "{price}: {found:?}");
        }
    });
}

#[test]
fn a_missing_permission_is_found_by_the_rehearsal() {
    let denied = Effect::error(
        "UnauthorizedOperation",
        "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/ann is not authorized to \
         perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/web because no identity-based policy allows the \
         iam:PassRole action. Encoded authorization failure message: 4HdD2x",
    );
    let Some(lab) = Lab::new(Faults::default().always("RunInstances", denied)) else { return };
    run(async {
        let found = found(&lab, &[request(&token(1), &["a"]), request(&token(2), &["b"])]).await;
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("iam:PassRole") && !found[0].contains("4HdD2x"), "{found:?}");
        assert_eq!(lab.proxy.count("RunInstances"), 1);
    });
}

#[test]
fn leases_and_user_data_that_do_not_go_together_are_found() {
    let Some(lab) = Lab::with(Faults::default(), Setting { by_ssh: true, ..Setting::default() }) else { return };
    run(async {
        let mut windows = request(&token(1), &["a"]);
        windows.machine.user_data = Some(b"<powershell>dir</powershell>".to_vec());
        windows.expires_at = Some("2099-01-01T00:00:00Z".parse().unwrap());
        let mut late = request(&token(2), &["b"]);
        late.expires_at = Some("2020-01-01T00:00:00Z".parse().unwrap());
        let found = found(&lab, &[windows, late]).await;
        assert!(found.iter().any(|said| said.starts_with("service a: cloud-init does not read")), "{found:?}");
        assert!(found.iter().any(|said| said.starts_with("service b: its lease has ended already")), "{found:?}");
        // Checking makes no keys.
        assert!(lab.keys.pinned.lock().unwrap().is_empty());
    });
}

#[test]
fn names_of_groups_become_ids_where_there_is_a_subnet() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let subnets = lab.proxy.ask("DescribeSubnets", &[]);
        let subnet = subnets.items("subnetSet")[0].get("subnetId").to_owned();
        let mut wanted = request(&token(1), &["a"]);
        wanted.machine.security_groups = vec!["default".to_owned()];
        wanted.offers = vec![Offer { subnet: Some(subnet.clone()), ..offer("t3.small") }];
        assert_eq!(found(&lab, std::slice::from_ref(&wanted)).await, [""; 0]);
        lab.cloud.launch(&wanted).await.unwrap();
        wanted.token = token(2);
        lab.cloud.launch(&wanted).await.unwrap();
        let calls = lab.calls("RunInstances");
        let sent = &calls.last().unwrap().parameters;
        assert!(sent.get("SecurityGroupId.1").unwrap_or_default().starts_with("sg-"), "{sent:?}");
        assert_eq!(sent.get("SubnetId"), Some(subnet.as_str()));
        assert_eq!(sent.get("Placement.AvailabilityZone"), None);
        // They are looked up once.
        assert_eq!(lab.proxy.count("DescribeSecurityGroups"), 1);
    });
}
