//! What rendered user data holds, unpacked.

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// User data of one part as cloud-init sees it: out of its message, unpacked.
pub(crate) fn config(user_data: &[u8]) -> String {
    let text = String::from_utf8(user_data.to_vec()).expect("the web pages of clouds take only text");
    if !text.starts_with("Content-Type: multipart/mixed") {
        return text;
    }
    let (_, part) = text.split_once("Content-Transfer-Encoding: base64\n\n").unwrap();
    let (digits, _) = part.split_once("\n--").unwrap();
    String::from_utf8(gunzip(&digits.replace('\n', ""))).unwrap()
}

/// Text that is compressed and then in base64.
fn gunzip(digits: &str) -> Vec<u8> {
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&STANDARD.decode(digits).unwrap()[..]).read_to_end(&mut unpacked).unwrap();
    unpacked
}

/// The files that a cloud-config writes, by path.
pub(crate) fn written(config: &str) -> BTreeMap<String, String> {
    let config: Value = yaml_serde::from_str(config).unwrap_or_else(|error| panic!("{error}\n{config}"));
    let entries = config["write_files"].as_array().unwrap().iter().map(|entry| {
        let content = entry["content"].as_str().unwrap_or_else(|| panic!("{entry}"));
        let content = match entry.get("encoding").map(|encoding| encoding.as_str().unwrap()) {
            None => content.to_owned(),
            Some("gz+b64") => String::from_utf8(gunzip(content)).unwrap(),
            Some(other) => panic!("{other}"),
        };
        (entry["path"].as_str().unwrap().to_owned(), content)
    });
    entries.collect()
}

/// The words of the commands that a cloud-config runs.
pub(crate) fn commands(config: &str) -> Vec<Vec<String>> {
    let config: Value = yaml_serde::from_str(config).unwrap();
    let words = |command: &Value| {
        command.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    config["runcmd"].as_array().unwrap().iter().map(words).collect()
}

/// The user data that the configuration of elastiq holds, by Python's own reader, which knows `%` as elastiq's does;
/// and all of its keys by section.
pub(crate) fn elastiq(conf: &str) -> (String, BTreeMap<String, BTreeMap<String, String>>) {
    const READ: &str = "import configparser, json, sys\n\
        c = configparser.ConfigParser(inline_comment_prefixes=(';',))\n\
        c.read_string(sys.stdin.read())\n\
        print(json.dumps({s: dict(c.items(s)) for s in c.sections()}))";
    let mut python = std::process::Command::new("python3");
    python.args(["-c", READ]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut python = python.spawn().unwrap();
    std::io::Write::write_all(&mut python.stdin.take().unwrap(), conf.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{conf}");
    let read: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_slice(&output.stdout).unwrap();
    let user_data = STANDARD.decode(&read["ec2"]["user_data_b64"]).unwrap();
    (String::from_utf8(user_data).unwrap(), read)
}
