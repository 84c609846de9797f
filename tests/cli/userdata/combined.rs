//! Several templates, put together: what PyYAML and cloud-init read of them.

use std::process::Command;

use serde_json::{Value, json};

use crate::userdata::lab::hoist;
use hoist_test_support::skip::skip;

/// What PyYAML, by which cloud-init reads, makes of a text.
fn pyyaml(text: &str) -> Option<Value> {
    use std::io::Write as _;
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin), default=str))";
    let mut python = Command::new("python3")
        .args(["-c", script])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .ok()?;
    python.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = python.wait_with_output().ok()?;
    if String::from_utf8_lossy(&output.stderr).contains("No module named") {
        skip("no PyYAML (python3-yaml)");
        return None;
    }
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).ok()
}

struct Files(tempfile::TempDir);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        Self(directory)
    }

    fn render(&self, names: &[&str], more: &[&str]) -> (Option<i32>, String, String) {
        let paths: Vec<String> = names.iter().map(|name| self.0.path().join(name).display().to_string()).collect();
        let words: Vec<&str> = ["userdata", "render"].into_iter().chain(paths.iter().map(String::as_str)).collect();
        let output = hoist(&[&words, more].concat(), "");
        (output.code, output.raw_stdout.clone(), output.raw_stderr.clone())
    }
}

#[test]
fn merged_cloud_config_is_what_both_say() {
    let one = "#cloud-config\npackages: [a, 'b c']\nwrite_files:\n- path: /a\n  permissions: '0644'\n  content: |\n    one\n\n      two: #\n\
               runcmd:\n- [sh, -c, 'echo \"{{default name \"x: y\"}}\"']\nssh_pwauth: no\ntimezone: Europe/Zurich\n";
    let two = "#cloud-config\n# of the second\nwrite_files:\n- {path: /b, content: \"\\tb\\r\\n\", append: yes}\nssh_pwauth: false\n\
               power_state: {mode: poweroff, delay: 30, timeout: 1:30, message: 'on'}\npackages: [c]\n";
    let files = Files::new(&[("one", one), ("two", two), ("script", "#!/bin/sh\ntrue\n")]);
    let (code, text, said) = files.render(&["one", "two"], &["--merge"]);
    assert_eq!(code, Some(0), "{said}");
    let Some(read) = pyyaml(&text) else { return };
    let expected = json!({
        "packages": ["a", "b c", "c"],
        "write_files": [
            {"path": "/a", "permissions": "0644", "content": "one\n\n  two: #\n"},
            {"path": "/b", "content": "\tb\r\n", "append": true},
        ],
        "runcmd": [["sh", "-c", "echo \"x: y\""]],
        "ssh_pwauth": false,
        "timezone": "Europe/Zurich",
        "power_state": {"mode": "poweroff", "delay": 30, "timeout": 90, "message": "on"},
    });
    assert_eq!(read, expected, "{text}");
    if Command::new("cloud-init").arg("--version").output().is_err() {
        return skip("no cloud-init");
    }
    let file = files.0.path().join("merged");
    std::fs::write(&file, &text).unwrap();
    let judged = Command::new("cloud-init").args(["schema", "--config-file"]).arg(&file).output().unwrap();
    assert!(judged.status.success(), "{judged:?}\n{text}");
    let (_, with_script, _) = files.render(&["script", "one", "two"], &["--merge"]);
    assert!(with_script.contains(&text) && with_script.find(&text) < with_script.find("#!/bin/sh"), "{with_script}");
}

#[test]
fn conflicts_name_both_places_and_nothing_is_written() {
    let files = Files::new(&[
        ("one", "#cloud-config\nhostname: a\nntp: {enabled: true}\n"),
        ("two", "#cloud-config\nntp:\n  enabled: false\n\nhostname: b\n"),
    ]);
    let (code, text, said) = files.render(&["one", "two"], &["--merge"]);
    assert_eq!((code, text.as_str()), (Some(1), ""));
    for words in ["hostname is a string at", "/one:2 and a string at", "/two:5", "ntp.enabled is true", "/two:3"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // As parts, cloud-init takes the later one.
    assert_eq!(files.render(&["one", "two"], &[]).0, Some(0));
}

#[test]
fn what_is_wrong_with_a_part_is_told_with_its_name_and_size() {
    let large =
        format!("#!/bin/sh\n{}\n", (0..9000).map(|number| format!("# {:x}\n", number * 7919)).collect::<String>());
    let files = Files::new(&[("good.sh", "#!/bin/sh\ntrue\n"), ("bad.sh", "#!/bin/sh\nif\n"), ("large.sh", &large)]);
    let (code, text, said) = files.render(&["good.sh", "bad.sh"], &[]);
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(said.contains("part 2 bad.sh (text/x-shellscript)"), "{said}");
    let (code, _, said) = files.render(&["good.sh", "large.sh"], &[]);
    assert_eq!(code, Some(1));
    let sizes = format!("part 1 good.sh (text/x-shellscript) 15, part 2 large.sh (text/x-shellscript) {}", large.len());
    assert!(said.contains(&sizes) && said.contains("name a bucket"), "{said}");
}

#[test]
fn a_template_of_coalitions_kind_is_rendered_and_may_be_launched() {
    // Keys that only Amazon Linux reads, a bucket's keys for s3fs, and plain http in a private network.
    let template = "#cloud-config\n\n# see http://docs.example.org/user-data\nfqdn: $hostname\nrepo_update: true\nrepo_upgrade: all\n\
                    packages:\n  - s3fs\nruncmd:\n  - mkdir -p $mount\n  - echo $bucket:$access_key:$secret_key > /etc/passwd-s3fs\n  \
                    - s3fs -o url=https://s3.amazonaws.com $bucket $mount\n  - ROOT=$mount python3 /opt/worker.py http://$server:$port\n";
    let files = Files::new(&[("worker.template", template)]);
    let access = ["AK", "IAQ7XJ4M2N5P6R7S8T"].concat();
    let secret = ["wJalrXUtnFEMIK7MDENG", "bPxRfiCYzKLMNOPQRSTU"].concat();
    let values = [
        "hostname=cloud-1".to_owned(),
        "mount=/mnt/bucket".to_owned(),
        "bucket=my-bucket".to_owned(),
        format!("access_key={access}"),
        format!("secret_key={secret}"),
        "server=10.132.0.2".to_owned(),
        "port=19211".to_owned(),
    ];
    let values: Vec<&str> = values.iter().flat_map(|value| ["--var", value.as_str()]).collect();
    let (code, text, said) = files.render(&["worker.template"], &values);
    assert_eq!((code, text.as_str()), (Some(1), ""), "its keys are secret");
    assert!(said.contains("[aws-access-key]") && said.contains("[s3fs-key]") && !said.contains(&secret), "{said}");
    let out = files.0.path().join("user-data").display().to_string();
    let allow = ["--allow", "aws-access-key", "--allow", "s3fs-key", "-O", &out];
    let (code, _, said) = files.render(&["worker.template"], &[&values[..], &allow].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("[unknown-key]") && !said.contains("plain-http"), "{said}");

    let plan = files.0.path().join("plan.toml");
    let text = "name = \"farm\"\n[defaults]\ncloud = \"ec2\"\nallow = [\"secret\"]\n[[levels]]\nname = \"one\"\n\
                [levels.services.worker]\nimage = \"ami-1\"\ninstance_type = \"t3.small\"\nuser_data = \"user-data\"\n";
    std::fs::write(&plan, text).unwrap();
    let plan = plan.display().to_string();
    for arguments in [&["plan", "validate", &plan][..], &["plan", "boot", "--dry-run", &plan]] {
        let output = hoist(arguments, "");
        assert!(output.code == Some(0), "{output}");
    }
}
