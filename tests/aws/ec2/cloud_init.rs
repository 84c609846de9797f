//! What machines are given, read by cloud-init itself.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use hoist::provider::Cloud;

use crate::ec2::lab::{Lab, Setting, request, run, token};
use hoist_test_support::aws::{Faults, REGION};

/// Takes user data apart as a machine does, and prints types and contents of its parts as JSON.
const TAKE_APART: &str = r#"
import base64, json, sys
from cloudinit import user_data, helpers, settings
paths = helpers.Paths(settings.CFG_BUILTIN["system_info"]["paths"])
message = user_data.UserDataProcessor(paths).process(sys.stdin.buffer.read())
parts = [part for part in message.walk() if not part.is_multipart()]
shown = [[part.get_content_type(), base64.b64encode(part.get_payload(decode=True)).decode()] for part in parts]
print(json.dumps(shown))
"#;

/// The Python that the installed cloud-init runs on; `None`, said loudly, where there is no cloud-init.
fn python() -> Option<String> {
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|directory| directory.join("cloud-init")).find(|file| file.is_file())
    });
    let text = found.and_then(|file| std::fs::read_to_string(file).ok());
    let python =
        text.as_deref().and_then(|text| text.lines().next()?.strip_prefix("#!").map(|line| line.trim().to_owned()));
    if python.is_none() {
        hoist_test_support::skip::skip("no cloud-init");
    }
    python
}

/// Content types and contents of the parts that cloud-init finds.
fn take_apart(python: &str, data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut words = python.split_whitespace();
    let mut child = Command::new(words.next().unwrap())
        .args(words)
        .args(["-c", TAKE_APART])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(data).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let parts: Vec<(String, String)> = serde_json::from_slice(&output.stdout).unwrap();
    use base64::Engine as _;
    parts
        .into_iter()
        .map(|(content_type, content)| (content_type, base64::prelude::BASE64_STANDARD.decode(content).unwrap()))
        .collect()
}

/// What user data is, the user data, and how the parts begin that are to be found in it, by their types.
type Case<'a> = (&'a str, Vec<u8>, Vec<(&'a str, &'a str)>);

#[test]
fn cloud_init_finds_every_part_as_it_was_written() {
    let Some(python) = python() else { return };
    let Some(lab) = Lab::with(Faults::default(), Setting { by_ssh: true, ..Setting::default() }) else { return };
    let script = "#!/bin/sh\necho 'Grüße'\n";
    let config = "#cloud-config\nruncmd: [[ls]]\n";
    let message = "Content-Type: multipart/mixed; boundary=\"inner\"\nMIME-Version: 1.0\n\n--inner\n\
                   Content-Type: text/x-shellscript; charset=\"us-ascii\"\n\n#!/bin/sh\necho 1\n\n--inner\n\
                   Content-Type: text/cloud-config; charset=\"us-ascii\"\n\n#cloud-config\npackages: [jq]\n\n--inner--\n";
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(script.as_bytes()).unwrap();
    let large = format!("#!/bin/sh\n{}", "echo again\n".repeat(3000));
    let yours: Vec<Case<'_>> = vec![
        ("a script", script.into(), vec![("text/x-shellscript", script)]),
        ("a configuration", config.into(), vec![("text/cloud-config", config)]),
        (
            "a template",
            format!("## template: jinja\n{config}").into(),
            vec![("text/jinja2", "## template: jinja\n#cloud-config")],
        ),
        (
            "a boot hook",
            "#cloud-boothook\n#!/bin/sh\n".into(),
            vec![("text/cloud-boothook", "#cloud-boothook\n#!/bin/sh\n")],
        ),
        (
            "a message",
            message.into(),
            vec![("text/x-shellscript", "#!/bin/sh\necho 1"), ("text/cloud-config", "#cloud-config\npackages: [jq]")],
        ),
        ("a compressed script", packed.finish().unwrap(), vec![("text/x-shellscript", script)]),
        ("a large script", large.clone().into(), vec![("text/x-shellscript", &large)]),
    ];
    run(async {
        for (number, (what, own, expected)) in yours.into_iter().enumerate() {
            let mut wanted = request(&token(number), &["a"]);
            wanted.machine.user_data = Some(own);
            wanted.expires_at = Some("2030-01-01T00:00:00Z".parse().unwrap());
            let launched = lab.cloud.launch(&wanted).await.unwrap();
            let data = lab.proxy.user_data(REGION, &launched.instances[0].id);
            let parts = take_apart(&python, &data);
            let shown = |content: &[u8]| String::from_utf8_lossy(content).into_owned();
            assert_eq!(parts.len(), 2 + expected.len(), "{what}: {parts:?}");
            assert_eq!(parts[0].0, "text/cloud-boothook", "{what}");
            assert!(shown(&parts[0].1).contains("end=1893456000"), "{what}");
            assert_eq!(parts[1].0, "text/cloud-config", "{what}");
            assert_eq!(host_key(&parts[1].1), format!("private half for {}\n", token(number)), "{what}");
            for ((content_type, content), (wanted_type, wanted)) in parts[2..].iter().zip(expected) {
                assert_eq!(content_type, wanted_type, "{what}");
                assert!(shown(content).starts_with(wanted), "{what}: {}", shown(content));
            }
        }
    });
}

#[test]
fn cloud_init_has_nothing_against_our_configuration() {
    let Some(python) = python() else { return };
    let Some(lab) = Lab::with(Faults::default(), Setting { by_ssh: true, ..Setting::default() }) else { return };
    run(async {
        let launched = lab.cloud.launch(&request(&token(1), &["a"])).await.unwrap();
        let parts = take_apart(&python, &lab.proxy.user_data(REGION, &launched.instances[0].id));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &parts[0].1).unwrap();
        let judged = Command::new("cloud-init").args(["schema", "--config-file"]).arg(file.path()).output().unwrap();
        assert!(judged.status.success(), "{judged:?}");
        let said = format!("{}{}", String::from_utf8_lossy(&judged.stdout), String::from_utf8_lossy(&judged.stderr));
        assert!(!said.to_lowercase().contains("deprecat"), "{said}");
    });
}

fn host_key(config: &[u8]) -> String {
    let config: BTreeMap<String, yaml_serde::Value> = yaml_serde::from_slice(config).unwrap();
    config["ssh_keys"]["ed25519_private"].as_str().unwrap().to_owned()
}
