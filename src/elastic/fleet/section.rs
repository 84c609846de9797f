use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use toml::de::DeValue;

use crate::diagnostics::{Place, shown};
use crate::plan::{DurationError, Located, SecretSource, Table, parse_duration};

/// Most workers of a fleet.
pub const MOST_WORKERS: u64 = 100_000;

/// A table of the fleet file with its place.
pub(super) struct Section<'t, 'a> {
    pub(super) table: Table<'t, 'a>,
    pub(super) place: Place,
}

impl<'t, 'a> Section<'t, 'a> {
    /// Returns the section of this name, if `parent` has it.
    pub(super) fn of(parent: &Table<'t, 'a>, key: &'static str) -> Option<Self> {
        let (place, value) = parent.get(key)?;
        match value.get_ref() {
            DeValue::Table(entries) => {
                Some(Self { table: Table::new(parent.reader, format!("[{key}]"), entries), place })
            }
            other => {
                parent.wrong(&place, key, "a table", other);
                None
            }
        }
    }

    /// Reports a missing key.
    pub(super) fn needs(&self, key: &'static str, what: &str) {
        if self.table.get(key).is_none() {
            let message = format!("{} needs \"{key}\"", self.table.what);
            self.table.reader.findings.error_with(&self.place, message, Some(what.to_owned()));
        }
    }

    /// Reads a whole number.
    pub(super) fn count(&self, key: &'static str, limits: std::ops::RangeInclusive<u64>) -> Option<u32> {
        self.table.integer(key, limits).and_then(|number| u32::try_from(number.value).ok())
    }

    /// Reads a number of workers.
    pub(super) fn workers(&self, key: &'static str) -> Option<Located<u32>> {
        let number = self.table.integer(key, 0..=MOST_WORKERS)?;
        Some(number.map(|number| u32::try_from(number).unwrap_or(u32::MAX)))
    }

    /// Reads a duration of more than 0.
    pub(super) fn duration(&self, key: &'static str) -> Option<Duration> {
        self.table.duration(key).map(|duration| duration.value)
    }

    /// Reads a duration that may be 0.
    pub(super) fn pause(&self, key: &'static str) -> Option<Duration> {
        let parse = |text: &str| match parse_duration(text) {
            Err(DurationError::Zero) => Ok(Duration::ZERO),
            other => other,
        };
        self.table.duration_by(key, parse).map(|duration| duration.value)
    }

    /// Reads a line of text.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        let text = self.table.string(key)?;
        self.line(key, &text.place, &text.value).then_some(text.value)
    }

    /// Reads an address of one of these schemes, which must hold no password.
    pub(super) fn url(&self, key: &'static str, schemes: &[&str]) -> Option<String> {
        let text = self.table.string(key)?;
        let report = |problem: &str, hint: Option<String>| {
            let message = format!("\"{key}\" of {} {problem}", self.table.what);
            self.table.reader.findings.error_with(&text.place, message, hint);
            None
        };
        let known: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://")).collect();
        let rest = text.value.split_once("://").filter(|(scheme, _)| schemes.contains(scheme)).map(|(_, rest)| rest);
        let Some(rest) = rest else {
            // The text is not quoted: it may hold a password.
            return report(
                "is no address that can be used here",
                Some(format!("it begins with {}", known.join(" or "))),
            );
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            let hint = "write user = \"…\" and password = { secret = \"file:PATH\" }".to_owned();
            return report("holds a user or a password, which do not belong there", Some(hint));
        }
        if authority.is_empty() || text.value.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return report("is no address that can be used here", None);
        }
        Some(text.value)
    }

    /// Reads a text that stands for a value of type `T`, which may also be written as a number.
    pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(&self, key: &'static str) -> Option<T> {
        let text = self.table.scalar(key)?;
        match text.value.parse() {
            Ok(value) => Some(value),
            Err(problem) => {
                let problem = format!("{}: {problem}", shown(&text.value));
                self.table.invalid(&text.place, key, &problem);
                None
            }
        }
    }

    /// Reads an array of texts.
    pub(super) fn texts(&self, key: &'static str) -> Vec<String> {
        if !self.has_texts_alone(key) {
            return Vec::new();
        }
        let Some((_, texts)) = self.table.texts(key) else { return Vec::new() };
        let valid = texts.into_iter().filter(|text| self.line(key, &text.place, text.value.as_str()));
        valid.map(|text| text.value.as_str().to_owned()).collect()
    }

    /// Reads a table of texts.
    pub(super) fn pairs(&self, key: &'static str) -> BTreeMap<String, Located<String>> {
        let pairs = self.table.pairs(key).into_iter();
        pairs.filter_map(|(name, value)| Some((name.value, value.ok()?))).collect()
    }

    /// Reads a program and its arguments: a text, or an array of texts.
    pub(super) fn program(&self, key: &'static str) -> Vec<String> {
        if !self.has_texts_alone(key) {
            return Vec::new();
        }
        let Some(words) = self.table.one_or_several(key) else { return Vec::new() };
        if words.value.first().is_some_and(|program| program.as_str().is_empty())
            || words.value.iter().any(|word| word.as_str().contains('\0'))
        {
            self.table.invalid(&words.place, key, "names no program");
        }
        words.value.iter().map(|word| word.as_str().to_owned()).collect()
    }

    /// Reports items of an array that are no texts: a number's notation (`0x10`, `1_000`) would be lost.
    fn has_texts_alone(&self, key: &'static str) -> bool {
        let Some((_, value)) = self.table.get(key) else { return true };
        let DeValue::Array(items) = value.get_ref() else { return true };
        let others = items.iter().filter(|item| !matches!(item.get_ref(), DeValue::String(_)));
        let others = others.map(|item| (self.table.reader.place(item.span().start), item.get_ref()));
        let others: Vec<_> = others.collect();
        others.iter().for_each(|(place, found)| self.table.wrong(place, key, "an array of strings", found));
        others.is_empty()
    }

    /// Reads `{ secret = "env:NAME" }` or `{ secret = "file:PATH" }`. A value in its place is never quoted.
    pub(super) fn secret(&self, key: &'static str) -> Option<SecretSource> {
        let (place, value) = self.table.get(key)?;
        let findings = self.table.reader.findings;
        let DeValue::Table(entries) = value.get_ref() else {
            let message = format!("\"{key}\" of {} must say where the secret is, not what it is", self.table.what);
            let hint = format!("{key} = {{ secret = \"file:PATH\" }} or {{ secret = \"env:NAME\" }}");
            findings.error_with(&place, message, Some(hint));
            return None;
        };
        let what = format!("\"{key}\" of {}", self.table.what);
        let inner = Self { table: Table::new(self.table.reader, what, entries), place };
        inner.needs("secret", "secret = \"file:PATH\" or secret = \"env:NAME\"");
        let text = inner.table.string("secret");
        inner.table.finish();
        let text = text?;
        let directory = self.table.reader.file.parent().unwrap_or(std::path::Path::new(""));
        let source = SecretSource::parse(&text.value, directory, None).ok();
        if source.is_none() {
            let message = format!("\"secret\" in \"{key}\" of {} does not say where the secret is", self.table.what);
            findings.error_with(&text.place, message, Some("write \"env:NAME\" or \"file:PATH\"".to_owned()));
        }
        source
    }

    /// Reports a text that is empty or has control characters.
    fn line(&self, key: &str, place: &Place, text: &str) -> bool {
        let problem = if text.trim().is_empty() {
            "is empty; leave the key out"
        } else if text.contains(char::is_control) {
            "holds a control character"
        } else {
            return true;
        };
        self.table.invalid(place, key, problem);
        false
    }
}
