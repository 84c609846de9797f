//! Scripts: their first line, and whether their shell can read them.

use std::path::Path;

use super::finding::Finding;
use super::shell;
use super::walk::{Place, Walk};

/// Interpreters that a machine with cloud-init has, or that are named as plainly as can be.
const USUAL: [&str; 14] =
    ["sh", "bash", "dash", "ash", "ksh", "zsh", "python3", "perl", "awk", "env", "true", "cloud-init", "ruby", "node"];

impl Walk<'_> {
    /// A script, with its first line.
    pub(super) fn script(&mut self, text: &str, place: &Place) {
        let empty = text.len() - text.trim_start().len();
        let start = u32::try_from(text[..empty].matches('\n').count()).unwrap_or(0) + 1;
        let text = &text[empty..];
        let first = text.split('\n').next().unwrap_or_default();
        let Some(interpreter) = first.strip_prefix("#!") else {
            self.add(Finding::error(
                "interpreter",
                place,
                start,
                "the script does not begin with #! and its interpreter",
            ));
            return;
        };
        if first.ends_with('\r') {
            let message = "its lines end in CR LF: the kernel looks for an interpreter whose name ends in CR";
            self.add(Finding::error("crlf", place, start, message).hint("save it with LF line ends"));
        } else if text.contains("\r\n") {
            let message = "some of its lines end in CR LF, and the CR is a part of the last word there";
            self.add(Finding::error("crlf", place, start, message).hint("save it with LF line ends"));
        }
        let words: Vec<&str> = interpreter.split_whitespace().collect();
        let Some(program) = words.first() else {
            self.add(Finding::error("interpreter", place, start, "the script names no interpreter after #!"));
            return;
        };
        if !program.starts_with('/') {
            let message = format!("the interpreter {program} is no absolute path");
            self.add(Finding::error("interpreter", place, start, message).hint("#!/bin/sh, or #!/usr/bin/env NAME"));
            return;
        }
        let name = name_of(&words);
        if name == "python" || name == "python2" {
            let message = format!("current systems have no {program}");
            self.add(Finding::warning("interpreter", place, start, message).hint("#!/usr/bin/python3"));
        } else if !USUAL.contains(&name) && !name.starts_with("python3") {
            let message = format!("{program} ({name}) must be in the image: few have it");
            self.add(Finding::warning("interpreter", place, start, message));
        }
        if shell::is_shell(name) {
            self.syntax(name, text, &place.of_same(start));
        }
    }

    /// A boot hook: a script after a line of its own.
    pub(super) fn boot_hook(&mut self, text: &str, place: &Place) {
        let empty = text.len() - text.trim_start().len();
        let (first, script) = text[empty..].split_once('\n').unwrap_or((&text[empty..], ""));
        let start = u32::try_from(text[..empty].matches('\n').count()).unwrap_or(0) + 2;
        if !first.trim_end().eq("#cloud-boothook") {
            // What stands on the first line after the mark is what the kernel sees first.
            return;
        }
        self.script(script, &place.of_same(start));
    }

    /// Asks a shell whether it can read a script.
    pub(super) fn syntax(&mut self, name: &str, script: &str, place: &Place) {
        if self.options.without_shells {
            return;
        }
        // Line ends were told of, and would be told of again by every line.
        match shell::check(name, &script.replace("\r\n", "\n")) {
            Ok(None) => {}
            Ok(Some((line, message))) => {
                self.add(Finding::error("shell", place, line, format!("{name} cannot read the script: {message}")));
            }
            Err(error) => {
                let message =
                    format!("{name} was not asked about the syntax, because it cannot be started here: {error}");
                self.add(Finding::note("shell", place, 1, message));
            }
        }
    }
}

/// The name of an interpreter: of `/usr/bin/env -S name`, that name.
fn name_of<'a>(words: &[&'a str]) -> &'a str {
    let name = |path: &'a str| Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path);
    let first = words.first().map_or("", |path| name(path));
    if first != "env" {
        return first;
    }
    let command = words[1..].iter().find(|word| !word.starts_with('-') && !word.contains('='));
    command.map_or(first, |path| name(path))
}
