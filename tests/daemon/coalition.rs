//! A stand-in for coalition's server: every instance of a station is a worker, which can be stopped and started.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use hoist_test_support::loopback::next_address;
use serde_json::{Value as Json, json};

/// It serves until the test's process ends. The files `waiting` and `busy` of the station say how many jobs wait, and
/// whether each worker has one; while there is a file `silent`, it answers nothing.
#[derive(Clone)]
pub(crate) struct Coalition {
    root: PathBuf,
    url: String,
    stopped: Arc<Mutex<BTreeSet<String>>>,
}

impl Coalition {
    pub(crate) fn start(root: &Path) -> Self {
        let listener = TcpListener::bind((next_address(), 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { root: root.to_owned(), url, stopped: Arc::default() };
        let served = server.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let served = served.clone();
                std::thread::spawn(move || drop(served.serve(connection)));
            }
        });
        server
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Whether a worker is given no more jobs.
    pub(crate) fn is_stopped(&self, worker: &str) -> bool {
        self.stopped.lock().unwrap().contains(worker)
    }

    fn serve(&self, connection: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(connection.try_clone()?);
        let mut writer = connection;
        loop {
            let mut first = String::new();
            if reader.read_line(&mut first)? == 0 {
                return Ok(());
            }
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line)?;
                if line.trim().is_empty() {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            if self.root.join("silent").exists() {
                return Ok(());
            }
            let mut words = first.split_whitespace();
            let answer = self.answer(words.next().unwrap_or(""), words.next().unwrap_or(""), &body).to_string();
            write!(writer, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len())?;
        }
    }

    fn answer(&self, method: &str, target: &str, body: &[u8]) -> Json {
        let file = |name: &str| fs::read_to_string(self.root.join(name)).unwrap_or_default();
        let mut stopped = self.stopped.lock().unwrap();
        match (method, target) {
            ("GET", "/api/jobs") => {
                let job = |id: u32| json!({"id": id, "state": "WAITING", "command": "render", "affinity": ""});
                (0..file("waiting").trim().parse().unwrap_or(0)).map(job).collect()
            }
            ("GET", "/api/workers") => {
                let state = if file("busy").trim() == "0" { "WAITING" } else { "WORKING" };
                let instances = fs::read_dir(self.root.join("state/local/instances"));
                let names =
                    instances.into_iter().flatten().flatten().filter_map(|it| it.file_name().into_string().ok());
                let worker = |name: String| {
                    json!({"name": name, "state": state, "active": i32::from(!stopped.contains(&name)), "affinity": "",
                        "ip": "127.0.0.7", "last_job": 12, "ping_time": 1_700_000_000, "finished": 3, "error": 0})
                };
                names.map(worker).collect()
            }
            ("POST", "/api/workers") => {
                let wanted: Json = serde_json::from_slice(body).unwrap();
                for (name, values) in wanted.as_object().unwrap() {
                    match values["active"].as_i64().or(values["active"].as_bool().map(i64::from)) {
                        Some(0) => drop(stopped.insert(name.clone())),
                        _ => drop(stopped.remove(name)),
                    }
                }
                json!(1)
            }
            _ => json!(1),
        }
    }
}
