//! HTTP for clouds of tests: each request is carried out on a thread, and answered, answered late, or not at all.

mod half;

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use half::HalfBody;

/// How long the end of a server waits for calls that it still carries out.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// What answers requests.
pub(crate) trait Service: Send + Sync + 'static {
    /// Carries a request out. It may take its time, and is called from several threads at once.
    fn reply(&self, asked: &Asked) -> Reply;

    /// Is told that `reply` panicked.
    fn broke(&self, why: String);

    /// By how many seconds the dates of answers are ahead of this machine's clock.
    fn clock_ahead(&self) -> i64 {
        0
    }
}

/// A request as it came.
pub(crate) struct Asked {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    /// The value of a header, by its name in lower case; empty without it.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }
}

/// What is answered.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// How a request ends.
pub(crate) enum Reply {
    Answer(Answer),
    Late(Answer, Duration),
    Half(Answer),
    Cut,
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, io::Error>;

/// A thread that serves a cloud on a port of loopback until it is dropped.
pub(crate) struct Server {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(cloud: Arc<dyn Service>) -> io::Result<Self> {
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

async fn serve(listener: std::net::TcpListener, cloud: Arc<dyn Service>) {
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
async fn respond(cloud: Arc<dyn Service>, request: Request<Incoming>) -> io::Result<Response<Body>> {
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
    let answering = Arc::clone(&cloud);
    let reply = tokio::task::spawn_blocking(move || answering.reply(&asked)).await.map_err(|error| {
        cloud.broke(error.to_string());
        io::Error::other(error)
    })?;
    let ahead = cloud.clock_ahead();
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
    builder.body(HalfBody::new(half).boxed_unsync()).map_err(io::Error::other)
}
