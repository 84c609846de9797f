//! The part of user data that a machine without cloud-init understands.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a machine takes from its user data.
#[derive(Debug, Default)]
pub struct UserData {
    /// The two halves of the ed25519 host key.
    pub host_key: Option<(String, String)>,
    pub authorized_keys: Vec<String>,
    /// What is to be run once the machine is up.
    pub script: String,
}

impl UserData {
    pub fn read(raw: &[u8]) -> Self {
        let mut found = Self::default();
        found.part(&unpacked(raw));
        found
    }

    fn part(&mut self, content: &[u8]) {
        let text = String::from_utf8_lossy(content);
        if text.starts_with("#cloud-config") {
            self.cloud_config(&text);
        } else if text.starts_with("#!") {
            self.script.push_str(&format!("cat > /run/user-script <<'#end of script'\n{text}\n#end of script\n"));
            self.script.push_str("chmod 700 /run/user-script && /run/user-script\n");
        } else if text.starts_with("Content-Type: multipart") || text.starts_with("MIME-Version:") {
            self.multipart(&text);
        } else if text.starts_with("#cloud-boothook") {
            // It would turn off the machine that the test runs on.
        } else {
            assert!(text.trim().is_empty(), "user data of a kind that no machine understands: {text}");
        }
    }

    fn multipart(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n");
        let boundary = text.split("boundary=").nth(1).and_then(|rest| rest.lines().next()).unwrap();
        let boundary = boundary.trim().trim_matches('"');
        for part in text.split(&format!("\n--{boundary}")).skip(1).take_while(|part| !part.starts_with("--")) {
            let (head, body) = part.trim_start_matches('\n').split_once("\n\n").unwrap();
            let head = head.to_ascii_lowercase();
            if head.contains("content-transfer-encoding: base64") {
                self.part(&unpacked(&base64(body)));
            } else {
                self.part(body.as_bytes());
            }
        }
    }

    fn cloud_config(&mut self, text: &str) {
        let config: serde_json::Value = yaml_serde::from_str(text).unwrap();
        let key = |half: &str| config["ssh_keys"][half].as_str().map(str::to_owned);
        if let (Some(private), Some(public)) = (key("ed25519_private"), key("ed25519_public")) {
            self.host_key = Some((private, public));
        }
        let texts = |value: &serde_json::Value| -> Vec<String> {
            value.as_array().into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
        };
        self.authorized_keys.extend(texts(&config["ssh_authorized_keys"]));
        for kind in ["bootcmd", "runcmd"] {
            for command in config[kind].as_array().into_iter().flatten() {
                let line = match command.as_str() {
                    Some(line) => line.to_owned(),
                    None => texts(command)
                        .iter()
                        .map(|word| format!("'{}'", word.replace('\'', r"'\''")))
                        .collect::<Vec<_>>()
                        .join(" "),
                };
                self.script.push_str(&format!("{line}\n"));
            }
        }
    }
}

fn unpacked(raw: &[u8]) -> Vec<u8> {
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return raw.to_vec();
    }
    let mut content = Vec::new();
    flate2::read::GzDecoder::new(raw).read_to_end(&mut content).unwrap();
    content
}

fn base64(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    STANDARD.decode(digits).unwrap()
}
