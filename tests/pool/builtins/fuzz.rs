//! Every wicked value arrives byte for byte on a machine that really ran the user data.

use std::path::Path;

use serde_json::{Value, json};

use crate::builtins::rendered::{render, values};
use hoist_test_support::cloud_machine::{Machine, addresses};

/// Values that mean something somewhere.
const VALUES: &[&str] = &[
    "",
    " ",
    "'",
    "\"",
    "'\\''",
    "it's \"quoted\" `twice`",
    "two\nlines",
    "\nbefore",
    "after\n\n",
    "\r\nwindows\r\n",
    "# no comment",
    "a: b",
    "- a",
    "key: |\n  block",
    "{{x}} {{{x}}} {% x %} {# x #}",
    "$(touch /var/pwned)",
    "`touch /var/pwned`",
    "; touch /var/pwned",
    "' ; touch /var/pwned ; '",
    "$HOME ${HOME} $$ $1 $@",
    "\\ \\\\ \\n \\' \\\"",
    "\ttab\t",
    "%s %n %d %%",
    "-n",
    "-e",
    "--",
    "null",
    "yes",
    "~",
    "0x1f",
    "1e3",
    "2026-11-20",
    "!!python/object:os.system",
    "&a *a",
    "EOF",
    "a | b",
    "*?[a]",
    "é 日本 \u{1f600} \u{10ffff}",
    "\u{85}\u{a0}\u{2028}\u{feff}",
    "\u{1}\u{7}\u{8}\u{1b}[2J\u{7f}",
];

/// In a file, what no argument can be, and more than one argument can hold (128 KiB on Linux); cloud-init takes a
/// minute for a megabyte.
fn for_files() -> Vec<String> {
    let mut all: Vec<String> = VALUES.iter().map(|&value| value.to_owned()).collect();
    all.extend(["\0".to_owned(), "a\0b\0\n".to_owned(), "x'\"\n".repeat(50_000)]);
    all
}

fn files() -> Value {
    let contents = for_files();
    let entry = |(index, content): (usize, &String)| json!({"path": format!("/var/fuzz/{index}"), "content": content});
    Value::Array(contents.iter().enumerate().map(entry).collect())
}

fn check_files(machine: &Machine) {
    for (index, content) in for_files().iter().enumerate() {
        let read = machine.file(Path::new(&format!("/var/fuzz/{index}")));
        assert!(
            read == content.as_bytes(),
            "file {index} of {content:.80?} is {:.80?}",
            String::from_utf8_lossy(&read)
        );
    }
    machine.root("test ! -e /var/pwned");
}

fn words(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.strip_suffix('\0').unwrap().split('\0').map(str::to_owned).collect()
}

/// Writes down what it is called with; a Docker needs a kernel of its own.
const DOCKER: &[u8] = b"#!/bin/sh\n[ \"$1\" != run ] || printf '%s\\0' \"$@\" > /var/ran\n";

#[test]
fn a_container_is_run_with_exactly_what_was_given() {
    let [address] = addresses::<1>();
    let environment: Vec<String> = VALUES.iter().map(|value| format!("V={value}")).collect();
    let options = json!(["--label", "a 'b'\n$(c)"]);
    let given = json!({"os": "debian-13", "container_image": "ghcr.io/a/b:1", "command": VALUES, "environment": environment,
        "options": options, "name": "w", "files": files()});
    let user_data = render("docker-worker", &values(&[&given]));
    let Some(machine) = Machine::start(&address, &user_data, &[("usr/local/bin/docker", DOCKER, 0o755)]) else {
        return;
    };
    machine.booted();
    check_files(&machine);
    let mut expected: Vec<String> =
        ["run", "--detach", "--restart=unless-stopped", "--name", "w", "--label", "a 'b'\n$(c)"]
            .map(str::to_owned)
            .into();
    expected.extend(environment.iter().flat_map(|one| ["--env".to_owned(), one.clone()]));
    expected.push("ghcr.io/a/b:1".to_owned());
    expected.extend(VALUES.iter().map(|&value| value.to_owned()));
    assert_eq!(words(&machine.file(Path::new("/var/ran"))), expected);
}

/// Puts a directory where the bucket would be; the real one needs the cloud's own metadata.
const S3FS: &[u8] = b"#!/bin/sh\nprintf '%s\\0' \"$@\" > /var/mounted\ncp -r /var/bucket/. \"$2/\"\n";

/// A coalition worker, as far as its start goes.
const WORKER: &str = "import os, sys\n\
    open('/var/worked', 'wb').write(b''.join(os.fsencode(x) + b'\\0' for x in [sys.argv[3]] + [os.environ['V%d' % i] for i in range(int(os.environ['N']))]))\n";

#[test]
fn a_coalition_worker_starts_with_exactly_what_was_given() {
    let [address] = addresses::<1>();
    let mut environment: Vec<String> =
        VALUES.iter().enumerate().map(|(index, value)| format!("V{index}={value}")).collect();
    environment.push(format!("N={}", VALUES.len()));
    let (mount, install, program) = ("/var/m 'n' $(o)", "/var/in \"stall\"", "srv/it's a program.tar.gz");
    let given = json!({"os": "debian-13", "bucket": "b.example", "region": "eu-west-1", "mount_point": mount, "server": "10.1.2.3",
        "install_directory": install, "coalition_package": "srv/coalition.tar.gz", "program_package": program,
        "environment": environment, "files": files()});
    let user_data = render("worker-cloud-init", &values(&[&given]));
    let coalition = archive(&[("coalition/worker.py", WORKER)]);
    let other = archive(&[("guerilla/data", "x")]);
    let program_path = format!("var/bucket/{program}");
    let seed: [(&str, &[u8], u32); 3] = [
        ("usr/local/bin/s3fs", S3FS, 0o755),
        ("var/bucket/srv/coalition.tar.gz", &coalition, 0o644),
        (&program_path, &other, 0o644),
    ];
    let Some(machine) = Machine::start(&address, &user_data, &seed) else { return };
    machine.booted();
    check_files(&machine);
    let mounted = words(&machine.file(Path::new("/var/mounted")));
    let options = "url=https://s3.eu-west-1.amazonaws.com,endpoint=eu-west-1,iam_role=auto,enable_content_md5";
    assert_eq!(mounted, ["b.example", mount, "-o", options]);
    machine.until("the worker starts", std::time::Duration::from_secs(30), || {
        machine.try_root("test -s /var/worked").is_ok()
    });
    let told = words(&machine.file(Path::new("/var/worked")));
    assert_eq!(told[0], "http://10.1.2.3:19211");
    assert_eq!(told[1..], *VALUES);
    assert_eq!(machine.root("cat '/var/in \"stall\"/guerilla/data'"), "x");
}

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}
