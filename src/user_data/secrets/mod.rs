//! Detection of secrets in a text: user data can be read by everything that runs on a machine, and by everybody who may
//! describe the instance.
//!
//! Findings have the kind and place of a secret, never its value.

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

/// The maximum number of secrets reported per text.
const MOST: usize = 1000;

/// Returns the names of all rules.
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

/// Finds all secrets of a text, by line; one per position, by the most specific rule.
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
        // A secret that is recognised by its form is not reported again as the value of a key.
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

/// Checks the value of a password or similar setting. Returns `None` if it is not secret.
pub(super) fn password(line: u32, name: &str, value: &str) -> Option<DetectedSecret> {
    value::password(usize::try_from(line).unwrap_or(usize::MAX), name, value)
}

/// Checks the content of a file whose name indicates a secret. Returns `None` if it does not look like one.
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
