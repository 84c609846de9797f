//! cloud-init's own verdict beside ours.

use std::process::Command;

use crate::userdata::lab::errors;
use hoist_test_support::skip::skip;

// Cloud-configs on which cloud-init's versions agree: before 23 it let unknown keys at the top pass.

const GOOD: &[&str] = &[
    "packages: [htcondor, [curl, '8.0']]\npackage_update: yes\n",
    "runcmd:\n- [sh, -c, 'echo 1']\n- echo 2\n- |\n  if true; then\n    echo 3\n  fi\n",
    "users:\n- default\n- name: me\n  groups: [sudo, users]\n  sudo: 'ALL=(ALL) NOPASSWD:ALL'\n  shell: /bin/bash\n",
    "write_files:\n- path: /etc/x\n  permissions: '0644'\n  encoding: b64\n  content: aGVsbG8=\n  owner: root:root\n",
    "ssh_keys:\n  ed25519_public: ssh-ed25519 AAAA\nssh_deletekeys: on\n",
    "mounts:\n- [/dev/vdb, /data, ext4, 'defaults,nofail', '0', '2']\nmount_default_fields: [null, null, auto, defaults, '0', '2']\n",
    "ntp: {enabled: true, servers: [ntp.example.org]}\n",
    "power_state: {mode: poweroff, delay: now, timeout: 30}\n",
    "timezone: Europe/Zurich\nhostname: worker\nfqdn: worker.example.org\nmanage_etc_hosts: true\n",
    "bootcmd:\n- echo early\nfinal_message: up after $UPTIME\n",
    "apt:\n  sources:\n    mine: {source: 'deb https://example.org/ stable main', keyid: ABCD1234}\n",
    "disk_setup:\n  /dev/vdb: {table_type: gpt, layout: true, overwrite: no}\n",
    "swap: {filename: /swap, size: 1073741824}\n",
    "users:\n- &first\n  name: one\n  shell: /bin/sh\n- <<: *first\n  name: two\n",
];

const BAD: &[&str] = &[
    "write_files:\n- path: /etc/x\n  encoding: rot13\n",
    "write_files:\n- content: x\n",
    "write_files:\n- {path: /etc/x, contents: x}\n",
    "runcmd:\n- {echo: hello}\n",
    "runcmd: echo hello\n",
    "packages: 5\n",
    "packages:\n\t- a\n",
    "packages: [a, b\nruncmd: [c]\n",
    "package_update: maybe\n",
    "power_state: {delay: now}\n",
    "power_state: {mode: explode}\n",
    "users:\n- {name: me, expiredate: 2030-01-01}\n",
    "users:\n- {name: 5}\n",
    "timezone: 1\n",
    "ntp: {servers: one.example.org}\n",
    "disk_setup: [a]\n",
    "mounts: {a: b}\n",
    "bootcmd:\n- [a, {b: c}]\n",
    "- a\n- b\n",
    "ssh_import_id: me\n",
    "hostname: no\n",
];

#[test]
fn the_verdicts_agree() {
    if Command::new("cloud-init").arg("--version").output().is_err() {
        return skip("no cloud-init");
    }
    let directory = tempfile::tempdir().unwrap();
    let mut differences = Vec::new();
    for (expected, body) in GOOD.iter().map(|body| (true, body)).chain(BAD.iter().map(|body| (false, body))) {
        let text = format!("#cloud-config\n{body}");
        let file = directory.path().join("user-data");
        std::fs::write(&file, &text).unwrap();
        let judged = Command::new("cloud-init").args(["schema", "--config-file"]).arg(&file).output().unwrap();
        let ours = errors(&text);
        if (judged.status.success(), ours.is_empty()) != (expected, expected) {
            let said = String::from_utf8_lossy(&judged.stderr).into_owned();
            differences.push(format!("{body}: cloud-init {}, we {ours:?}\n{said}", judged.status));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
