use hoist::batch::{SourceAccess, Trust, open_source};
use hoist_test_support::judges::there_is;
use nix::sys::signal::Signal;
use std::time::Duration;

use crate::peers::{DEMAND, RedisServer, access, demand, failure, open, password, stale, waiting};

#[tokio::test]
async fn every_kind_of_queue_is_counted() {
    if !there_is("redis-server", "redis-server") {
        return;
    }
    let server = RedisServer::start(None);
    let count = async |key: &str| waiting(&demand(&*open(&server.queue(key)), 0).await);
    server.cli(&["RPUSH", "list", "a", "b", "c"]);
    server.cli(&["SADD", "set", "a", "b"]);
    server.cli(&["ZADD", "sorted", "1", "a", "2", "b", "3", "c", "4", "d"]);
    assert_eq!([count("list").await, count("set").await, count("sorted").await], [3, 2, 4]);
    let database = async |number: u32| {
        let mut queue = server.queue("list");
        queue.url = Some(format!("{}/{number}", queue.url.unwrap()));
        open(&queue)
    };
    server.cli(&["-n", "3", "RPUSH", "list", "x"]);
    assert_eq!(waiting(&demand(&*database(3).await, 0).await), 1);
    let beyond = failure(&*database(99).await).await;
    assert!(beyond.contains("number of the database"), "{beyond}");
    server.cli(&["SET", "text", "7"]);
    let text = failure(&*open(&server.queue("text"))).await;
    assert!(text.contains("it is a string, in which no work waits"), "{text}");
    // An empty list is none at all; that is said, since the name may be wrong.
    server.cli(&["DEL", "list"]);
    let reading = open(&server.queue("list")).read(DEMAND, 0).await;
    assert_eq!(waiting(&reading.demand), 0);
    assert!(reading.remarks[0].contains("there is no key list"), "{:?}", reading.remarks);
}

#[tokio::test]
async fn of_a_stream_those_wait_that_no_consumer_was_given() {
    if !there_is("redis-server", "redis-server") {
        return;
    }
    let server = RedisServer::start(None);
    let source = open(&server.queue("stream"));
    let count = async || waiting(&demand(&*source, 0).await);
    let ids: Vec<String> =
        (0..10).map(|number| server.cli(&["XADD", "stream", "*", "job", &number.to_string()])).collect();
    assert_eq!(count().await, 10, "without a group every entry waits");
    server.cli(&["XGROUP", "CREATE", "stream", "workers", "0"]);
    assert_eq!(count().await, 10);
    server.cli(&["XREADGROUP", "GROUP", "workers", "w1", "COUNT", "4", "STREAMS", "stream", ">"]);
    assert_eq!(count().await, 6, "what a consumer has is being worked on");
    server.cli(&["XACK", "stream", "workers", &ids[0], &ids[1]]);
    assert_eq!(count().await, 6);
    // After an entry was taken from the middle, Redis does not know its lag any more.
    server.cli(&["XDEL", "stream", &ids[6]]);
    assert!(!server.cli(&["XINFO", "GROUPS", "stream"]).ends_with("\n6"));
    assert_eq!(count().await, 5);
    // Of two groups the one that is further behind counts.
    server.cli(&["XGROUP", "CREATE", "stream", "late", "0"]);
    assert_eq!(count().await, 9);
    // Many pages, and more than are counted.
    let script = "for i = 1, 12000 do redis.call('XADD', 'stream', '*', 'job', i) end";
    server.cli(&["EVAL", script, "0"]);
    let reading = source.read(DEMAND, 0).await;
    assert_eq!(waiting(&reading.demand), 10_000);
    assert!(reading.remarks[0].contains("more waiting entries"), "{:?}", reading.remarks);
}

#[tokio::test]
async fn logins_are_checked_and_passwords_never_told() {
    if !there_is("redis-server", "redis-server") {
        return;
    }
    let server = RedisServer::start(Some("a-good-password"));
    server.cli(&["RPUSH", "list", "a", "b"]);
    server.cli(&["ACL", "SETUSER", "scaler", "on", ">scalers-own", "~list", "+type", "+llen"]);
    server.cli(&["ACL", "SETUSER", "blind", "on", ">blind-password", "~none", "+type", "+llen"]);
    let directory = tempfile::tempdir().unwrap();
    let source = |user: Option<&str>, word: Option<&str>| {
        let mut queue = server.queue("list");
        queue.user = user.map(str::to_owned);
        queue.password = word.map(|word| password(directory.path(), word));
        open(&queue)
    };
    assert_eq!(waiting(&demand(&*source(None, Some("a-good-password")), 0).await), 2);
    assert_eq!(waiting(&demand(&*source(Some("scaler"), Some("scalers-own")), 0).await), 2);
    let none = failure(&*source(None, None)).await;
    assert!(none.contains("NOAUTH") && none.contains("add user"), "{none}");
    let wrong = failure(&*source(Some("scaler"), Some("another-word"))).await;
    assert!(wrong.contains("WRONGPASS") && wrong.contains("check the user \"scaler\""), "{wrong}");
    let blind = failure(&*source(Some("blind"), Some("blind-password"))).await;
    assert!(blind.contains("NOPERM") && blind.contains("the right to"), "{blind}");
    let missing = {
        let source = source(None, Some("is-removed"));
        std::fs::remove_file(directory.path().join("is-removed.password")).unwrap();
        failure(&*source).await
    };
    assert!(missing.contains("cannot read the password"), "{missing}");
}

#[tokio::test]
async fn tls_is_verified() {
    if !there_is("redis-server", "redis-server") {
        return;
    }
    let server = RedisServer::start(None);
    server.cli(&["RPUSH", "list", "a", "b"]);
    let mut queue = server.queue("list");
    queue.url = Some(format!("rediss://{}:{}", server.address, server.tls_port));
    let with = |trust: Trust| open_source(&queue, &SourceAccess { trust, ..access() }).unwrap();
    assert_eq!(waiting(&demand(&*with(server.certificate.trust()), 0).await), 2);
    let other = tempfile::tempdir().unwrap();
    let other = crate::peers::Certificate::make(other.path(), server.address);
    let refused = failure(&*with(other.trust())).await;
    assert!(refused.contains("certificate is not accepted"), "{refused}");
    // TLS towards a port without, and the other way round.
    queue.url = Some(format!("rediss://{}:{}", server.address, server.port));
    let plain =
        failure(&*open_source(&queue, &SourceAccess { trust: server.certificate.trust(), ..access() }).unwrap()).await;
    assert!(plain.contains("no TLS connection"), "{plain}");
    queue.url = Some(format!("redis://{}:{}", server.address, server.tls_port));
    let secured = failure(&*open(&queue)).await;
    assert!(secured.contains("closed the connection") || secured.contains("no Redis"), "{secured}");
}

#[tokio::test]
async fn a_server_that_is_away_leaves_the_last_number() {
    if !there_is("redis-server", "redis-server") {
        return;
    }
    let mut server = RedisServer::start(None);
    server.cli(&["RPUSH", "list", "a", "b"]);
    let short = {
        let mut access = access();
        access.limits.answer = Duration::from_millis(300);
        open_source(&server.queue("list"), &access).unwrap()
    };
    assert_eq!(waiting(&demand(&*short, 1000).await), 2);
    // It hangs.
    server.daemon.as_ref().unwrap().signal(Signal::SIGSTOP);
    let (count, age, remarks) = stale(&*short, 1030).await;
    assert_eq!((count, age), (2, 30));
    assert!(remarks.contains("within 0.3 s"), "{remarks}");
    server.daemon.as_ref().unwrap().signal(Signal::SIGCONT);
    server.stop();
    let (count, age, remarks) = stale(&*short, 1060).await;
    assert_eq!((count, age), (2, 60));
    assert!(remarks.contains("connection refused"), "{remarks}");
    let fresh = failure(&*open(&server.queue("list"))).await;
    assert!(fresh.contains("check that the server runs"), "{fresh}");
    server.run();
    server.cli(&["RPUSH", "list", "c"]);
    let long = open(&server.queue("list"));
    assert_eq!(waiting(&demand(&*long, 0).await), 3);
}
