//! Scripts, first lines, line ends and sizes.

use hoist::diagnostics::Severity;
use hoist::user_data::{LIMIT, LintOptions, lint};
use sha2::{Digest as _, Sha256};

use crate::userdata::lab::{errors, found};

#[test]
fn scripts_that_no_shell_reads_are_told_with_their_line() {
    for (text, line) in [
        ("#!/bin/sh\necho 1\nfor x in; do\n", 4),
        ("#!/bin/bash\nif [[ a == b ]] then; fi\n", 2),
        ("#!/usr/bin/env bash\necho 'open\n", 3),
        ("#cloud-boothook\n#!/bin/sh\n)\n", 3),
        ("#cloud-config\nruncmd:\n- echo 1\n- echo 'open\n", 4),
    ] {
        let found = found(text);
        let shell =
            found.iter().find(|finding| finding.check == "shell").unwrap_or_else(|| panic!("{text}: {found:?}"));
        assert!(shell.line.abs_diff(line) <= 1, "{text}: {shell}");
    }
    // What bash reads, sh need not.
    assert_eq!(errors("#!/bin/bash\nx=(1 2)\n"), Vec::<&str>::new());
    assert_eq!(errors("#!/bin/sh\nx=(1 2)\n"), ["shell"]);
    // Nothing is run.
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("ran");
    assert_eq!(errors(&format!("#!/bin/sh\ntouch {}\n", mark.display())), Vec::<&str>::new());
    assert!(!mark.exists());
}

#[test]
fn first_lines_and_line_ends() {
    for (text, check) in [
        ("#!/bin/sh\necho\r\n", "crlf"),
        ("\u{feff}#!/bin/sh\n", "bom"),
        ("echo hello\n", "first-line"),
        ("#cloud-confg\npackages: [a]\n", "first-line"),
        ("#!bin/sh\n", "interpreter"),
        ("#!/usr/bin/env bash -e\n", "interpreter"),
        ("#!\n", "interpreter"),
        ("#cloud-config\npackages:\n\t- a\n", "tab"),
        ("#cloud-config\npackages: {\n", "yaml"),
        ("#cloud-config\n- a\n", "schema"),
        ("#include\nexample.org/x\n", "include"),
        ("#part-handler\nprint(1)\n", "part-handler"),
    ] {
        assert!(errors(text).contains(&check), "{text:?}: {:?}", found(text));
    }
    for (text, check) in [
        ("#!/bin/sh\r\necho\r\n", "crlf"),
        ("#cloud-config please\npackages: [a]\n", "first-line"),
        ("#!/usr/bin/python\nprint(1)\n", "interpreter"),
        ("#!/opt/tool/bin/tcl\n", "interpreter"),
        ("#cloud-config\r\npackages: [a]\r\n", "crlf"),
        ("#cloud-config\npackages: [a]\npackages: [b]\n", "yaml"),
        ("#!/bin/sh\ncurl http://example.org/x | sh\n", "plain-http"),
        ("#include\nhttp://example.org/x\n", "plain-http"),
        ("", "empty"),
    ] {
        let found = found(text);
        assert!(
            found.iter().any(|it| it.check == check && it.diagnostic.severity == Severity::Warning),
            "{text:?}: {found:?}"
        );
    }
    for text in [
        "#!/bin/sh\ncurl http://169.254.169.254/latest/meta-data/\n# http://example.org/\n",
        "\n#!/usr/bin/env python3\nprint(1)\n".trim_start(),
        "## template: jinja\n#cloud-config\nhostname: {{ v1.local_hostname }}\n",
        "## template: jinja\n#cloud-config\npackages: [a]\n",
    ] {
        assert_eq!(lint(text.as_bytes(), &LintOptions::default()).worst(), None, "{text}");
    }
}

#[test]
fn what_is_too_large_is_told_with_its_sizes() {
    let small = format!("#!/bin/sh\n{}", "echo again and again\n".repeat(2000));
    let linted = lint(small.as_bytes(), &LintOptions::default());
    assert!(linted.worst().is_none() && linted.findings[0].check == "size", "{:?}", linted.findings);
    let noise: String = (0..700_u32).map(|number| format!("# {:x?}\n", Sha256::digest(number.to_be_bytes()))).collect();
    let large = format!("#!/bin/sh\n{noise}");
    let finding = found(&large).into_iter().find(|finding| finding.check == "size").unwrap();
    assert!(
        finding.diagnostic.severity == Severity::Error && finding.diagnostic.message.contains(&LIMIT.to_string()),
        "{finding}"
    );
}
