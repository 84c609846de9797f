//! Secrets in a text: user data is read by everything that runs on a machine, and by everybody who may describe it.
//!
//! What is found is told by what it is and where, never by its value.

mod allowlist;
mod assignment_heuristics;
mod command_form;
mod commands;
mod detected_secret;
mod fed;
mod lists;
mod manifest;
mod pem;
mod promise;
mod tokens;
mod value;
mod weighed;

use std::collections::BTreeSet;
use std::ops::Range;

pub(super) use detected_secret::DetectedSecret;

/// The most secrets of one text that are told.
const MOST: usize = 1000;

/// The names of all rules by which secrets are found.
pub fn rules() -> BTreeSet<&'static str> {
    let others = [
        "password",
        "secret",
        "private-key",
        "list-password",
        "fed-secret",
        "kubernetes-secret",
        "file-secret",
        "munge-key",
        "erlang-cookie",
        "chef-secret",
        "corosync-key",
        "pacemaker-key",
        "ansible-vault-password",
        "vnc-password",
        "slurm-key",
        "disk-key",
        "kerberos-keytab",
    ];
    tokens::rules().chain(commands::rules()).chain(others).collect()
}

/// All secrets of a text, by line; one a place, by the most telling rule.
pub(super) fn scan(text: &str) -> Vec<DetectedSecret> {
    let mut found = pem::scan(text);
    found.extend(lists::scan(text));
    found.extend(manifest::scan(text));
    let lower = text.to_ascii_lowercase();
    let wanted = commands::Wanted::of(&lower);
    let mut start = 0;
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        let line = whole.trim_end_matches('\n').trim_end_matches('\r');
        let number = index + 1;
        let mut of_line: Vec<(Range<usize>, DetectedSecret)> = Vec::new();
        tokens::scan(line, number, &mut of_line);
        wanted.scan(line, &lower[start..start + line.len()], number, &mut of_line);
        fed::scan(line, number, &mut of_line);
        let known = of_line.len();
        assignment_heuristics::scan(line, number, &mut of_line);
        // What a rule knows by its form is not told again as the value of a key.
        let taken: Vec<Range<usize>> = of_line[..known].iter().map(|(range, _)| range.clone()).collect();
        for (place, (range, secret)) in of_line.into_iter().enumerate() {
            let is_told =
                place >= known && taken.iter().any(|taken| taken.start < range.end && range.start < taken.end);
            if !is_told {
                found.push(secret);
            }
        }
        if found.len() > MOST {
            break;
        }
        start += whole.len();
    }
    found.sort();
    found.dedup();
    found
}

/// Whether what is given as a password or the like is one, and is nobody else's business: `None` where it is none.
pub(super) fn password(line: u32, name: &str, value: &str) -> Option<DetectedSecret> {
    value::password(usize::try_from(line).unwrap_or(usize::MAX), name, value)
}

/// The content of a file, where its name says that it is a secret and it looks like one.
pub(super) fn content(path: &str, text: &str) -> Option<DetectedSecret> {
    let value = text.trim();
    let is_one = !value.is_empty() && !value.contains(char::is_whitespace) && !allowlist::is_placeholder(value);
    let is_secret = is_one
        && match promise::promise_of_path(path) {
            promise::NameHint::Password => !allowlist::is_place(value) && !allowlist::is_hash(value),
            promise::NameHint::Random => value::is_random(value),
            promise::NameHint::Issued => value::is_issued(value),
            promise::NameHint::None => false,
        };
    is_secret.then(|| DetectedSecret::new(1, format!("file-secret:{path}"), format!("the content of {path}")))
}

#[cfg(test)]
mod tests;
