use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hoist::batch::open_source;
use hoist::elastic::engine::{Demand, Reading};
use hoist::elastic::fleet::{FleetQueue, QueueKind};
use hoist_test_support::loopback::free_address;

use crate::peers::{Asked, DEMAND, HttpServer, POOL, Reply, access, demand, failure, open, password, stale, waiting};

fn queue(url: String, field: Option<&str>) -> FleetQueue {
    let mut queue = FleetQueue::new(QueueKind::Http);
    queue.url = Some(url);
    queue.field = field.map(str::to_owned);
    queue
}

fn answering(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> String {
    HttpServer::start(answer).url()
}

#[tokio::test]
async fn numbers_fields_and_reports_are_read() {
    let url = answering(|asked| {
        let body = match asked.target.as_str() {
            "/plain" => " 12\n",
            "/data?state=idle" => r#"{"data": {"queues": [{"waiting": 7}], "jobs": [1, 2]}}"#,
            "/report" => r#"{"waiting": 3, "unservable": 1, "hosts": [{"id": "i-1", "busy": 1}]}"#,
            _ => return Reply::Answer(404, String::new()),
        };
        Reply::Answer(200, body.to_owned())
    });
    let count = async |path: &str, field: Option<&str>| {
        waiting(&demand(&*open(&queue(format!("{url}{path}"), field)), 0).await)
    };
    assert_eq!(count("/plain", None).await, 12);
    assert_eq!(count("/data?state=idle", Some("data.queues.0.waiting")).await, 7);
    assert_eq!(count("/data?state=idle", Some("/data/jobs")).await, 2);
    let report = open(&queue(format!("{url}/report"), None)).read(POOL, 50).await;
    assert_eq!(report.demand, Reading::Fresh { value: Demand { waiting: 3, unservable: 1 } });
    assert_eq!(report.pool.fresh().unwrap()[0].joined_at, 50);
    let absent = failure(&*open(&queue(format!("{url}/data?state=idle"), Some("data.count")))).await;
    assert!(absent.contains("no field \"data.count\"") && absent.contains("check \"field\""), "{absent}");
    let missing = failure(&*open(&queue(format!("{url}/none"), None))).await;
    assert!(missing.contains("404") && missing.contains("check the path"), "{missing}");
}

#[tokio::test]
async fn the_login_is_sent_and_never_to_another_server() {
    let others = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&others);
    let elsewhere = answering(move |_| {
        seen.fetch_add(1, Ordering::SeqCst);
        Reply::Answer(200, "99".to_owned())
    });
    let to = format!("{elsewhere}/other");
    let url = answering(move |asked| match (asked.target.as_str(), asked.authorization.as_deref()) {
        ("/redirect", _) => Reply::Headed(302, vec![("location", to.clone())], String::new()),
        (_, Some("Basic YW5uOmdvb2Qtd29yZA==")) => Reply::Answer(200, "5".to_owned()),
        _ => Reply::Answer(401, "who are you?".to_owned()),
    });
    let directory = tempfile::tempdir().unwrap();
    let with = |path: &str, word: &str| {
        let mut queue = queue(format!("{url}{path}"), None);
        queue.user = Some("ann".to_owned());
        queue.password = Some(password(directory.path(), word));
        open(&queue)
    };
    assert_eq!(waiting(&demand(&*with("/", "good-word"), 0).await), 5);
    let wrong = failure(&*with("/", "wrong-word")).await;
    assert!(
        wrong.contains("401") && wrong.contains("check the user \"ann\"") && wrong.contains("wrong-word.password"),
        "{wrong}"
    );
    let redirected = failure(&*with("/redirect", "good-word")).await;
    assert!(redirected.contains("redirects are not followed") && redirected.contains(&elsewhere), "{redirected}");
    assert_eq!(others.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn broken_answers_are_failures_in_plain_words() {
    let url = answering(|asked| match asked.target.as_str() {
        "/500" => Reply::Answer(500, "the  database\nis away".to_owned()),
        "/empty" => Reply::Answer(200, String::new()),
        "/words" => Reply::Answer(200, "<html>hello</html>".to_owned()),
        "/minus" => Reply::Answer(200, "-1".to_owned()),
        "/cut" => Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n1".to_vec()),
        "/cut-head" => Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent".to_vec()),
        "/nothing" => Reply::Raw(Vec::new()),
        "/other" => Reply::Raw(b"220 mail.example ESMTP\r\n".to_vec()),
        "/endless" => Reply::Endless,
        _ => Reply::Answer(200, "7".to_owned()),
    });
    for (path, words) in [
        ("/500", "HTTP status 500: \"the database is away\""),
        ("/empty", "it is empty"),
        ("/words", "\"<html>hello</html>\" is no number"),
        ("/minus", "\"-1\" is no number"),
        ("/cut", "closed the connection before"),
        ("/cut-head", "closed the connection before"),
        ("/nothing", "closed the connection before"),
        ("/other", "no HTTP"),
        ("/endless", "more than 67108864 bytes"),
    ] {
        let reason = failure(&*open(&queue(format!("{url}{path}"), None))).await;
        assert!(reason.contains(words), "{path}: {reason}");
        let with_field = failure(&*open(&queue(format!("{url}{path}"), Some("a")))).await;
        assert!(!with_field.is_empty());
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_left_in_time_and_the_number_grows_old() {
    let hangs = Arc::new(AtomicU64::new(0));
    let switch = Arc::clone(&hangs);
    let url = answering(move |_| match switch.load(Ordering::SeqCst) {
        0 => Reply::Answer(200, "4".to_owned()),
        _ => Reply::Never,
    });
    let mut short = access();
    short.limits.answer = Duration::from_millis(300);
    let source = open_source(&queue(url, None), &short).unwrap();
    assert_eq!(waiting(&demand(&*source, 100).await), 4);
    hangs.store(1, Ordering::SeqCst);
    let began = Instant::now();
    let (count, age, remarks) = stale(&*source, 145).await;
    assert_eq!((count, age), (4, 45));
    assert!(remarks.contains("no complete answer within 0.3 s"), "{remarks}");
    assert!(began.elapsed() < Duration::from_secs(30));
    hangs.store(0, Ordering::SeqCst);
    assert!(matches!(source.read(DEMAND, 160).await.demand, Reading::Fresh { .. } | Reading::Stale { .. }));
}

#[tokio::test]
async fn nobody_there_is_told() {
    let (address, port) = free_address();
    let refused = failure(&*open(&queue(format!("http://{address}:{port}"), None))).await;
    assert!(refused.contains(&format!("nobody listens at port {port}")), "{refused}");
    let unknown = failure(&*open(&queue("http://no-such-host.invalid".to_owned(), None))).await;
    assert!(unknown.contains("the name no-such-host.invalid is not known"), "{unknown}");
}
