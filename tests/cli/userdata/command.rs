//! The commands, as a user meets them.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::userdata::lab::hoist;

#[test]
fn exit_codes_and_json() {
    for (text, code) in [("#!/bin/sh\ntrue\n", 0), ("#!/bin/sh\ncurl http://example.org/\n", 2), ("#!/bin/sh\nif\n", 1)]
    {
        let output = hoist(&["userdata", "lint", "-"], text);
        assert_eq!(output.code, Some(code), "{output}");
        let output = hoist(&["userdata", "lint", "-", "-o", "json"], text);
        assert_eq!(output.code, Some(code));
        let document: Value = output.json();
        assert_eq!((document["schema"].as_i64(), document["kind"].as_str()), (Some(1), Some("text/x-shellscript")));
        assert_eq!(document["bytes"].as_u64(), Some(text.len() as u64));
        assert_eq!(document["findings"].as_array().unwrap().is_empty(), code == 0);
    }
    let missing = hoist(&["userdata", "lint", "/no/such/file"], "");
    assert_eq!(missing.code, Some(1));
    assert!(missing.raw_stderr.contains("/no/such/file"));
    assert_eq!(hoist(&["userdata", "lint"], "").code, Some(64));
}

#[test]
fn a_finding_is_one_line_and_moves_no_cursor() {
    let output = hoist(&["userdata", "lint", "-"], "#cloud-config\n\"a\\e[2J\\n\": 1\n");
    let text = output.raw_stdout.clone();
    assert_eq!((text.lines().count(), text.contains('\x1b')), (2, false), "{text:?}");
    assert!(text.starts_with("standard input:2: warning: "), "{text}");
}

#[test]
fn a_secret_is_allowed_by_the_name_that_is_told() {
    let text = "#!/bin/sh\nexport DB_PASSWORD=hunter2xyz\n";
    let output = hoist(&["userdata", "lint", "-"], text);
    let said = output.raw_stdout.clone();
    assert!(said.contains("--allow-secret password:DB_PASSWORD") && !said.contains("hunter2xyz"), "{said}");
    let allowed = hoist(&["userdata", "lint", "-", "--allow-secret", "password:DB_PASSWORD"], text);
    assert_eq!(allowed.code, Some(0), "{allowed}");
}

#[test]
fn what_a_template_renders_to_is_checked_before_it_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let template = file("worker.hbs", "#cloud-config\nhostname: {{yaml name}}\npackages: {{json packages}}\n");
    let values = file("values.toml", "name = \"from-file\"\npackages = [\"a\", \"b\"]\n");
    let templates = directory.path().display().to_string();
    let render = |arguments: &[&str]| hoist(&[&["userdata", "render"], arguments].concat(), "");

    let by_name = render(&["worker", "--templates", &templates, "--var-file", &values, "--var", "name=w: #1"]);
    let text = by_name.raw_stdout.clone();
    assert!(by_name.code == Some(0), "{by_name}");
    let read: yaml_serde::Value = yaml_serde::from_str(&text).unwrap();
    assert_eq!((read["hostname"].as_str(), read["packages"][1].as_str()), (Some("w: #1"), Some("b")));

    let out = directory.path().join("user-data").display().to_string();
    let written = render(&[&template, "--var-file", &values, "-O", &out]);
    assert!(written.code == Some(0) && written.raw_stdout.is_empty(), "{written}");
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let again = render(&[&template, "--var-file", &values, "-O", &out]);
    assert_eq!(again.code, Some(1), "a file is never written over");

    let unknown = render(&[&template, "--var", "name=x"]);
    let said = unknown.raw_stderr.clone();
    assert!(unknown.raw_stdout.is_empty() && said.contains("packages") && said.contains("line 3"), "{said}");

    let wrong = file("wrong.hbs", "#cloud-config\npackages: {{json name}}\nnonsense: {{json name}}\n");
    let refused = render(&[&wrong, "--var", "name=x", "-O", &format!("{out}.2")]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.raw_stderr.contains("nonsense"), "{refused}");
    assert!(!std::path::Path::new(&format!("{out}.2")).exists());

    let none = render(&["no-such-template"]);
    assert!(none.raw_stderr.contains("no-such-template"), "{none}");
}
