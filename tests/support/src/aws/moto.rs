//! Moto servers, in a virtual environment below the target directory, for the tests of one process.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::http::Answer;
use crate::python;

/// moto and all that it needs, with versions.
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Serves moto; it ends with its standard input, that is, with this process however that ends.
const SERVER: &str = include_str!("server.py");
const SERVER_FILE: &str = "server.py";

/// Files with what moto lacks, which the server loads.
const FILES: [(&str, &str); 5] = [
    (SERVER_FILE, SERVER),
    ("formation.py", include_str!("formation.py")),
    ("authorize.py", include_str!("authorize.py")),
    ("stacks.py", include_str!("stacks.py")),
    ("permission.py", include_str!("permission.py")),
];

/// The longest that one of moto's answers may take: a thousand instances take it three seconds, and minutes where many
/// others ask at the same time.
const ANSWER_LIMIT: Duration = Duration::from_secs(400);

/// What moto checks only when told to.
const STRICT: [&str; 3] =
    ["MOTO_ENABLE_AMI_VALIDATION", "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION", "MOTO_ENABLE_KEYPAIR_VALIDATION"];

/// How many servers a process has at most. Each computes on one processor alone, which many tests at once would wait for.
const SERVERS: usize = 4;

/// A moto server of this test process.
pub struct Moto {
    port: u16,
    /// What moto itself says, traces of its errors among it.
    pub log: PathBuf,
    _server: Child,
}

impl Moto {
    /// The server whose turn it is, of those that all tests of this process share; each is started at its first turn.
    pub fn next() -> Result<&'static Self, &'static str> {
        static SHARED: [OnceLock<Result<Moto, String>>; SERVERS] = [const { OnceLock::new() }; SERVERS];
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed) % SERVERS;
        SHARED[number].get_or_init(|| Self::start(number)).as_ref().map_err(String::as_str)
    }

    /// A server for tests that change what holds for all accounts of one, as whether it looks at who calls.
    pub fn apart() -> Result<&'static Self, &'static str> {
        static APART: OnceLock<Result<Moto, String>> = OnceLock::new();
        APART.get_or_init(|| Self::start(SERVERS)).as_ref().map_err(String::as_str)
    }

    fn start(number: usize) -> Result<Self, String> {
        let environment = python::environment("moto", REQUIREMENTS, &FILES)?;
        let text = |error: io::Error| format!("moto: {error}");
        let test = std::env::current_exe().map_err(text)?;
        let test = test.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let log = environment.with_file_name(format!("moto-{test}-{number}.log"));
        let mut server = Command::new(environment.join("bin/python"))
            .arg(environment.join(SERVER_FILE))
            .envs(STRICT.map(|name| (name, "1")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).map_err(text)?)
            .spawn()
            .map_err(text)?;
        let mut line = String::new();
        let said = server.stdout.take().ok_or("moto has no output")?;
        BufReader::new(said).read_line(&mut line).map_err(text)?;
        let port = line
            .trim()
            .parse()
            .map_err(|_| format!("moto did not start: {}", fs::read_to_string(&log).unwrap_or_default().trim()))?;
        Ok(Self { port, log, _server: server })
    }

    /// Where it listens, on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// An account that nobody else of this process has.
    pub fn account(&'static self) -> MotoAccount {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = format!("{:012}", 100_000_000_000 + NEXT.fetch_add(1, Ordering::Relaxed));
        MotoAccount { port: self.port, number }
    }
}

/// One account in moto. It is forgotten, with all that is in it, when it is dropped.
#[derive(Debug)]
pub struct MotoAccount {
    port: u16,
    pub number: String,
}

impl Drop for MotoAccount {
    fn drop(&mut self) {
        let _ = self.exchange("POST", &format!("/peers/forget/{}", self.number), &[], b"");
    }
}

impl MotoAccount {
    /// One request and its answer, in this account.
    pub fn exchange(
        &self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let mut head = format!("{method} {target} HTTP/1.0\r\nx-moto-account-id: {}\r\n", self.number);
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "content-length: {}\r\n\r\n", body.len());
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(ANSWER_LIMIT))?;
        connection.write_all(&[head.as_bytes(), body].concat())?;
        read_answer(&mut BufReader::new(connection), method != "HEAD")
    }
}

/// Reads as much as the answer says it has: its end comes before that of the connection.
fn read_answer(connection: &mut impl BufRead, has_body: bool) -> io::Result<Answer> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("moto's answer has no {what}"));
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| invalid("status"))?;
    let mut headers = Vec::new();
    loop {
        line.clear();
        connection.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut body = Vec::new();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    match length {
        // It tells the length of what it would have sent.
        _ if !has_body => {}
        Some(length) => {
            connection.take(length).read_to_end(&mut body)?;
            if body.len() as u64 != length {
                return Err(invalid("end"));
            }
        }
        None => drop(connection.read_to_end(&mut body)?),
    }
    Ok(Answer { status, headers, body })
}
