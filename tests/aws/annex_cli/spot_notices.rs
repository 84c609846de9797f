//! A machine on spot capacity that is taken back: its jobs are told at once.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hoist::template::Templates;
use serde_json::{Value, json};

/// EC2's metadata service: it tells of the notice once there is one.
struct Metadata {
    endpoint: String,
    taken_back: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Metadata {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (taken_back, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (notice, count) = (Arc::clone(&taken_back), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &notice, &count);
            }
        });
        Self { endpoint, taken_back, asked }
    }
}

fn answer(mut stream: TcpStream, notice: &AtomicBool, count: &AtomicUsize) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
    let has_token = headers.iter().any(|line| line == "x-aws-ec2-metadata-token: the-token");
    let (status, body) = match first.split(' ').collect::<Vec<_>>().as_slice() {
        ["PUT", "/latest/api/token", ..] => ("200 OK", "the-token"),
        ["GET", "/latest/meta-data/spot/instance-action", ..] if has_token => {
            count.fetch_add(1, Ordering::SeqCst);
            match notice.load(Ordering::SeqCst) {
                true => ("200 OK", r#"{"action": "terminate", "time": "2026-12-01T17:00:00Z"}"#),
                false => ("404 Not Found", "no such thing"),
            }
        }
        _ => ("401 Unauthorized", ""),
    };
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The files of a machine, by their paths.
fn written(values: &Value) -> Vec<(String, String)> {
    let rendered = Templates::built_in().get("annex-worker").unwrap().render(values.as_object().unwrap()).unwrap();
    let config: Value = yaml_serde::from_str(&rendered).unwrap();
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
    config["write_files"].as_array().unwrap().iter().map(|one| (text(one, "path"), text(one, "content"))).collect()
}

fn values() -> Value {
    json!({
        "os": "debian-13", "annex": "foo", "annex_tag": "foo/0123456789ab", "pool": "example.org", "manager": "10.0.0.1",
        "pool_password_from": "s3://bucket/annexes/foo/0123456789ab/password", "spot": true
    })
}

struct Watch(Child);

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until it is so, for as long as a slow machine may take.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn jobs_are_told_to_leave_when_the_notice_comes_and_not_before() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    for (file, content) in written(&values()) {
        let Some(name) = file.strip_prefix("/var/lib/hoist/") else { continue };
        let here = place.path().display().to_string();
        let content =
            content.replace("/var/lib/hoist", &here).replace("PATH=/usr/local", &format!("PATH={here}:/usr/local"));
        executable(&path(name), &content);
    }
    let (drained, address) = (path("drained"), path("address"));
    fs::write(&address, "<10.0.0.7:9618>\nsecond line\n").unwrap();
    executable(&path("condor_config_val"), &format!("#!/bin/sh\necho {}\n", address.display()));
    // The startd is not there at the first call.
    let calls = format!(
        "#!/bin/sh\nif [ ! -e {0}.once ]; then : > {0}.once; exit 1; fi\nprintf '%s\\n' \"$@\" > {0}.new && mv {0}.new {0}\n",
        drained.display()
    );
    executable(&path("condor_drain"), &calls);
    let metadata = Metadata::start();
    let watch = Command::new("bash")
        .arg(path("spot.sh"))
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.endpoint)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut watch = Watch(watch);
    until("the notice is asked for", || metadata.asked.load(Ordering::SeqCst) >= 2);
    assert!(!drained.exists() && !path("drained.once").exists(), "nothing was taken back yet");
    metadata.taken_back.store(true, Ordering::SeqCst);
    until("the jobs are told to leave", || drained.exists());
    let told = fs::read_to_string(&drained).unwrap();
    let told: Vec<&str> = told.lines().collect();
    let reason = "the spot capacity is taken back";
    assert_eq!(told, ["-quick", "-exit-on-completion", "-reason", reason, "<10.0.0.7:9618>"]);
    assert!(watch.0.wait().unwrap().success());
}

#[test]
fn a_machine_on_demand_asks_for_no_notice() {
    let mut without = values();
    without["spot"] = json!(false);
    let has = |values: &Value| written(values).iter().any(|(path, _)| path.ends_with("/spot.sh"));
    assert_eq!((has(&values()), has(&without)), (true, false));
}
