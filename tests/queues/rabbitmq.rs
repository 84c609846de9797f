use std::path::Path;

use hoist::batch::{SourceAccess, open_source};
use hoist_test_support::skip::skip;

use crate::peers::{RabbitmqServer, access, demand, failure, open, password, stale, until, waiting};

/// One server for all, since it takes long to start.
#[tokio::test]
async fn queues_are_counted_through_refusals_and_a_restart() {
    if !Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server").exists() {
        skip("there is no rabbitmq-server (package rabbitmq-server)");
        return;
    }
    let mut server = RabbitmqServer::start().await;
    let url = format!("http://{}:{}", server.address, server.port);
    let made = |target: &str, body: &str| assert!(server.api("PUT", target, body).is_some(), "{target}");
    made("/api/queues/%2F/work%2Ffast", r#"{"durable": true}"#);
    made("/api/vhosts/prod", "{}");
    made("/api/permissions/prod/scaler", r#"{"configure": ".*", "write": ".*", "read": ".*"}"#);
    made("/api/queues/prod/work", r#"{"durable": true}"#);
    made("/api/users/outsider", r#"{"password": "outsiders-own", "tags": "monitoring"}"#);
    made("/api/users/plain", r#"{"password": "plain-users-own", "tags": ""}"#);
    let publish = |vhost: &str, queue: &str, count: usize| {
        let body = serde_json::json!({
            "properties": { "delivery_mode": 2 }, "routing_key": queue, "payload": "x", "payload_encoding": "string",
        });
        let body = body.to_string();
        for _ in 0..count {
            let answer = server.api("POST", &format!("/api/exchanges/{vhost}/amq.default/publish"), &body).unwrap();
            assert!(answer.contains("true"), "{answer}");
        }
    };
    publish("%2F", "work/fast", 3);
    publish("prod", "work", 5);
    let source = open(&server.queue(&url, "work/fast"));
    // The server tells its figures a little later.
    let is_fresh = async |source: &dyn hoist::batch::WorkSource, number: u64| {
        demand(source, 1000).await.fresh().is_some_and(|demand| demand.waiting == number)
    };
    until("three messages are counted", async || is_fresh(&*source, 3).await).await;
    let prod = open(&server.queue(&format!("{url}/prod"), "work"));
    until("five messages are counted", async || is_fresh(&*prod, 5).await).await;

    let missing = failure(&*open(&server.queue(&url, "wrok"))).await;
    assert!(missing.contains("404") && missing.contains("check the queue's name"), "{missing}");
    let login = |user: &str, word: &str| {
        let mut queue = server.queue(&url, "work/fast");
        queue.user = Some(user.to_owned());
        queue.password = Some(password(server.directory.path(), word));
        open(&queue)
    };
    let wrong = failure(&*login("scaler", "not-its-word")).await;
    assert!(wrong.contains("401") && wrong.contains("check the user \"scaler\""), "{wrong}");
    let plain = failure(&*login("plain", "plain-users-own")).await;
    assert!(plain.contains("401") && plain.contains("check the user \"plain\""), "{plain}");
    // Who may look at all figures, but is not let into the virtual host.
    let outside = failure(&*login("outsider", "outsiders-own")).await;
    assert!(outside.contains("40"), "{outside}");

    let tls = format!("https://{}:{}", server.address, server.tls_port);
    let trust = server.certificate.trust();
    let secured = open_source(&server.queue(&tls, "work/fast"), &SourceAccess { trust, ..access() }).unwrap();
    assert_eq!(waiting(&demand(&*secured, 0).await), 3);

    server.stop();
    let (count, age, remarks) = stale(&*source, 1090).await;
    assert_eq!((count, age), (3, 90));
    assert!(remarks.contains("management plugin"), "{remarks}");
    let down = failure(&*open(&server.queue(&url, "work/fast"))).await;
    assert!(down.contains("connection refused"), "{down}");
    server.run().await;
    until("the messages are counted again", async || is_fresh(&*source, 3).await).await;
}
