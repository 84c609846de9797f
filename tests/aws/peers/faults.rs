//! What goes wrong between a client and EC2, by script and by chance.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::peers::client::{client_in, cloud, code, launch, run, shown};
use hoist_test_support::aws::{Effect, Faults, Moment};

#[test]
fn errors_of_all_kinds_reach_the_client_and_nothing_takes_place() {
    run(async {
        let errors = [
            ("UnauthorizedOperation", 403),
            ("AuthFailure", 401),
            ("RequestExpired", 400),
            ("InvalidClientTokenId", 403),
            ("OptInRequired", 401),
            ("InternalError", 500),
            ("ServiceUnavailable", 503),
            ("RequestLimitExceeded", 503),
        ];
        let mut faults = Faults::default();
        for (number, (code, _)) in errors.iter().enumerate() {
            faults = faults.script("Run*", number, 1, Effect::error(code, "no"));
        }
        let (proxy, client) = cloud!(faults.script("RunInstances", errors.len(), 1, Effect::Page(503)));
        for (expected, status) in errors {
            assert_eq!(code(launch(&client, 1).send().await), expected);
            assert_eq!(proxy.calls().last().unwrap().status, Some(status), "{expected}");
        }
        let page = launch(&client, 1).send().await;
        assert_eq!(code(page), "no code", "a page of HTML is no error of EC2's");
        assert_eq!(proxy.instances(), []);
        launch(&client, 1).send().await.unwrap();
        assert_eq!((proxy.instances().len(), proxy.count("RunInstances")), (1, 10));
        assert_eq!(proxy.error_counts()["OptInRequired"], 1);
    });
}

#[test]
fn connections_are_cut_before_and_after_a_call_takes_effect() {
    run(async {
        let faults = Faults::default()
            .script("RunInstances", 0, 1, Effect::LostBefore)
            .script("RunInstances", 1, 1, Effect::LostAfter)
            .script("RunInstances", 2, 1, Effect::CutShort)
            .script(
                "RunInstances",
                3,
                1,
                Effect::ErrorAfterwards {
                    status: 500,
                    code: "InternalError".to_owned(),
                    message: "An internal error has occurred".to_owned(),
                },
            );
        let (proxy, client) = cloud!(faults);
        let expected = [("no answer", 0), ("no answer", 1), ("bad answer", 2), ("InternalError", 3)];
        for (how, instances) in expected {
            let answer = launch(&client, 1).send().await;
            assert_eq!(code(answer), how);
            assert_eq!(proxy.instances().len(), instances, "after {how}");
        }
        let carried_out: Vec<bool> = proxy.calls().iter().map(|call| call.carried_out).collect();
        assert_eq!(carried_out, [false, true, true, true]);
        let statuses: Vec<Option<u16>> = proxy.calls().iter().map(|call| call.status).collect();
        assert_eq!(statuses, [None, None, None, Some(500)]);
    });
}

#[test]
fn a_slow_answer_comes_late() {
    run(async {
        const LATE: Duration = Duration::from_millis(300);
        let (_proxy, client) = cloud!(Faults::default().always("DescribeKeyPairs", Effect::Slow(LATE)));
        let begun = Instant::now();
        client.describe_key_pairs().send().await.unwrap();
        assert!(begun.elapsed() >= LATE);
    });
}

#[test]
fn chance_strikes_as_often_as_it_was_told_and_the_same_calls_each_time() {
    run(async {
        let faults = || Faults::new(3).throttled(0.3).server_errors(0.15).lost_requests(0.1).only(&["DescribeKey*"]);
        let mut runs = Vec::new();
        for _ in 0..2 {
            let (proxy, client) = cloud!(faults());
            for _ in 0..200 {
                let _ = client.describe_key_pairs().send().await;
                // Calls of another action, which chance spares, change nothing.
                let _ = client.describe_regions().send().await;
            }
            let struck = |call: &hoist_test_support::aws::Call| call.effect.clone();
            let calls = proxy.calls();
            assert!(calls.iter().filter(|call| call.action == "DescribeRegions").all(|call| call.effect.is_none()));
            runs.push(calls.iter().filter(|call| call.action == "DescribeKeyPairs").map(struck).collect::<Vec<_>>());
            let counts = proxy.error_counts();
            assert!((45..75).contains(&counts["RequestLimitExceeded"]), "{counts:?}");
            let lost = runs[0].iter().filter(|effect| **effect == Some(Effect::LostBefore)).count();
            assert!((10..32).contains(&lost), "{lost}");
            assert!(counts["InternalError"] > 2 && counts["ServiceUnavailable"] > 2, "{counts:?}");
            assert!(runs[0].contains(&Some(Effect::Page(503))));
        }
        assert_eq!(runs[0], runs[1]);
    });
}

#[test]
fn request_limits_are_those_of_aws() {
    run(async {
        // By a slow clock, so that nothing comes back during the test.
        let (proxy, client) = cloud!(Faults::default().limits().clock_speed(0.001));
        for _ in 0..5 {
            launch(&client, 1).send().await.unwrap();
        }
        assert_eq!(code(launch(&client, 1).send().await), "RequestLimitExceeded");
        proxy.advance(Duration::from_millis(500));
        launch(&client, 1).send().await.unwrap();
        assert_eq!(code(launch(&client, 1).send().await), "RequestLimitExceeded");
        assert_eq!(proxy.calls().last().unwrap().status, Some(503));
        proxy.advance(Duration::from_secs(10));
        let too_many = launch(&client, 1001).send().await;
        assert_eq!(code(too_many), "RequestLimitExceeded", "instances are counted, too");
        let mut unfiltered = 0;
        while client.describe_instances().send().await.is_ok() {
            unfiltered += 1;
        }
        assert_eq!(unfiltered, 50);
        assert_eq!(
            shown(client.describe_instances().max_results(1000)).await.len(),
            6,
            "pages have a bucket of their own"
        );
    });
}

#[test]
fn the_log_tells_all_of_a_call() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        client.describe_key_pairs().key_names("absent").send().await.unwrap_err();
        client_in(&proxy, "eu-west-1").describe_key_pairs().send().await.unwrap();
        let calls = proxy.calls();
        assert_eq!(calls.len(), 2);
        let (first, second) = (&calls[0], &calls[1]);
        assert_eq!((first.action.as_str(), first.service.as_str()), ("DescribeKeyPairs", "ec2"));
        assert_eq!(first.parameters.list("KeyName"), ["absent"]);
        assert_eq!((first.status, first.error.as_deref()), (Some(400), Some("InvalidKeyPair.NotFound")));
        assert!(first.carried_out && first.effect.is_none() && first.at < second.at);
        assert_eq!((first.region.as_str(), second.region.as_str()), ("us-east-1", "eu-west-1"));
        assert_eq!((second.status, second.error.as_deref()), (Some(200), None));
    });
}

#[test]
fn a_watcher_sees_a_call_before_and_after_it_takes_effect() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let noted = seen.clone();
        proxy.watch(move |call, moment| noted.lock().unwrap().push((call.action.clone(), moment)));
        launch(&client, 1).send().await.unwrap();
        let action = "RunInstances".to_owned();
        assert_eq!(*seen.lock().unwrap(), [(action.clone(), Moment::Come), (action, Moment::Done)]);
    });
}

/// Other services go through as well: what the signature names decides.
#[test]
fn other_services_are_passed_on_and_meet_the_same_faults() {
    run(async {
        let (proxy, _client) = cloud!(Faults::default().first(1, "GetCallerIdentity", Effect::throttled()));
        let body = "Action=GetCallerIdentity&Version=2011-06-15";
        let request = format!(
            "POST / HTTP/1.1\r\nhost: sts\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=A/20260101/eu-west-1/sts/aws4_request, SignedHeaders=host, \
             Signature=0\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let ask = || {
            let mut connection = TcpStream::connect(proxy.endpoint().trim_start_matches("http://")).unwrap();
            connection.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            connection.read_to_string(&mut answer).unwrap();
            answer
        };
        let refused = ask();
        assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("<ErrorResponse"), "{refused}");
        let answer = ask();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("<GetCallerIdentityResult>"), "{answer}");
        let calls = proxy.calls();
        assert_eq!((calls[1].service.as_str(), calls[1].region.as_str()), ("sts", "eu-west-1"));
    });
}

/// What moto cannot do must not pass for what EC2 does.
#[test]
fn a_test_in_which_moto_broke_fails() {
    run(async {
        let (proxy, client) = cloud!(Faults::default());
        launch(&client, 1).send().await.unwrap();
        // One of the filters that moto does not know.
        let ask = std::panic::AssertUnwindSafe(|| {
            proxy.ask("DescribeInstances", &[("Filter.1.Name", "client-token"), ("Filter.1.Value.1", "x")]);
        });
        std::panic::catch_unwind(ask).unwrap_err();
        let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(proxy)));
        let message = *dropped.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains("client-token") && message.contains("500"), "{message}");
    });
}
