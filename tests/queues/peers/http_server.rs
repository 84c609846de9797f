//! A small HTTP server whose answers a test decides, and a client for single requests.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hoist_test_support::loopback::next_address;

/// The longest that a request may take, on a machine that others use too.
const LONGEST: Duration = Duration::from_secs(60);

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

/// How a request is answered.
pub(crate) enum Reply {
    /// With a status and a body, over a connection that stays.
    Answer(u16, String),
    /// The same with further headers.
    Headed(u16, Vec<(&'static str, String)>, String),
    /// With these bytes, and the end of the connection.
    Raw(Vec<u8>),
    /// With a head, and a body that never ends.
    Endless,
    /// Not at all.
    Never,
}

type Decide = dyn Fn(&Asked) -> Reply + Send + Sync;

/// A server on an address of its own, until the test's process ends.
pub(crate) struct HttpServer {
    pub(crate) address: Ipv4Addr,
    pub(crate) port: u16,
}

impl HttpServer {
    pub(crate) fn start(decide: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let address = next_address();
        let listener = TcpListener::bind((address, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let decide: Arc<Decide> = Arc::new(decide);
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let decide = Arc::clone(&decide);
                std::thread::spawn(move || drop(serve(connection, &*decide)));
            }
        });
        Self { address, port }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}:{}", self.address, self.port)
    }
}

fn serve(connection: TcpStream, decide: &Decide) -> std::io::Result<()> {
    let mut writer = connection.try_clone()?;
    let mut reader = BufReader::new(connection);
    while let Some(asked) = read(&mut reader)? {
        match decide(&asked) {
            Reply::Answer(status, body) => answer(&mut writer, status, &[], &body)?,
            Reply::Headed(status, headers, body) => answer(&mut writer, status, &headers, &body)?,
            Reply::Raw(bytes) => return writer.write_all(&bytes),
            Reply::Endless => {
                writer.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
                // Until the other side has had enough.
                loop {
                    writer.write_all(&[b'1'; 65536])?;
                }
            }
            Reply::Never => drop(reader.read_line(&mut String::new())?),
        }
    }
    Ok(())
}

fn answer(writer: &mut TcpStream, status: u16, headers: &[(&str, String)], body: &str) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} Word\r\ncontent-length: {}\r\n", body.len());
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    writer.write_all(format!("{head}\r\n{body}").as_bytes())
}

fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (mut authorization, mut length) = (None, 0);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = Some(value.trim().to_owned()),
            "content-length" => length = value.trim().parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(Asked { method, target, authorization, body }))
}

/// Makes one request: status and body. `None`: nobody answers.
pub(crate) fn exchange(
    address: Ipv4Addr,
    port: u16,
    method: &str,
    target: &str,
    login: Option<(&str, &str)>,
    body: &str,
) -> Option<(u16, String)> {
    let mut connection = TcpStream::connect((address, port)).ok()?;
    connection.set_read_timeout(Some(LONGEST)).ok()?;
    let login = login.map(|(user, password)| STANDARD.encode(format!("{user}:{password}")));
    let login = login.map(|login| format!("authorization: Basic {login}\r\n")).unwrap_or_default();
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.0\r\nhost: {address}\r\n{login}content-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    );
    connection.write_all(format!("{head}{body}").as_bytes()).ok()?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}
