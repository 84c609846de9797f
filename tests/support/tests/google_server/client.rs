//! A client that sends what it is told, right or wrong.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use hoist_test_support::google::{Faults, GoogleServer, IMAGE, PROJECT, ZONE};
use serde_json::{Value, json};

/// A server, and requests to it.
pub(crate) struct Client {
    pub server: GoogleServer,
    token: Option<&'static str>,
}

impl Client {
    pub(crate) fn new(faults: Faults) -> Option<Self> {
        Some(Self { server: GoogleServer::start(faults)?, token: None })
    }

    pub(crate) fn with_token(mut self, token: &'static str) -> Self {
        self.token = Some(token);
        self
    }

    /// Below `projects/PROJECT/`: the status, and the body.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> io::Result<(u16, Value)> {
        let endpoint = self.server.endpoint();
        let address = endpoint.strip_prefix("http://").unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut connection = TcpStream::connect(address)?;
        let authorization = self.token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"));
        let (length, base) = (body.len(), format!("/compute/v1/projects/{PROJECT}"));
        let path =
            if path.is_empty() || path.starts_with('?') { format!("{base}{path}") } else { format!("{base}/{path}") };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{authorization}\
             content-length: {length}\r\n\r\n"
        );
        connection.write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer breaks off");
        let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut)?;
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        if length != Some(body.len()) {
            return Err(cut());
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
        Ok((status, serde_json::from_str(body).unwrap_or_else(|_| json!(body))))
    }

    /// What is answered, well.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.send("GET", path, &Value::Null).unwrap();
        assert_eq!(status, 200, "{body:#}");
        body
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let (status, body) = self.send("POST", path, body).unwrap();
        assert_eq!(status, 200, "{body:#}");
        body
    }

    #[track_caller]
    pub(crate) fn delete(&self, path: &str) -> Value {
        let (status, body) = self.send("DELETE", path, &Value::Null).unwrap();
        assert_eq!(status, 200, "{body:#}");
        body
    }

    /// The status, the reason and the message of a refusal.
    #[track_caller]
    pub(crate) fn refused(&self, method: &str, path: &str, body: &Value) -> (u16, String, String) {
        let (status, body) = self.send(method, path, body).unwrap();
        let error = &body["error"];
        assert_eq!(error["code"], status, "{body:#}");
        assert_eq!(error["message"], error["errors"][0]["message"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (status, text(&error["errors"][0]["reason"]), text(&error["message"]))
    }

    /// Launches one in the usual zone.
    #[track_caller]
    pub(crate) fn insert(&self, body: &Value) -> Value {
        self.post(&format!("zones/{ZONE}/instances"), body)
    }

    /// How an operation of the usual zone stands.
    #[track_caller]
    pub(crate) fn operation(&self, operation: &Value) -> Value {
        self.get(&format!("zones/{ZONE}/operations/{}", operation["name"].as_str().unwrap()))
    }

    /// The status of an instance of the usual zone; none when it is not there.
    pub(crate) fn status(&self, name: &str) -> Option<String> {
        let (status, body) = self.send("GET", &format!("zones/{ZONE}/instances/{name}"), &Value::Null).unwrap();
        if status == 404 { None } else { body["status"].as_str().map(str::to_owned) }
    }

    /// The names in a list.
    #[track_caller]
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let list = self.get(path);
        list["items"].as_array().into_iter().flatten().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// What an instance is made of, as a bulk has it.
pub(crate) fn properties() -> Value {
    json!({
        "machineType": "e2-small",
        "disks": [{"boot": true, "autoDelete": true, "initializeParams": {"sourceImage": IMAGE}}],
        "networkInterfaces": [{"network": "global/networks/default"}],
    })
}

/// An instance of the usual zone, with these fields.
pub(crate) fn instance(name: &str, fields: Value) -> Value {
    let mut instance = properties();
    instance["name"] = json!(name);
    instance["machineType"] = json!(format!("zones/{ZONE}/machineTypes/e2-small"));
    instance.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap_or_default());
    instance
}
