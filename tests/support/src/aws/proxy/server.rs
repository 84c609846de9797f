//! The proxy's HTTP: each request is carried out on a thread, and answered, answered late, or not at all.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::error::AwsError;
use super::faults::Effect;
use super::limits::reads;
use super::log::Call;
use super::parameters::Parameters;
use super::region::Region;
use super::shared::{Moment, Shared};
use crate::aws::Answer;

/// How long the end of a proxy waits for calls that it still carries out.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// All that a proxy is, behind its address.
pub(super) struct Cloud {
    pub shared: Arc<Shared>,
    pub regions: Mutex<BTreeMap<String, Arc<Region>>>,
}

/// A request as it came.
struct Asked {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// How a request ends.
enum Reply {
    Answer(Answer),
    Late(Answer, Duration),
    Half(Answer),
    Cut,
}

impl Cloud {
    pub(super) fn region(&self, name: &str) -> Arc<Region> {
        let mut regions = self.regions.lock().unwrap();
        let region = regions.entry(name.to_owned());
        Arc::clone(region.or_insert_with(|| Arc::new(Region::new(name, Arc::clone(&self.shared)))))
    }

    fn reply(&self, asked: &Asked) -> Reply {
        let call = self.call(asked);
        let (service, request) = (call.service.clone(), self.shared.request_id());
        let faults = self.shared.faults();
        let (place, before) = self.shared.log.enter(call.clone());
        let mut effect = faults.effect_on(&call.action, before);
        if effect.is_none() && faults.limits && service == "ec2" {
            let region = self.region(&call.region);
            let taken = region.limits.lock().unwrap().take(&call.action, &call.parameters, call.at);
            effect = taken.is_err().then(Effect::throttled);
        }
        if faults.closed_region == Some(call.region.as_str()) && service == "ec2" {
            let why =
                "You are not authorized to perform this operation, with an explicit deny in a service control policy.";
            effect = Some(Effect::error("UnauthorizedOperation", why));
        }
        self.shared.log.change(place, |call| call.effect.clone_from(&effect));
        self.watch(&call, Moment::Come);
        let early = match &effect {
            Some(Effect::Error { status, code, message }) => {
                Some(error(*status, code, message).answer(&service, &request))
            }
            Some(Effect::Page(status)) => Some(page(*status)),
            Some(Effect::LostBefore) => return Reply::Cut,
            _ => None,
        };
        if let Some(answer) = early {
            self.note(place, &answer);
            return Reply::Answer(answer);
        }
        self.shared.log.change(place, |call| call.carried_out = true);
        let answer = self.carried_out(asked, &call, &request);
        self.watch(&call, Moment::Done);
        let reply = match effect {
            Some(Effect::LostAfter) => return Reply::Cut,
            Some(Effect::CutShort) => return Reply::Half(answer),
            Some(Effect::ErrorAfterwards { status, code, message }) => {
                Reply::Answer(error(status, &code, &message).answer(&service, &request))
            }
            Some(Effect::Slow(time)) => Reply::Late(answer, time),
            _ => Reply::Answer(answer),
        };
        if let Reply::Answer(answer) | Reply::Late(answer, _) = &reply {
            self.note(place, answer);
        }
        reply
    }

    fn carried_out(&self, asked: &Asked, call: &Call, request: &str) -> Answer {
        if let Some(refusal) = self.shared.refusal(&asked.method, &asked.target, asked.header("authorization"), call) {
            return refusal.answer(&call.service, request);
        }
        if call.service == "ec2" {
            let done = self.region(&call.region).perform(&call.action, &call.parameters);
            return done.unwrap_or_else(|error| error.answer("ec2", request));
        }
        let forward = || self.shared.send(&asked.method, &asked.target, &asked.headers, &asked.body);
        let answer = match call.service.as_str() {
            "cloudformation" => self.shared.stack_call(call, request, &forward),
            "servicequotas" => self.shared.quota_call(call, request),
            _ => forward(),
        };
        // A look at a stack brings it on.
        if !reads(&call.action) || call.service == "cloudformation" {
            // Other services make and end instances, too.
            self.region(&call.region).inventory.lock().unwrap().stale = super::inventory::Stale::Everything;
        }
        answer
    }

    fn watch(&self, call: &Call, moment: Moment) {
        let watcher = self.shared.watcher.lock().unwrap().clone();
        if let Some(watcher) = watcher {
            watcher(call, moment);
        }
    }

    fn note(&self, place: usize, answer: &Answer) {
        let error = AwsError::from_answer(answer);
        self.shared.log.change(place, |call| {
            call.status = Some(answer.status);
            call.error = error.map(|error| error.code);
        });
    }

    fn call(&self, asked: &Asked) -> Call {
        let query = asked.target.split_once('?').map_or("", |(_, query)| query);
        let form = asked.header("content-type").starts_with("application/x-www-form-urlencoded");
        let mut parameters = Parameters::parse(query.as_bytes());
        if form {
            parameters.0.extend(Parameters::parse(&asked.body).0);
        }
        if asked.header("content-type").starts_with("application/x-amz-json") {
            parameters.0.extend(Parameters::of_json(&asked.body).0);
        }
        // Credential=KEY/DATE/REGION/SERVICE/aws4_request
        let scope = asked.header("authorization").split_once("Credential=").map_or("", |(_, scope)| scope);
        // What is signed in its address says so there.
        let signed = parameters.get("X-Amz-Credential").unwrap_or_default().to_owned();
        let scope = if scope.is_empty() { signed.as_str() } else { scope };
        let scope: Vec<&str> = scope.split(',').next().unwrap_or_default().split('/').collect();
        let part = |index: usize, default: &str| scope.get(index).copied().unwrap_or(default).to_owned();
        let target = asked.header("x-amz-target").rsplit('.').next().unwrap_or_default();
        let path = format!("{} {}", asked.method, asked.target.split('?').next().unwrap_or_default());
        let named = parameters.get("Action").or(Some(target).filter(|name| !name.is_empty()));
        let operation = (part(3, "ec2") == "s3").then(|| storage_operation(&asked.method, &parameters));
        let named = operation.or(named);
        Call {
            service: part(3, "ec2"),
            region: part(2, "us-east-1"),
            action: named.map_or(path, str::to_owned),
            parameters,
            at: self.shared.now(),
            status: None,
            error: None,
            effect: None,
            carried_out: false,
        }
    }
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }
}

/// What a request asks of the store of objects (Amazon S3 API reference), as far as it is used here.
fn storage_operation(method: &str, parameters: &Parameters) -> &'static str {
    match method {
        "PUT" => "PutObject",
        "DELETE" => "DeleteObject",
        "HEAD" => "HeadObject",
        "GET" if parameters.get("list-type") == Some("2") => "ListObjectsV2",
        "GET" => "GetObject",
        _ => "another operation",
    }
}

fn error(status: u16, code: &str, message: &str) -> AwsError {
    AwsError { status, code: code.to_owned(), message: message.to_owned() }
}

/// What a load balancer answers when nothing is behind it.
fn page(status: u16) -> Answer {
    let body = "<html><head><title>Service Unavailable</title></head><body><h1>Http/1.1 Service Unavailable</h1></body></html>";
    let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
    Answer { status, headers, body: body.as_bytes().to_vec() }
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, io::Error>;

/// A thread that serves a cloud on a port of loopback until it is dropped.
pub(super) struct Server {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(cloud: Arc<Cloud>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, cloud) => {}
                    _ = stopped => {}
                }
            });
            runtime.shutdown_timeout(CALL_LIMIT);
        });
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(listener: std::net::TcpListener, cloud: Arc<Cloud>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    while let Ok((connection, _)) = listener.accept().await {
        let _ = connection.set_nodelay(true);
        let cloud = Arc::clone(&cloud);
        let service = service_fn(move |request| respond(Arc::clone(&cloud), request));
        // A connection that is cut, by either side, is none of the server's business.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
    }
}

/// An error cuts the connection.
async fn respond(cloud: Arc<Cloud>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
    let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let passed = |(name, _): &(String, String)| {
        !matches!(name.as_str(), "content-length" | "connection" | "transfer-encoding" | "expect")
    };
    let asked = Asked {
        method: head.method.to_string(),
        target: head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        headers: head.headers.iter().filter_map(header).filter(passed).collect(),
        body,
    };
    let shared = Arc::clone(&cloud.shared);
    let reply = tokio::task::spawn_blocking(move || cloud.reply(&asked)).await.map_err(|error| {
        shared.log.note_break(format!("the proxy: {error}"));
        io::Error::other(error)
    })?;
    let ahead = shared.faults().clock_ahead;
    let mut response = match reply {
        Reply::Answer(answer) => response(answer),
        Reply::Late(answer, time) => {
            tokio::time::sleep(time).await;
            response(answer)
        }
        Reply::Half(answer) => half(answer),
        Reply::Cut => Err(io::Error::other("cut")),
    }?;
    if ahead != 0 {
        let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead);
        let date =
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).map_err(io::Error::other)?;
        response.headers_mut().insert("date", date.parse().map_err(io::Error::other)?);
    }
    Ok(response)
}

fn head(answer: &Answer) -> hyper::http::response::Builder {
    let kept = |name: &str| !matches!(name, "content-length" | "connection" | "date" | "server" | "transfer-encoding");
    let mut builder = Response::builder().status(answer.status);
    for (name, value) in answer.headers.iter().filter(|(name, _)| kept(name)) {
        builder = builder.header(name, value);
    }
    builder
}

fn response(answer: Answer) -> io::Result<Response<Body>> {
    let builder = head(&answer);
    let body = Full::new(Bytes::from(answer.body)).map_err(|never: Infallible| match never {});
    builder.body(body.boxed_unsync()).map_err(io::Error::other)
}

/// The length of all of an answer, half of it, and then an error, which cuts the connection.
fn half(answer: Answer) -> io::Result<Response<Body>> {
    let builder = head(&answer).header("content-length", answer.body.len());
    let half = Bytes::copy_from_slice(&answer.body[..answer.body.len() / 2]);
    builder.body(HalfBody { half: Some(half), flushed: false }.boxed_unsync()).map_err(io::Error::other)
}

/// A body that breaks off.
struct HalfBody {
    half: Option<Bytes>,
    flushed: bool,
}

impl hyper::body::Body for HalfBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        // What was written is sent only while there is nothing more to write.
        if !std::mem::replace(&mut self.flushed, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::Error::other("cut"))))
    }
}
