//! What is embedded, however deep, and what a message is put together from.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use hoist::user_data::{LintOptions, PartKind, lint, write_message};

use crate::userdata::lab::{base64, found};

/// A worker whose script no shell reads.
const WORKER: &str = "#!/bin/bash\necho start\nif true; then\n";

#[test]
fn a_worker_in_a_master_is_looked_at() {
    let conf = format!("[ec2]\nuser_data_b64 = {}\n", base64(WORKER));
    let master = format!("#cloud-config\nwrite_files:\n- path: /etc/elastiq.conf\n  content: |\n{}", indented(&conf));
    let finding = &found(&master)[0];
    assert_eq!((finding.check, finding.file_line), ("shell", 6));
    assert_eq!(finding.within, ["user_data_b64, embedded at line 6"]);

    // The same, the file in base64 as well: embedded in what is embedded.
    let master = format!("#cloud-config\nwrite_files:\n- path: /c\n  encoding: b64\n  content: {}\n", base64(&conf));
    let finding = found(&master).into_iter().find(|finding| finding.check == "shell").unwrap();
    assert_eq!(finding.file_line, 5);
    assert_eq!(finding.within, ["content, embedded at line 5", "user_data_b64, embedded at line 2"]);

    // Compressed, in lines of 76 characters, in a here-document of a script.
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(format!("{WORKER}# {}\n", "0123456789abcdefghijklmnopqrstuvwxyz".repeat(3)).as_bytes()).unwrap();
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(packed.finish().unwrap());
    let lines: Vec<&str> = encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    assert!(lines.len() > 1);
    let master = format!("#!/bin/sh\nbase64 -d >/worker <<'EOF'\n{}\nEOF\n", lines.join("\n"));
    let finding = found(&master).into_iter().find(|finding| finding.check == "shell").unwrap();
    assert_eq!((finding.file_line, finding.within.len()), (3, 1), "{finding}");
}

#[test]
fn here_documents_that_are_user_data_are_looked_at() {
    let text = "#!/bin/sh\ncat >/w <<'EOF'\n#cloud-config\nwrite_files:\n- {content: x}\nEOF\n";
    let finding = &found(text)[0];
    assert_eq!((finding.check, finding.line, finding.file_line), ("schema", 5, 5), "{finding}");
}

#[test]
fn each_part_of_a_message_has_its_lines() {
    let part = |name: &str, text: &str| PartKind::of(text.as_bytes()).part(name, name, text.as_bytes()).unwrap();
    let message = write_message([
        part("fine", "#cloud-config\npackages: [a]\n"),
        part("broken", "#!/bin/sh\nif\n"),
        part("far", "#!/bin/sh\necho é\ncurl http://example.org/\n"),
    ]);
    let text = String::from_utf8(message.clone()).unwrap();
    let lint = lint(&message, &LintOptions::default());
    assert_eq!(lint.parts.len(), 3);
    assert_eq!(lint.parts[0].bytes, "#cloud-config\npackages: [a]\n".len());
    let of = |check: &str| lint.findings.iter().find(|finding| finding.check == check).unwrap();
    let start = text.lines().position(|line| line == "#!/bin/sh").unwrap() as u32 + 1;
    assert!((start + 1..=start + 2).contains(&of("shell").file_line), "{}", of("shell"));
    assert_eq!(of("shell").within, ["part 2 broken (text/x-shellscript)"]);
    // What is encoded has lines of its own.
    assert_eq!((of("plain-http").line, of("plain-http").within.len()), (3, 1), "{}", of("plain-http"));
    assert_ne!(of("plain-http").file_line, 3);
}

#[test]
fn nothing_lies_too_deep_to_end() {
    let mut text = "#!/bin/sh\ntrue\n".to_owned();
    for _ in 0..14 {
        text = format!("#!/bin/sh\nx={}\n", base64(&text));
    }
    assert!(found(&text).iter().any(|finding| finding.check == "depth"));
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

proptest::proptest! {
    /// Whatever the bytes, they are looked at to the end.
    #[test]
    fn no_bytes_are_too_strange(
        beginning in proptest::sample::select(vec!["", "#!/bin/sh\n", "#cloud-config\n", "Content-Type: multipart/mixed; boundary=b\nMIME-Version: 1.0\n\n--b\n"]),
        words in proptest::collection::vec("\\PC{0,12}|password: |é=|[A-Za-z0-9+/]{60,90}={0,2}|<<'é'\n|\n  - |\t|: |--b|\\|", 0..40),
        tail in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
    ) {
        let mut data = format!("{beginning}{}", words.concat()).into_bytes();
        data.extend(tail);
        let options = LintOptions { without_shells: true, ..LintOptions::default() };
        lint(&data, &options);
    }
}
