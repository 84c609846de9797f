use std::sync::Arc;

use async_trait::async_trait;
use hoist::batch::{AwsAccess, AwsKeys, SourceAccess, SourceError, open_source};
use hoist::cloud::aws::api::{AwsConfig, AwsEnvironment, AwsSession};
use hoist::elastic::fleet::{FleetQueue, QueueKind};
use hoist_test_support::aws::Moto;
use hoist_test_support::loopback::free_address;
use hoist_test_support::skip::skip;
use serde_json::{Value as Json, json};

use crate::peers::{Reply, access, demand, failure, open, stale, waiting};

const REGION: &str = "eu-west-1";

/// Keys that are given.
struct Keys;

#[async_trait]
impl AwsAccess for Keys {
    async fn region(&self) -> Result<String, SourceError> {
        Ok(REGION.to_owned())
    }

    async fn keys(&self) -> Result<AwsKeys, SourceError> {
        Ok(AwsKeys { id: "AKIDEXAMPLE".to_owned(), secret: "a-secret-key".into(), token: None })
    }
}

fn queue(name: &str, url: Option<String>) -> FleetQueue {
    let mut queue = FleetQueue::new(QueueKind::Sqs);
    queue.queue = Some(name.to_owned());
    queue.url = url;
    queue
}

fn with(aws: Arc<dyn AwsAccess>) -> SourceAccess {
    SourceAccess { aws: Some(aws), ..access() }
}

/// Makes a call of SQS in moto, whose account all share; queues have names of their own.
fn call(moto: &Moto, operation: &str, input: Json) -> Json {
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261201/{REGION}/sqs/aws4_request, SignedHeaders=host, Signature=0"
    );
    let headers = [
        ("authorization", scope.as_str()),
        ("x-amz-target", &format!("AmazonSQS.{operation}")),
        ("content-type", "application/x-amz-json-1.0"),
        ("host", "localhost"),
    ];
    let mut head = String::from("POST / HTTP/1.0\r\n");
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    let body = input.to_string();
    let mut connection = std::net::TcpStream::connect(("127.0.0.1", moto.port())).unwrap();
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    std::io::Write::write_all(&mut connection, request.as_bytes()).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut connection, &mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(" 200 "), "{operation}: {answer}");
    serde_json::from_str(body).unwrap_or(Json::Null)
}

#[tokio::test]
async fn messages_that_can_be_received_wait() {
    let moto = match Moto::next() {
        Ok(moto) => moto,
        Err(why) => return skip(why),
    };
    let endpoint = format!("http://127.0.0.1:{}", moto.port());
    let made = call(moto, "CreateQueue", json!({ "QueueName": "hoist-work" }));
    let url = made["QueueUrl"].as_str().unwrap();
    for number in 0..5 {
        call(moto, "SendMessage", json!({ "QueueUrl": url, "MessageBody": number.to_string() }));
    }
    call(moto, "SendMessage", json!({ "QueueUrl": url, "MessageBody": "later", "DelaySeconds": 600 }));
    let source = open_source(&queue("hoist-work", Some(endpoint.clone())), &with(Arc::new(Keys))).unwrap();
    assert_eq!(waiting(&demand(&*source, 0).await), 5);
    call(moto, "ReceiveMessage", json!({ "QueueUrl": url, "MaxNumberOfMessages": 2, "VisibilityTimeout": 600 }));
    assert_eq!(waiting(&demand(&*source, 0).await), 3, "those in flight are being worked on");
    let by_url = format!("{endpoint}{}", &url[url.find("/1").unwrap()..]);
    let named = open_source(&queue(&by_url, None), &with(Arc::new(Keys))).unwrap();
    assert_eq!(waiting(&demand(&*named, 0).await), 3);
    let missing = open_source(&queue("hoist-wrok", Some(endpoint.clone())), &with(Arc::new(Keys))).unwrap();
    let missing = failure(&*missing).await;
    assert!(missing.contains("check the queue's name and the region, eu-west-1"), "{missing}");
    // With the credentials and the region of a session.
    let environment =
        AwsEnvironment::of([("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "a-secret-key")]);
    let config =
        AwsConfig { region: Some(REGION.to_owned()), endpoint: Some(endpoint.clone()), ..AwsConfig::default() };
    let session = AwsSession::new(config).environment(environment);
    let source = open_source(&queue("hoist-work", Some(endpoint)), &with(Arc::new(session))).unwrap();
    assert_eq!(waiting(&demand(&*source, 0).await), 3);
}

#[tokio::test]
async fn refusals_say_what_to_check() {
    let server = crate::peers::HttpServer::start(|asked| {
        assert!(
            asked
                .authorization
                .as_deref()
                .is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"))
        );
        assert!(!asked.body.contains("a-secret-key"));
        let code = asked.body.split('"').nth(3).unwrap_or_default();
        match code {
            "plain" => Reply::Answer(503, "busy".to_owned()),
            code => Reply::Answer(
                400,
                json!({ "__type": format!("com.amazonaws.sqs#{code}"), "message": "no" }).to_string(),
            ),
        }
    });
    for (code, words) in [
        ("AccessDeniedException", "allow sqs:GetQueueUrl"),
        ("SignatureDoesNotMatch", "this machine's clock"),
        ("InvalidClientTokenId", "check the credentials"),
        ("plain", "HTTP status 503: \"busy\""),
    ] {
        let source = open_source(&queue(code, Some(server.url())), &with(Arc::new(Keys))).unwrap();
        let reason = failure(&*source).await;
        assert!(reason.contains(words), "{code}: {reason}");
    }
    let Err(error) = open_source(&queue("work", None), &access()) else { panic!("it has no keys") };
    assert!(error.to_string().contains("no access to AWS"), "{error}");
}

#[tokio::test]
async fn nobody_there_leaves_the_last_number() {
    let (address, port) = free_address();
    let queue = queue("work", Some(format!("http://{address}:{port}")));
    let source = open_source(&queue, &with(Arc::new(Keys))).unwrap();
    assert!(failure(&*source).await.contains("connection refused"));
    let answers = move |asked: &crate::peers::Asked| match asked.body.contains("QueueName") {
        true => Reply::Answer(200, json!({ "QueueUrl": "http://sqs/1/work" }).to_string()),
        false => Reply::Answer(200, json!({ "Attributes": { "ApproximateNumberOfMessages": "8" } }).to_string()),
    };
    let server = crate::peers::HttpServer::start(answers);
    let mut other = queue.clone();
    other.url = Some(server.url());
    let source = open_source(&other, &with(Arc::new(Keys))).unwrap();
    assert_eq!(waiting(&demand(&*source, 10).await), 8);
    let _ = (stale, open);
}
