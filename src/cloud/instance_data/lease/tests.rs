use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hoist_test_support::judges::lint_shells;
use jiff::SignedDuration;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::*;

/// What must come about comes about within this.
const PATIENCE: Duration = Duration::from_secs(60);

fn in_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second() + seconds).unwrap()
}

/// A metadata service on this machine, with one tag. None: it does not answer.
struct Metadata {
    address: String,
    tag: Arc<Mutex<Option<String>>>,
}

impl Metadata {
    fn start(tag: Option<Timestamp>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let tag = Arc::new(Mutex::new(tag.map(|end| end.to_string())));
        let told = tag.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A reader that went away is not answered.
                let _ = answer(&stream, told.lock().unwrap().as_deref());
            }
        });
        Self { address, tag }
    }

    fn tell(&self, tag: Option<&str>) {
        *self.tag.lock().unwrap() = tag.map(str::to_owned);
    }
}

/// Answers one request as EC2 does: the tag only to those who have a token.
fn answer(mut stream: &TcpStream, tag: Option<&str>) -> std::io::Result<()> {
    let Some(tag) = tag else { return Ok(()) };
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let headers: Vec<String> = lines.map(|line| line.to_ascii_lowercase()).collect();
    let has = |header: &str| headers.iter().any(|line| line == header);
    let body = if first.starts_with("PUT /latest/api/token ") && has("x-aws-ec2-metadata-token-ttl-seconds: 60") {
        "a-token"
    } else if first.starts_with("GET /latest/meta-data/tags/instance/hoist:expires-at ")
        && has("x-aws-ec2-metadata-token: a-token")
    {
        tag
    } else {
        return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// The boot hook at work. It is ended when this is dropped.
struct Hook {
    directory: tempfile::TempDir,
    process: Child,
}

impl Hook {
    /// Starts the hook; instead of powering this machine off it makes a file. `client` is the program that asks.
    fn start(end: Timestamp, metadata: &Metadata, patience: u64, client: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().display();
        let mut script = renewed(end, LeaseSource::Ec2Tag);
        for (is, instead) in [
            ("run=/run/hoist\n", format!("run={place}/run\n")),
            ("lock=/run/hoist-lease\n", format!("lock={place}/lock\n")),
            ("patience=600\n", format!("patience={patience}\n")),
            ("metadata=http://169.254.169.254\n", format!("metadata={}\n", metadata.address)),
            (
                "(\n  trap '' HUP\n",
                format!(
                    "shutdown() {{ : >{place}/off; exit 0; }}\nlogger() {{ :; }}\nsleep() {{ env sleep 0.1; }}\n\
                 command() {{ [ \"$2\" = {client} ]; }}\n(\n"
                ),
            ),
        ] {
            assert_eq!(script.matches(is).count(), 1, "{is}");
            script = script.replace(is, &instead);
        }
        let process = Command::new("sh").args(["-c", &script]).process_group(0).spawn().unwrap();
        Self { directory, process }
    }

    fn is_off(&self) -> bool {
        self.directory.path().join("off").exists()
    }

    fn lease(&self) -> Option<Timestamp> {
        let file: PathBuf = self.directory.path().join("run/lease");
        std::fs::read_to_string(file).ok()?.trim_end().parse().ok()
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        // Of a hook that has ended nothing is left.
        let _ = killpg(Pid::from_raw(self.process.id().cast_signed()), Signal::SIGKILL);
        let _ = self.process.wait();
    }
}

fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let give_up = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < give_up, "it did not come about that {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn follows_its_tag(client: &str) {
    let (first, later) = (in_seconds(2), in_seconds(3600));
    let metadata = Metadata::start(Some(later));
    let hook = Hook::start(first, &metadata, 600, client);
    eventually("the file has the end of the tag", || hook.lease() == Some(later));
    eventually("the first end passes", || Timestamp::now() > first + SignedDuration::from_secs(1));
    assert!(!hook.is_off());
    // What is no time changes nothing; neither does a service that does not answer.
    for tag in [Some("tomorrow"), Some("$(touch off)"), None] {
        metadata.tell(tag);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!((hook.lease(), hook.is_off()), (Some(later), false), "{tag:?}");
    }
    metadata.tell(Some(&in_seconds(1).to_string()));
    eventually("it is off", || hook.is_off());
    assert_ne!(hook.lease(), Some(later));
}

#[test]
fn a_machine_follows_its_tag_by_curl() {
    follows_its_tag("curl");
}

#[test]
fn a_machine_follows_its_tag_by_python() {
    follows_its_tag("python3");
}

#[test]
fn without_an_answer_the_last_known_end_holds_after_a_while() {
    let metadata = Metadata::start(None);
    let (began, end) = (Instant::now(), in_seconds(1));
    let hook = Hook::start(end, &metadata, 4, "curl");
    eventually("the file has the end", || hook.lease() == Some(end));
    eventually("it is off", || hook.is_off());
    // Seconds are whole ones, and the time without an answer is counted from the one before the start.
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn the_boot_hooks_pass_shellcheck() {
    let script = |text: String| text.split_once('\n').unwrap().1.to_owned();
    let hooks = [("fixed", fixed(in_seconds(60))), ("renewed", renewed(in_seconds(60), LeaseSource::Ec2Tag))];
    lint_shells(&hooks.map(|(name, text)| (name.to_owned(), script(text))).into());
}
