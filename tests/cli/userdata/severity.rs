//! How bad it is: what cloud-init runs is no error, what no machine runs is one.

use std::io::Write as _;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use hoist::diagnostics::Severity;
use hoist::user_data::{CHECKS, LintCheck, LintOptions, lint};

use crate::userdata::lab::{base64, names};
use hoist_test_support::skip::skip;

fn message(parts: &str) -> String {
    format!("Content-Type: multipart/mixed; boundary=\"XX\"\nMIME-Version: 1.0\n\n{parts}")
}

fn packed(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// What cloud-init leaves out, or what no machine runs.
fn left_out() -> Vec<(String, &'static str)> {
    let text = |text: &str| text.to_owned();
    vec![
        (text("echo hello\n"), "no-header"),
        (text("# cloud-config\npackages: [a]\n"), "no-header"),
        (text("#cloud_config\npackages: [a]\n"), "no-header"),
        (text("packages: [a]\n"), "no-header"),
        (base64("#!/bin/sh\ntrue\n"), "base64"),
        (base64("#cloud-config\npackages: [a]\n"), "base64"),
        (
            {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD.encode(packed("#!/bin/sh\ntrue\n"))
            },
            "base64",
        ),
        (text("\u{feff}#cloud-config\npackages: [a]\n"), "byte-order-mark"),
        (text("#cloud-config\npackages:\n\t- a\n"), "tab"),
        (text("#cloud-config\npackages: [a\n"), "yaml"),
        (text("#cloud-config\npackages: [a]\n---\nruncmd: [b]\n"), "two-documents"),
        (text("#cloud-config\npassword: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n"), "yaml-tag"),
        (text("#cloud-config\nruncmd: !!python/tuple [ls]\n"), "yaml-tag"),
        (text("#cloud-config\napt: !include {a: b}\n"), "yaml-tag"),
        (message("--YY\nContent-Type: text/x-shellscript\n\n#!/bin/sh\ntrue\n--YY--\n"), "mime-boundary"),
        (text("## template: jinja\n#cloud-config\n{% if v1.distro %}\npackages: [a]\n"), "jinja-syntax"),
        (text("## template: jinja\n#cloud-config\nruncmd:\n- echo {{ v1.region }\n"), "jinja-syntax"),
        (text("## template: jinja\necho {{ v1.region }}\n"), "no-header"),
        // What PyYAML refuses although it is YAML.
        (text("#cloud-config\npackages:\t[a]\n"), "tab"),
        (text("#cloud-config\npackages: [a]\t# c\n"), "tab"),
        (text("#cloud-config\npackages:\n-\ta\n"), "tab"),
        (text("#cloud-config\npackages: [\"a\u{7}\"]\n"), "yaml"),
        (text("#cloud-config\npackages: [a] # \u{1b}\n"), "yaml"),
        (text("#cloud-config\nfinal_message: 2020-13-45\n"), "yaml"),
        (text("#cloud-config\nfinal_message: !!int x\n"), "yaml"),
        (text("#cloud-config\nfinal_message: !!bool maybe\n"), "yaml"),
        (text("#cloud-config\nfinal_message: =\n"), "yaml"),
        (text("#cloud-config\n%YAML 2.0\n---\npackages: [a]\n"), "yaml"),
        (text("#cloud-config\n...\npackages: [a]\n"), "yaml"),
        // A rule by which nothing is merged.
        (text("#cloud-config\nmerge_how: append\npackages: [a]\n"), "merge-rule"),
        (text("#cloud-config\nmerge_how: 'foo(bar)'\npackages: [a]\n"), "merge-rule"),
        (
            message(
                "--XX\nContent-Type: text/cloud-config\nX-Merge-Type: foo(x)\n\n#cloud-config\npackages: [a]\n--XX--\n",
            ),
            "merge-rule",
        ),
        // What the reader of messages makes another of.
        (message("--XX\nContent-Type: text/cloud-config\n\n#cloud-config\nfinal_message: grüß\n--XX--\n"), "not-utf-8"),
        (
            message(&format!(
                "--XX\nContent-Type: text/cloud-config\nContent-Transfer-Encoding: base64\n\n{}\n--XX--\n",
                {
                    use base64::Engine as _;
                    base64::engine::general_purpose::STANDARD.encode(packed("#cloud-config\npackages: [a]\n"))
                }
            )),
            "damaged-gzip",
        ),
        (format!("\n{}", message("--XX\n\n#!/bin/sh\ntrue\n--XX--\n")), "no-header"),
        // What Jinja does not read.
        (text("## template: jinja\n#cloud-config\nhostname: '{{ v1.region | nope }}'\n"), "jinja-syntax"),
        (text("## template: jinja\n#cloud-config\n{% if v1 is nope %}\n{% endif %}\npackages: [a]\n"), "jinja-syntax"),
        (text("## template: jinja\n#cloud-config\n{% include 'x' %}\npackages: [a]\n"), "jinja-syntax"),
        (text("## template: jinja\n#cloud-config\nhostname: '{{ foo bar }}'\n"), "jinja-syntax"),
        (text("## template: jinja\n#cloud-config\nhostname: '{{ a = 1 }}'\n"), "jinja-syntax"),
        (format!("## template: jinja\n{}", message("--XX\n\n#!/bin/sh\ntrue\n--XX--\n")), "no-header"),
    ]
}

/// What cloud-init runs, and what is said of it, if anything.
fn run() -> Vec<(String, Option<&'static str>)> {
    let text = |text: &str| text.to_owned();
    vec![
        (text("#cloud-config # mine\npackages: [a]\n"), Some("after-header")),
        (text("#Cloud-Config\npackages: [a]\n"), None),
        (text("#cloud-config\ncoreos: {etcd2: {discovery: 'https://example.org/'}}\n"), Some("unknown-key")),
        (text("#cloud-config\nrepo_upgrade: security\nrepo_update: true\n"), Some("unknown-key")),
        (text("#cloud-config\nbrandnew: {of: 2031}\n"), Some("unknown-key")),
        (text("#cloud-config\nwrite_files:\n- {path: /x, content: x, permissions: 0644}\n"), Some("not-a-string")),
        (text("#cloud-config\nmounts:\n- [/dev/vdb, /data, auto, defaults, 0, 2]\n"), Some("not-a-string")),
        (text("#cloud-config\nruncmd:\n- [sleep, 5]\n"), Some("not-a-string")),
        (text("#cloud-config\npackage_update: 'yes'\n"), Some("not-a-string")),
        (
            text("#cloud-config\nusers:\n- {name: bob, ssh_authorized_keys: [ssh-ed25519 AAAA]}\n"),
            Some("no-default-user"),
        ),
        (text("#!/bin/sh\r\necho\r\n"), Some("crlf")),
        (text("#cloud-boothook\n#!/bin/bash\nset -euo pipefail\nmapfile -t devs < <(ls)\n"), None),
        (message("--XX\nContent-Type: text/x-shellscript\n\n#!/bin/sh\ntrue\n"), Some("mime-open")),
        (message("--XX\nContent-Type: text/cloud-boothook; charset=\"us-ascii\"\n#!/bin/bash\ntrue\n\n--XX--\n"), None),
        (message("--XX\nContent-Type: text/x-shellscript\n\n#cloud-config\npackages: [a]\n--XX--\n"), None),
        (message("--XX\nContent-Type: text/x-shellscript-per-boot\n\n#!/bin/sh\ntrue\n--XX--\n"), None),
        (message("--XX\n\n#!/bin/sh\ntrue\n--XX--\n"), None),
        (
            message(
                "--XX\nContent-Type: text/jinja2\n\n## template: jinja\n#cloud-config\nhostname: '{{ v1.region }}'\n--XX--\n",
            ),
            None,
        ),
        (
            message(
                "--XX\nContent-Type: text/cloud-config\n\n## template: jinja\n#cloud-config\nhostname: '{{ v1.region }}'\n--XX--\n",
            ),
            Some("jinja-not-rendered"),
        ),
        (
            message(
                "--XX\nContent-Type: text/x-shellscript\nContent-Disposition: attachment; filename=\"../../x\"\n\n#!/bin/sh\n--XX--\n",
            ),
            Some("file-name"),
        ),
        (
            message("--XX\nContent-Type: application/node.eks.aws\n\nkind: NodeConfig\n--XX\n\n#!/bin/sh\n--XX--\n"),
            Some("unknown-type"),
        ),
        (
            text(
                "## template: jinja\n#cloud-config\n{% if x %}\npackages: [a]\n{% else %}\npackages: [b]\n{% endif %}\n",
            ),
            None,
        ),
        (text("## template: jinja\n#!/bin/sh\necho {{ v1.region }}\n"), None),
        (
            text("## template: jinja\n#cloud-config\nruncmd:\n{% for a in range(3) %}\n- echo {{ a }}\n{% endfor %}\n"),
            None,
        ),
        (text("#cloud-config\nfinal_message: ! x\n"), None),
        (text("#cloud-config\nfinal_message: !<tag:yaml.org,2002:str> x\n"), None),
        (text("#cloud-config\nfinal_message: \"a\tb\" # \tc\n"), None),
        (text("#cloud-config\nruncmd: []\n"), Some("empty")),
        (text("#cloud-config\nruncmd:\npackages: [a]\n"), Some("empty")),
        (message("--XX\nContent-Type: text/x-shellscript\n\n#!/bin/sh\necho €\n--XX--\n"), Some("mime-8-bit")),
        (
            message(
                "--XX\nContent-Type: text/cloud-config\n\n#cloud-config\npackages: [a]\n--XX\nContent-Type: application/x-mine\n\n#!/bin/sh\n--XX--\n",
            ),
            Some("unknown-type"),
        ),
    ]
}

#[test]
fn what_no_machine_runs_is_an_error_and_the_rest_is_none() {
    let mut differences = Vec::new();
    for (text, name) in left_out() {
        let found = names(&text);
        if !found.contains(&(name.to_owned(), Severity::Error)) {
            differences.push(format!("{text}\n{name} expected: {found:?}"));
        }
    }
    for (text, name) in run() {
        let found = names(&text);
        let is_told = match name {
            Some(name) => found.contains(&(name.to_owned(), Severity::Warning)),
            None => found.is_empty(),
        };
        if !is_told || found.iter().any(|(_, severity)| *severity == Severity::Error) {
            differences.push(format!("{text}\n{name:?} expected: {found:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Which parts cloud-init would do something with: it takes the user data apart, and reads and renders what it reads
/// and renders.
const JUDGE: &str = r#"
import importlib.util, sys, tempfile, json
from cloudinit import handlers, helpers, mergers, templater, user_data, util
def read(payload):
    try:
        return util.load_yaml(payload)
    except Exception:
        return None
def merges(part, config):
    try:
        rules = mergers.dict_extract_mergers(config)
        header = part.get("Merge-Type") or part.get("X-Merge-Type") or ""
        mergers.construct(rules or mergers.string_extract_mergers(header))
        return True
    except Exception:
        return False
place = tempfile.mkdtemp()
paths = helpers.Paths({"cloud_dir": place, "run_dir": place})
message = user_data.UserDataProcessor(paths).process(sys.stdin.buffer.read())
known = set(handlers.INCLUSION_TYPES_MAP.values())
good, parts = True, 0
for part in message.walk():
    if part.get_content_maintype() == "multipart":
        continue
    parts += 1
    kind, payload = part.get_content_type(), util.fully_decoded_payload(part)
    if kind.startswith("application/"):
        continue
    if kind == "text/jinja2":
        try:
            payload = templater.render_string(util.decode_binary(payload), {"v1": {"region": "r", "distro": "d"}, "x": 1})
            kind = handlers.type_from_starts_with(payload)
        except Exception:
            kind = None
    if kind == "text/cloud-config":
        config = read(payload)
        good = good and config is not None and merges(part, config)
    else:
        good = good and kind in known
print(json.dumps(good and parts > 0))
"#;

#[test]
fn cloud_init_itself_reads_what_we_say_that_it_reads() {
    let judge = |text: &str| -> Option<bool> {
        let mut python = Command::new("/usr/bin/python3")
            .args(["-c", JUDGE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        python.stdin.take()?.write_all(text.as_bytes()).ok()?;
        let output = python.wait_with_output().ok()?;
        if String::from_utf8_lossy(&output.stderr).contains("No module named") {
            return None;
        }
        assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).ok()
    };
    if judge("#!/bin/sh\n").is_none() {
        return skip("no cloud-init of this system's Python");
    }
    for (text, _) in left_out() {
        assert_eq!(judge(&text), Some(false), "{text}");
    }
    for (text, _) in run() {
        assert_eq!(judge(&text), Some(true), "{text}");
    }
}

#[test]
fn other_readers_are_told_by_name_and_their_user_data_is_searched() {
    for (text, reader) in [
        ("<powershell>\nWrite-Host hi\n</powershell>\n", "Windows"),
        ("<script>\nver\n</script>\n", "Windows"),
        ("#ps1_sysnative\nWrite-Host hi\n", "Windows"),
        ("version: 1.0\ntasks:\n- task: executeScript\n", "EC2Launch v2"),
        ("{\"ignition\": {\"version\": \"3.4.0\"}}\n", "Ignition"),
        ("[settings.kubernetes]\ncluster-name = \"x\"\n", "Bottlerocket"),
    ] {
        let lint = lint(text.as_bytes(), &LintOptions::default());
        let finding = &lint.findings[0];
        assert_eq!((finding.name.as_str(), finding.diagnostic.severity), ("other-reader", Severity::Warning), "{text}");
        assert!(finding.diagnostic.message.contains(reader), "{finding}");
    }
    let secret = ["Sup3r", "S3cret!x"].concat();
    let text = format!("<powershell>\n$p = ConvertTo-SecureString \"{secret}\" -AsPlainText -Force\n</powershell>\n");
    let found = names(&text);
    assert!(found.contains(&("windows-password".to_owned(), Severity::Error)), "{found:?}");
}

#[test]
fn every_finding_has_a_name_of_the_list_and_is_allowed_by_it() {
    let all = left_out().into_iter().chain(run().into_iter().filter_map(|(text, name)| Some((text, name?))));
    for (text, name) in all {
        let check = CHECKS.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("{name} is not listed"));
        for allowed in [check.name, check.group] {
            let options = LintOptions::allowing(&[allowed.to_owned()]);
            let found = lint(text.as_bytes(), &options).findings;
            assert!(found.iter().all(|finding| finding.name != name), "{text}: {found:?}");
        }
    }
}

#[test]
fn what_several_parts_list_is_compared() {
    let part =
        |header: &str, text: &str| format!("--XX\nContent-Type: text/cloud-config\n{header}\n#cloud-config\n{text}");
    let both = |header: &str, second: &str| {
        message(&format!("{}{}--XX--\n", part("", "packages: [a]\n"), part(header, second)))
    };
    let replaced = ("replaced-list".to_owned(), Severity::Warning);
    assert_eq!(names(&both("", "packages: [b]\n")), std::slice::from_ref(&replaced));
    assert_eq!(names(&both("", "runcmd: [b]\n")), []);
    assert_eq!(names(&both("X-Merge-Type: list(append)+dict(recurse_list)+str()\n", "packages: [b]\n")), []);
    assert_eq!(names(&both("", "merge_how: 'list(append)+dict(recurse_list)+str()'\npackages: [b]\n")), []);
    // The user data of another machine is not compared with that of the first.
    let worker = base64("#cloud-config\npackages: [b]\n");
    assert_eq!(names(&format!("#cloud-config\npackages: [a]\nwrite_files:\n- {{path: /w, content: {worker}}}\n")), []);
    let finding =
        names("#cloud-config-archive\n- |\n  #cloud-config\n  runcmd: [a]\n- |\n  #cloud-config\n  runcmd: [b]\n");
    assert_eq!(finding, [replaced]);
}

#[test]
fn lines_of_templates_are_the_templates() {
    let text =
        "## template: jinja\n#cloud-config\n{% if a %}\npackages: [x]\n{% endif %}\nruncmd:\n- echo 1\n- echo 'open\n";
    let lint = lint(text.as_bytes(), &LintOptions::default());
    let shell = lint.findings.iter().find(|finding| finding.name == "shell-syntax").unwrap();
    assert_eq!((shell.file_line, shell.diagnostic.severity), (8, Severity::Error), "{:?}", lint.findings);
}

#[test]
fn the_list_in_the_documentation_is_the_list() {
    let text = include_str!("../../../docs/user-data-findings.md");
    let listed: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let row =
        |check: &LintCheck| format!("| `{}` | `{}` | {} | {} |", check.name, check.group, check.severity, check.about);
    assert_eq!(listed, CHECKS.iter().map(row).collect::<Vec<_>>());
}
