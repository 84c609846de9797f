//! Secrets in a text: user data is read by everything that runs on a machine, and by everybody who may describe it.
//!
//! What is found is told by what it is and where, never by its value.

mod assignment;
mod known;
mod pem;
mod rules;

/// A secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Secret {
    /// From 1.
    pub(super) line: u32,
    /// What kind it is; `RULE:KEY` where it is the value of a key.
    pub(super) name: String,
    /// What it is, for people.
    pub(super) what: String,
    /// Whether it is only weak, or known to everybody, so that no secret is given away.
    pub(super) is_public: bool,
}

impl Secret {
    fn new(line: usize, name: impl Into<String>, what: impl Into<String>) -> Self {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Self { line, name: name.into(), what: what.into(), is_public: false }
    }

    /// Whether one of these names is this secret's, or that of its rule.
    pub(super) fn is_allowed<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        names.any(|name| self.name == name || self.name.split(':').next() == Some(name))
    }
}

/// All secrets of a text, by line; one a place, by the most telling rule.
pub(super) fn scan(text: &str) -> Vec<Secret> {
    let mut found = pem::scan(text);
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let mut of_line: Vec<(std::ops::Range<usize>, Secret)> = rules::scan(line, number);
        for (range, secret) in assignment::scan(line, number) {
            // What a rule knows by its form is not told again as the value of a key.
            if !of_line.iter().any(|(taken, _)| taken.start < range.end && range.start < taken.end) {
                of_line.push((range, secret));
            }
        }
        found.extend(of_line.into_iter().map(|(_, secret)| secret));
    }
    found.sort();
    found.dedup();
    found
}

/// Whether what is given as a password or the like is one, and is nobody else's business: `None` where it is none.
pub(super) fn password(line: u32, name: &str, value: &str) -> Option<Secret> {
    assignment::password(usize::try_from(line).unwrap_or(usize::MAX), name, value)
}

#[cfg(test)]
mod tests;
