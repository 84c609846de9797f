//! Secrets stay where they belong, while everything is told (`-vv`) and things go wrong.

use std::collections::BTreeSet;
use std::fs;

use crate::ec2_runs::lab::{Lab, SECRET_KEY};
use hoist_test_support::aws::Faults;
use hoist_test_support::machine::CloudInit;

const PASSWORD: &str = "correct-horse-battery-staple";

/// Everything that was on a command line while a command ran.
fn command_lines() -> Vec<Vec<u8>> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok()).filter(|line| !line.is_empty()).collect()
}

/// The lines of a private key that tell it from others: its armour is everybody's.
fn tell_tales(key: &str) -> Vec<String> {
    let lines = key.lines().filter(|line| !line.starts_with("-----") && line.len() > 30);
    // Keys of one kind begin alike.
    lines.skip(1).map(|line| line[..30].to_owned()).collect()
}

#[test]
fn secrets_are_nowhere_but_where_they_belong() {
    let Some(lab) = Lab::new(Faults::new(7).throttled(0.1).lost_replies(0.05), CloudInit::Fast) else { return };
    lab.program(
        "boot.sh",
        "cat bootconf.json; echo '{\"word\": \"correct-horse-battery-staple\"}' > bootout.json; sleep 1",
    );
    lab.program("ready.sh", "echo correct-horse-battery-staple >&2; test \"$1\" != broken");
    fs::write(lab.path("plan/conf.json"), "{\"password\": \"$password\"}").unwrap();
    lab.plan(
        "demo",
        "[[levels]]\n[levels.services.db]\nattributes = { password = { secret = \"env:DB_PASSWORD\" } }\n\
         boot = { program = \"boot.sh\", config = \"conf.json\" }\nready = { program = \"ready.sh\", args = [\"fine\"] }\n\
         [[levels]]\n[levels.services.web]\nready = { program = \"ready.sh\", args = [\"broken\"], retries = 0 }\n",
    );
    let user_key = fs::read_to_string(lab.path("home/.ssh/id_ed25519")).unwrap();
    let mut secrets = vec![SECRET_KEY.to_owned(), PASSWORD.to_owned()];
    secrets.extend(tell_tales(&user_key));

    let mut lines = BTreeSet::new();
    let mut printed = String::new();
    for (words, code) in [
        ("plan boot demo.toml -vv", 1),
        ("plan status demo -vv", 1),
        ("plan resume demo -vv -o jsonl", 1),
        ("plan logs demo -vv", 0),
        ("plan show demo -vv -o json", 0),
        ("plan history demo -vv", 0),
        ("doctor -vv", 0),
    ] {
        let mut child = lab.command(words).env("DB_PASSWORD", PASSWORD).spawn();
        while !child.is_over() {
            lines.extend(command_lines());
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let ran = child.wait().exit(code);
        printed.push_str(&ran.raw_stdout);
        printed.push_str(&ran.raw_stderr);
    }
    assert!(printed.contains("RunInstances"), "everything was told: {printed}");
    assert!(lines.len() > 5, "command lines were seen");

    // The host key that the user data brought is no secret any more once it is changed; nothing else may keep it.
    let brought: Vec<String> = lab
        .yard
        .user_data()
        .iter()
        .flat_map(|data| {
            let text = String::from_utf8_lossy(data).into_owned();
            assert!(text.contains("BEGIN OPENSSH PRIVATE KEY"), "{text}");
            for secret in &secrets {
                assert!(!text.contains(secret.as_str()), "user data holds a secret");
            }
            tell_tales(&text.lines().map(str::trim).collect::<Vec<_>>().join("\n"))
        })
        .collect();
    let everywhere: Vec<&String> = secrets.iter().chain(&brought).collect();
    let holds = |content: &[u8], secret: &str| content.windows(secret.len()).any(|window| window == secret.as_bytes());
    for secret in &everywhere {
        assert!(!printed.contains(secret.as_str()), "it was printed: {secret}");
        for line in &lines {
            // Programs of the machines print and write it themselves: that is what they are for here.
            let own = holds(line, "/bin/sh") || holds(line, "sshd");
            assert!(own || !holds(line, secret), "on a command line: {}", String::from_utf8_lossy(line));
        }
    }
    let allowed = |path: &std::path::Path, secret: &str| {
        path.ends_with("home/.ssh/id_ed25519") || (path.starts_with(lab.path("plan")) && secret == PASSWORD)
    };
    for file in lab.files() {
        let content = fs::read(&file).unwrap_or_default();
        for secret in &everywhere {
            assert!(allowed(&file, secret) || !holds(&content, secret), "{} holds {secret}", file.display());
        }
    }
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}
