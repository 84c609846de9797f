//! A TOML table that tracks which keys were read, and reports the others.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::super::diagnostic_sink::DiagnosticSink;
use super::super::duration::DurationError;
use super::super::environment::Environment;
use super::super::located::Located;
use super::super::text::Text;
use super::super::{duration, environment};
use crate::diagnostics::{Place, did_you_mean, shown};

/// The state that all tables of a file share.
pub(crate) struct TableReader<'a> {
    pub(crate) file: Arc<Path>,
    pub(crate) findings: &'a DiagnosticSink,
    pub(crate) environment: &'a Environment<'a>,
    line_starts: Vec<usize>,
}

impl<'a> TableReader<'a> {
    pub(crate) fn new(file: &Path, text: &str, findings: &'a DiagnosticSink, environment: &'a Environment<'a>) -> Self {
        let line_starts =
            std::iter::once(0).chain(text.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(at, _)| at + 1));
        Self { file: Arc::from(file), findings, environment, line_starts: line_starts.collect() }
    }

    pub(crate) fn place(&self, offset: usize) -> Place {
        Place::line(&self.file, self.line_starts.partition_point(|&start| start <= offset))
    }
}

/// A key of the user's own, and its value or, if that is an unset environment variable, the variable.
pub(crate) type Pair = (Located<String>, Result<Located<String>, Located<String>>);

type TomlEntry<'t> = (&'t Spanned<DeString<'t>>, &'t Spanned<DeValue<'t>>);

/// A table that is being read.
pub(crate) struct Table<'t, 'a> {
    pub(crate) reader: &'t TableReader<'a>,
    /// The object that the table describes, for messages: `service "web"`.
    pub(crate) what: String,
    entries: &'t DeTable<'t>,
    known: RefCell<Vec<&'static str>>,
}

impl<'t, 'a> Table<'t, 'a> {
    pub(crate) fn new(reader: &'t TableReader<'a>, what: impl Into<String>, entries: &'t DeTable<'t>) -> Self {
        Self { reader, what: what.into(), entries, known: RefCell::default() }
    }

    /// Returns the value of `key`, which counts as known from now on.
    pub(crate) fn get(&self, key: &'static str) -> Option<(Place, &'t Spanned<DeValue<'t>>)> {
        self.known.borrow_mut().push(key);
        let (found, value) = self.entries.get_key_value(key)?;
        Some((self.reader.place(found.span().start), value))
    }

    /// Returns all entries, in the order of the file.
    pub(crate) fn entries(&self) -> Vec<TomlEntry<'t>> {
        let mut entries: Vec<TomlEntry<'t>> = self.entries.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
    }

    /// Reports the keys that were never read.
    pub(crate) fn finish(self) {
        self.finish_with(|_| None);
    }

    /// Reports the keys that were never read, with `hint` taking precedence over the nearest name.
    pub(crate) fn finish_with(self, hint: impl Fn(&str) -> Option<String>) {
        let known = self.known.into_inner();
        for (key, _) in self.entries {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                self.reader.findings.error_with(
                    &self.reader.place(key.span().start),
                    format!("unknown key \"{}\" in {}", shown(name), self.what),
                    hint(name).or_else(|| did_you_mean(name, known.iter().copied())),
                );
            }
        }
    }

    /// Reports that the value of `key` has the wrong type.
    pub(crate) fn wrong(&self, place: &Place, key: &str, expected: &str, found: &DeValue<'_>) {
        let message = format!("\"{key}\" of {} must be {expected}, not {}", self.what, kind(found));
        self.reader.findings.error(place, message);
    }

    /// Reports that the value of `key` is invalid.
    pub(crate) fn invalid(&self, place: &Place, key: &str, problem: &str) {
        self.reader.findings.error(place, format!("\"{key}\" of {}: {problem}", self.what));
    }

    pub(crate) fn string(&self, key: &'static str) -> Option<Located<String>> {
        let (place, value) = self.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => self.given(key, self.reader.environment.read(text, place)),
            other => {
                self.wrong(&place, key, "a string", other);
                None
            }
        }
    }

    pub(crate) fn text(&self, key: &'static str) -> Option<Located<Text>> {
        self.string(key).map(|string| string.map(Text::from))
    }

    /// Returns a string, number or boolean, as text.
    pub(crate) fn scalar(&self, key: &'static str) -> Option<Located<String>> {
        let (place, value) = self.get(key)?;
        let text = scalar(self.reader, &place, value.get_ref());
        if text.is_none() {
            self.wrong(&place, key, "a string or a number", value.get_ref());
        }
        self.given(key, text?)
    }

    /// Returns an integer within `limits`, which the error names.
    pub(crate) fn integer(&self, key: &'static str, limits: std::ops::RangeInclusive<u64>) -> Option<Located<u64>> {
        let (place, value) = self.get(key)?;
        let expected = format!("an integer from {} to {}", limits.start(), limits.end());
        let Some(text) = scalar(self.reader, &place, value.get_ref()) else {
            self.wrong(&place, key, &expected, value.get_ref());
            return None;
        };
        let text = self.given(key, text)?;
        // A string is accepted only if it came from the environment.
        let typed = matches!(value.get_ref(), DeValue::Integer(_)) || text.env.is_some();
        match text.value.trim().parse::<u64>() {
            Ok(number) if typed && limits.contains(&number) => Some(text.map(|_| number)),
            _ => {
                let found = match value.get_ref() {
                    DeValue::String(_) => format!("\"{}\"", shown(&text.value)),
                    _ => text.value.clone(),
                };
                self.reader
                    .findings
                    .error(&place, format!("\"{key}\" of {} must be {expected}, not {found}", self.what));
                None
            }
        }
    }

    pub(crate) fn boolean(&self, key: &'static str) -> Option<Located<bool>> {
        let (place, value) = self.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(boolean) => return Some(Located::new(*boolean, place)),
            DeValue::String(text) if environment::variable(text).is_some() => {
                let text = self.given(key, self.reader.environment.read(text, place.clone()))?;
                if let Ok(boolean) = text.value.parse() {
                    return Some(text.map(|_| boolean));
                }
                self.invalid(&place, key, &format!("must be true or false, not \"{}\"", shown(&text.value)));
            }
            other => self.wrong(&place, key, "true or false", other),
        }
        None
    }

    /// Returns true, false, or one of a few words.
    pub(crate) fn boolean_or<T: Copy>(
        &self,
        key: &'static str,
        boolean: impl Fn(bool) -> T,
        choices: &[(&str, T)],
    ) -> Option<Located<T>> {
        let (place, value) = self.get(key)?;
        let text = match value.get_ref() {
            DeValue::Boolean(given) => return Some(Located::new(boolean(*given), place)),
            DeValue::String(text) => self.given(key, self.reader.environment.read(text, place.clone()))?,
            other => {
                self.wrong(&place, key, "true or false", other);
                return None;
            }
        };
        let word = choices.iter().find(|(name, _)| *name == text.value).map(|(_, choice)| *choice);
        if let Some(choice) = word.or_else(|| text.value.parse().ok().map(&boolean)) {
            return Some(text.map(|_| choice));
        }
        let names: String = choices.iter().map(|(name, _)| format!(" or \"{name}\"")).collect();
        self.invalid(&place, key, &format!("must be true, false{names}, not \"{}\"", shown(&text.value)));
        None
    }

    /// Returns a duration: seconds as a number, or text like `"1h30m"`.
    pub(crate) fn duration(&self, key: &'static str) -> Option<Located<Duration>> {
        self.duration_by(key, duration::parse)
    }

    /// Returns the time limit of a program: a duration, or `"none"`.
    pub(crate) fn limit(&self, key: &'static str) -> Option<Located<Duration>> {
        self.duration_by(key, duration::parse_limit)
    }

    pub(crate) fn duration_by(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<Duration, DurationError>,
    ) -> Option<Located<Duration>> {
        let (place, value) = self.get(key)?;
        let text = match value.get_ref() {
            DeValue::String(_) | DeValue::Integer(_) => {
                self.given(key, scalar(self.reader, &place, value.get_ref())?)?
            }
            other => {
                self.wrong(&place, key, "a duration such as 90 or \"1h30m\"", other);
                return None;
            }
        };
        match parse(&text.value) {
            Ok(duration) => Some(text.map(|_| duration)),
            Err(problem) => {
                self.invalid(&place, key, &problem.to_string());
                None
            }
        }
    }

    /// Returns one of a few words.
    pub(crate) fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)]) -> Option<Located<T>> {
        let word = self.string(key)?;
        if let Some(&(_, choice)) = choices.iter().find(|(name, _)| *name == word.value) {
            return Some(word.map(|_| choice));
        }
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        self.reader.findings.error_with(
            &word.place,
            format!("\"{key}\" of {} must be {}, not \"{}\"", self.what, names.join(" or "), shown(&word.value)),
            did_you_mean(&word.value, choices.iter().map(|(name, _)| *name)),
        );
        None
    }

    /// Returns one of a few words, or an array of different ones in order of preference.
    pub(crate) fn choices<T: Copy + PartialEq>(
        &self,
        key: &'static str,
        choices: &[(&str, T)],
    ) -> Option<Located<Vec<T>>> {
        let words = self.one_or_several(key)?;
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let mut chosen = Vec::new();
        for word in &words.value {
            match choices.iter().find(|(name, _)| *name == word.as_str()) {
                Some((_, choice)) if !chosen.contains(choice) => chosen.push(*choice),
                Some((name, _)) => self.invalid(&words.place, key, &format!("names \"{name}\" twice")),
                None => self.reader.findings.error_with(
                    &words.place,
                    format!(
                        "\"{key}\" of {} must be {}, not \"{}\"",
                        self.what,
                        names.join(" or "),
                        shown(word.as_str())
                    ),
                    did_you_mean(word.as_str(), choices.iter().map(|(name, _)| *name)),
                ),
            }
        }
        Some(words.map(|_| chosen))
    }

    /// Returns a text, or an array of at least one text, in order of preference.
    pub(crate) fn one_or_several(&self, key: &'static str) -> Option<Located<Vec<Text>>> {
        let (place, value) = self.get(key)?;
        let texts = match value.get_ref() {
            DeValue::Array(items) if items.is_empty() => {
                self.invalid(&place, key, "must name at least one");
                return None;
            }
            DeValue::Array(_) => self.texts(key)?.1.into_iter().map(|text| text.value).collect(),
            DeValue::String(_) => return self.text(key).map(|text| text.map(|text| vec![text])),
            other => {
                self.wrong(&place, key, "a string or an array of strings", other);
                return None;
            }
        };
        Some(Located::new(texts, place))
    }

    pub(crate) fn table(&self, key: &'static str) -> Option<Table<'t, 'a>> {
        let (place, value) = self.get(key)?;
        match value.get_ref() {
            DeValue::Table(entries) => Some(Table::new(self.reader, format!("\"{key}\" of {}", self.what), entries)),
            other => {
                self.wrong(&place, key, "a table", other);
                None
            }
        }
    }

    /// Returns an array of strings, numbers and booleans, as texts with their own places.
    pub(crate) fn texts(&self, key: &'static str) -> Option<(Place, Vec<Located<Text>>)> {
        let (place, value) = self.get(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(&place, key, "an array of strings", value.get_ref());
            return None;
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items.iter() {
            let at = self.reader.place(item.span().start);
            match scalar(self.reader, &at, item.get_ref()) {
                Some(text) => texts.extend(self.given(key, text).map(|text| text.map(Text::from))),
                None => self.wrong(&at, key, "an array of strings", item.get_ref()),
            }
        }
        Some((place, texts))
    }

    /// Returns a table with keys of the user's own, whose values are strings, numbers and booleans.
    pub(crate) fn pairs(&self, key: &'static str) -> Vec<Pair> {
        let Some(table) = self.table(key) else { return Vec::new() };
        table.all_pairs()
    }

    /// Like [`Table::pairs`], for values that may also be tables, which come second.
    pub(crate) fn pairs_and_tables(&self, key: &'static str) -> (Vec<Pair>, Vec<(Located<String>, Table<'t, 'a>)>) {
        let Some(table) = self.table(key) else { return Default::default() };
        let mut tables = Vec::new();
        let pairs = table.pairs_or(|name, value| {
            let DeValue::Table(entries) = value else { return false };
            let what = format!("\"{}\" in {}", shown(&name.value), table.what);
            tables.push((name.clone(), Table::new(self.reader, what, entries)));
            true
        });
        (pairs, tables)
    }

    /// Returns the entries of this table, all of them the user's own.
    pub(crate) fn all_pairs(&self) -> Vec<Pair> {
        self.pairs_or(|_, _| false)
    }

    /// Returns the entries of this table except for those that `take` accepts.
    fn pairs_or(&self, mut take: impl FnMut(&Located<String>, &'t DeValue<'t>) -> bool) -> Vec<Pair> {
        let mut pairs = Vec::with_capacity(self.entries.len());
        for (name, value) in self.entries() {
            let place = self.reader.place(name.span().start);
            let name = Located::new(name.get_ref().to_string(), place.clone());
            match scalar(self.reader, &place, value.get_ref()) {
                Some(value) => pairs.push((name, value)),
                None if take(&name, value.get_ref()) => {}
                None => {
                    let message = format!(
                        "\"{}\" in {} must be a string, a number or a boolean, not {}",
                        shown(&name.value),
                        self.what,
                        kind(value.get_ref())
                    );
                    self.reader.findings.error(&place, message);
                }
            }
        }
        pairs
    }
}

/// Returns the text of a string, number or boolean, or the unset environment variable that it names. Returns `None` for
/// other values.
fn scalar(
    reader: &TableReader<'_>,
    place: &Place,
    value: &DeValue<'_>,
) -> Option<Result<Located<String>, Located<String>>> {
    let text = match value {
        DeValue::String(text) => return Some(reader.environment.read(text, place.clone())),
        DeValue::Integer(integer) => match i128::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => number.to_string(),
            Err(_) => integer.as_str().to_owned(),
        },
        DeValue::Float(float) => float.as_str().to_owned(),
        DeValue::Boolean(boolean) => boolean.to_string(),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => return None,
    };
    Some(Ok(Located::new(text, place.clone())))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
