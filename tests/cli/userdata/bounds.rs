//! Work stays in proportion to the size of what is looked at, however much lies in it.

use std::io::Write as _;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use hoist::diagnostics::Severity;
use hoist::user_data::{Lint, LintOptions, lint};
use hoist_test_support::process::computed_here;

/// When something began, and what this thread had computed. Nothing here is timed: it only tells what is bounded, which takes
/// seconds on a machine at rest, from what takes hours.
struct Begun(Instant, Duration);

impl Begun {
    fn now() -> Self {
        Self(Instant::now(), computed_here())
    }

    fn assert_bounded(&self, what: &str) {
        let (took, computed) = (self.0.elapsed(), computed_here() - self.1);
        assert!(computed < Duration::from_secs(60), "{what}: {computed:?} computed");
        assert!(took < Duration::from_secs(300), "{what}: {took:?}");
    }
}

fn packed(data: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(data).unwrap();
    packed.finish().unwrap()
}

/// A script that holds `copies` of itself, packed and encoded, `levels` deep; `salt` makes each copy another one.
fn bomb(copies: usize, levels: usize, salt: &mut impl FnMut() -> String) -> Vec<u8> {
    let mut document = format!("#!/bin/sh\necho {}\n", salt()).into_bytes();
    for _ in 0..levels {
        let mut outer = b"#!/bin/sh\n".to_vec();
        for _ in 0..copies {
            let mut inner = document.clone();
            inner.extend(format!("# {}\n", salt()).bytes());
            outer.extend(format!("x={} ;\n", STANDARD.encode(packed(&inner))).bytes());
        }
        document = outer;
    }
    document
}

fn looked_at(data: &[u8]) -> Lint {
    let begun = Begun::now();
    let lint = lint(data, &LintOptions::default());
    begun.assert_bounded(&format!("{} bytes", data.len()));
    lint
}

#[test]
fn copies_of_the_same_are_looked_at_once() {
    let data = packed(&bomb(8, 8, &mut String::new));
    let lint = looked_at(&data);
    assert!(lint.findings.iter().all(|finding| finding.name != "shell-syntax"), "{:?}", lint.findings);
}

#[test]
fn what_unpacks_to_too_much_is_said_to_be_left_out() {
    // A megabyte of zeros in a line of base64, fifty times, each a little different.
    let mut text = "#!/bin/sh\n".to_owned();
    for number in 0..50 {
        let mut zeros = format!("#!/bin/sh\n# {number}\n").into_bytes();
        zeros.extend(vec![b'\n'; 1024 * 1024]);
        text.push_str(&format!("x={}\n", STANDARD.encode(packed(&zeros))));
    }
    let lint = looked_at(text.as_bytes());
    let left = lint.findings.iter().find(|finding| finding.name == "not-looked-at").expect("it says so");
    assert_eq!(left.diagnostic.severity, Severity::Warning);
    assert!(
        left.diagnostic.message.contains("not everything in it was looked at")
            && left.diagnostic.message.contains("bytes"),
        "{left}"
    );

    let whole = packed(&vec![b'\n'; 64 * 1024 * 1024]);
    let lint = looked_at(&whole);
    assert!(lint.findings.iter().any(|finding| finding.name == "not-looked-at"), "{:?}", lint.findings);
}

#[test]
fn a_thousand_scripts_do_not_start_a_thousand_shells() {
    let mut text = "#!/bin/sh\n".to_owned();
    for number in 0..1000 {
        text.push_str(&format!("x={}\n", STANDARD.encode(format!("#!/bin/sh\necho script number {number}\n"))));
    }
    let lint = looked_at(text.as_bytes());
    let left = lint.findings.iter().find(|finding| finding.name == "not-looked-at").expect("it says so");
    assert!(left.diagnostic.message.contains("no shell was asked about 9"), "{left}");
}

#[test]
fn long_lines_and_many_lines_end() {
    let megabyte = 1 << 20;
    let options = LintOptions { without_shells: true, ..LintOptions::default() };
    for (name, text) in [
        ("one word", "a".repeat(megabyte)),
        ("assignments", "a=".repeat(megabyte / 2)),
        ("passwords", "password=".repeat(megabyte / 9)),
        ("variables", "${PASSWORD:-".repeat(megabyte / 12)),
        ("commands", "curl -u a:b ".repeat(megabyte / 12)),
        ("addresses", "http://example.org/ ".repeat(megabyte / 20)),
        ("here-documents", "cat <<A\n".repeat(megabyte / 8)),
        ("keys", format!("-----BEGIN {}\n", "PRIVATE KEY-----").repeat(megabyte / 28)),
        ("base64", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo= ".repeat(megabyte / 37)),
        ("braces", "{".repeat(megabyte)),
        ("what is fed", "echo a | passwd ".repeat(megabyte / 16)),
        ("installations", "apt install a; ".repeat(megabyte / 15)),
        ("open variables", "${a.b ".repeat(megabyte / 6)),
    ] {
        for head in ["#!/bin/sh\n", "#cloud-config\na: ", "## template: jinja\n#cloud-config\na: "] {
            let begun = Begun::now();
            let lint = lint(format!("{head}{text}\n").as_bytes(), &options);
            assert!(lint.findings.len() <= 1010, "{name}: {}", lint.findings.len());
            begun.assert_bounded(name);
        }
    }
}

#[test]
fn no_finding_lies_beyond_the_last_line() {
    let whole = "#cloud-config\npackages:\n- git\n- {a: [b, 'c d'], e: \"f\"}\nruncmd:\n- |\n  if true; then\n  x\n- !t y\nbad: |\n";
    let ends = [
        "", "bad", "bad\n", "- ", "{", "[\n", "'x", "\"x\n", "? ", "&a", "*b\n", "|", "a: b: c", "\t", "%", "---\nx\n",
        "\n\n",
    ];
    let mut found = 0;
    for cut in (0..=whole.len()).step_by(5) {
        for end in ends {
            let text = format!("{}{end}", &whole[..cut]);
            let lines = text.lines().count().max(1);
            for finding in lint(text.as_bytes(), &LintOptions::default()).findings {
                found += 1;
                let (line, file_line) = (finding.line as usize, finding.file_line as usize);
                assert!((1..=lines).contains(&line) && (1..=lines).contains(&file_line), "{text:?}: {finding:?}");
            }
        }
    }
    assert!(found > 200, "{found}");
    let lint = lint(b"#cloud-config\npackages:\n- git\nbad", &LintOptions::default());
    assert_eq!(lint.findings.iter().map(|finding| finding.file_line).collect::<Vec<_>>(), [4]);
}
