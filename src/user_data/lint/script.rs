//! Scripts: their first line, and their syntax.

use std::path::Path;

use super::check::{CRLF, MIXED_LINE_ENDS, NO_INTERPRETER, NO_SHELL, PYTHON_2, RARE_INTERPRETER, SHELL};
use super::finding::Finding;
use super::habits;
use super::lint_path::LintPath;
use super::shell::{self, Answer};
use super::visitor::LintVisitor;

/// Interpreters that a machine with cloud-init has, or whose names leave no doubt.
const USUAL: [&str; 14] =
    ["sh", "bash", "dash", "ash", "ksh", "zsh", "python3", "perl", "awk", "env", "true", "cloud-init", "ruby", "node"];

/// The first line of a boot hook.
const BOOT_HOOK: &str = "#cloud-boothook";

impl LintVisitor<'_> {
    /// Checks a script, including its first line.
    pub(super) fn script(&mut self, text: &str, place: &LintPath) {
        let empty = text.len() - text.trim_start().len();
        let start = u32::try_from(text[..empty].matches('\n').count()).unwrap_or(0) + 1;
        let text = &text[empty..];
        let first = text.split('\n').next().unwrap_or_default();
        let Some(interpreter) = first.strip_prefix("#!") else {
            let message = "the script does not begin with #! and its interpreter";
            self.add(Finding::new(&NO_INTERPRETER, place, start, message));
            return;
        };
        if first.ends_with('\r') {
            let message = "its lines end in CR LF: cloud-init takes the CR away, not every reader does";
            self.add(Finding::new(&CRLF, place, start, message).hint("save it with LF line ends"));
        } else if text.contains("\r\n") {
            let message = "some of its lines end in CR LF, and the CR is a part of the last word there";
            self.add(Finding::new(&MIXED_LINE_ENDS, place, start, message).hint("save it with LF line ends"));
        }
        let words: Vec<&str> = interpreter.split_whitespace().collect();
        let Some(program) = words.first() else {
            let message = "the script names no interpreter after #!";
            self.add(Finding::new(&NO_INTERPRETER, place, start, message));
            return;
        };
        if !program.starts_with('/') {
            let message = format!("the interpreter {program} is no absolute path");
            let finding = Finding::new(&NO_INTERPRETER, place, start, message);
            self.add(finding.hint("#!/bin/sh, or #!/usr/bin/env NAME"));
            return;
        }
        self.unrendered(text, &place.of_same(start));
        let name = name_of(&words);
        if name == "python" || name == "python2" {
            let message = format!("current systems have no {program}");
            self.add(Finding::new(&PYTHON_2, place, start, message).hint("#!/usr/bin/python3"));
        } else if !USUAL.contains(&name) && !name.starts_with("python3") {
            let message = format!("{program} ({name}) must be in the image: few have it");
            self.add(Finding::new(&RARE_INTERPRETER, place, start, message));
        }
        // The kernel passes everything that follows to env as one word.
        if Path::new(program).file_name().is_some_and(|name| name == "env")
            && words.len() > 2
            && !words[1].starts_with('-')
        {
            let message = format!("env is given {:?} as the name of one program", words[1..].join(" "));
            self.add(Finding::new(&NO_INTERPRETER, place, start, message).hint("env -S takes the words apart"));
        }
        if shell::is_shell(name) {
            self.syntax(name, text, &place.of_same(start));
            self.habits(name, text, &place.of_same(start), |line| line);
        }
    }

    /// Checks a boot hook: a script after its own marker, which may be missing if a message declares the type.
    pub(super) fn boot_hook(&mut self, text: &str, place: &LintPath) {
        let empty = text.len() - text.trim_start().len();
        let script = text[empty..].strip_prefix(BOOT_HOOK).unwrap_or(&text[empty..]);
        let start = u32::try_from(text[..text.len() - script.len()].matches('\n').count()).unwrap_or(0) + 1;
        self.script(script, &place.of_same(start));
    }

    /// Reports commands that do not work at boot. `line_of` converts line numbers of the script.
    pub(super) fn habits(&mut self, shell: &str, script: &str, place: &LintPath, line_of: impl Fn(u32) -> u32) {
        for (line, (check, message, hint)) in habits::scan(shell, script) {
            self.add(Finding::new(check, place, line_of(line), message).hint(hint));
        }
    }

    /// Checks a script's syntax with a shell.
    pub(super) fn syntax(&mut self, name: &str, script: &str, place: &LintPath) {
        if self.options.without_shells {
            return;
        }
        // Line ends are already reported, and would be reported again for every line.
        match self.budget.ask(name, &script.replace("\r\n", "\n")) {
            None | Some(Answer::Read | Answer::TooSlow) => {}
            Some(Answer::Unread(line, message)) => {
                self.add(Finding::new(&SHELL, place, line, format!("{name} cannot read the script: {message}")));
            }
            Some(Answer::Missing(error)) => {
                let message =
                    format!("{name} was not asked about the syntax, because it cannot be started here: {error}");
                self.add(Finding::new(&NO_SHELL, place, 1, message));
            }
        }
    }
}

/// Returns the name of an interpreter; for `/usr/bin/env -S name`, that name.
fn name_of<'a>(words: &[&'a str]) -> &'a str {
    let name = |path: &'a str| Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path);
    let first = words.first().map_or("", |path| name(path));
    if first != "env" {
        return first;
    }
    let command = words[1..].iter().find(|word| !word.starts_with('-') && !word.contains('='));
    command.map_or(first, |path| name(path))
}
