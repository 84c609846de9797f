//! The filters of lists, as far as they are known here; any other is refused.

use serde_json::Value;

use super::error::GoogleError;
use super::schema::whole;

/// All of these hold for what is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter(Vec<Term>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    /// The names on the way to a field: `labels`, `owner`.
    field: Vec<String>,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Equals(String),
    Differs(String),
    /// `field:*`
    There,
    /// `field eq REGEX`, which must match all of the value.
    Matches(String),
    MatchesNot(String),
}

impl Filter {
    /// Reads a filter: one expression, or several in parentheses, of which all must hold.
    pub(super) fn new(text: &str) -> Result<Self, GoogleError> {
        let parts = parts(text.trim()).ok_or_else(|| unknown(text))?;
        let terms =
            parts.into_iter().map(|part| term(part).ok_or_else(|| unknown(text))).collect::<Result<Vec<_>, _>>()?;
        let regex = |term: &Term| matches!(term.test, Test::Matches(_) | Test::MatchesNot(_));
        if terms.iter().any(regex) && !terms.iter().all(regex) {
            let why = "Invalid list filter expression: eq and ne cannot be mixed with other operators.";
            return Err(GoogleError::invalid("filter", text, why));
        }
        Ok(Self(terms))
    }

    pub(super) fn holds(&self, value: &Value) -> bool {
        self.0.iter().all(|term| term.holds(value))
    }
}

impl Term {
    fn holds(&self, value: &Value) -> bool {
        let found = self.field.iter().try_fold(value, |value, name| value.get(name));
        let text = found.map(|found| found.as_str().map_or_else(|| found.to_string(), str::to_owned));
        let is = |other: &String| text.as_ref() == Some(other);
        let matches = |regex: &String| whole(regex, text.as_deref().unwrap_or_default()) == Ok(true);
        match &self.test {
            Test::Equals(other) => is(other),
            Test::Differs(other) => !is(other),
            Test::There => text.is_some(),
            Test::Matches(regex) => matches(regex),
            Test::MatchesNot(regex) => !matches(regex),
        }
    }
}

fn unknown(text: &str) -> GoogleError {
    let why = "Invalid list filter expression, or one that is not known here.";
    GoogleError { unknown_here: true, ..GoogleError::invalid("filter", text, why) }
}

/// The expressions in parentheses, with or without AND between them, or the only one without.
fn parts(text: &str) -> Option<Vec<&str>> {
    if !text.starts_with('(') {
        return Some(vec![text]);
    }
    let (mut parts, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (part, after) = rest.strip_prefix('(')?.split_once(')')?;
        parts.push(part.trim());
        rest = after.trim_start();
        rest = rest.strip_prefix("AND ").map_or(rest, str::trim_start);
    }
    Some(parts)
}

fn term(text: &str) -> Option<Term> {
    let part_of_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    let end = text.find(|c| !part_of_name(c))?;
    let (field, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let test = if rest.trim_end() == ":*" {
        Test::There
    } else if let Some(literal) = rest.strip_prefix("!=") {
        Test::Differs(literal_of(literal)?)
    } else if let Some(literal) = rest.strip_prefix('=') {
        Test::Equals(literal_of(literal)?)
    } else if let Some(literal) = rest.strip_prefix("eq ") {
        Test::Matches(regex_of(literal)?)
    } else {
        Test::MatchesNot(regex_of(rest.strip_prefix("ne ")?)?)
    };
    let field: Vec<String> = field.split('.').map(str::to_owned).collect();
    field.iter().all(|name| !name.is_empty()).then_some(Term { field, test })
}

/// A literal in double quotes, or a single word.
fn literal_of(text: &str) -> Option<String> {
    let text = text.trim();
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_./:".contains(c));
    match quoted {
        Some(inside) => (!inside.contains(['"', '\\'])).then(|| inside.to_owned()),
        None => word(text).then(|| text.to_owned()),
    }
}

/// A regular expression in quotes of either kind, or without.
fn regex_of(text: &str) -> Option<String> {
    let text = text.trim();
    let inside = ['"', '\''].iter().find_map(|&quote| text.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(text);
    (!inside.is_empty() && !inside.contains(['"', '\'', ' ']) && whole(inside, "").is_ok()).then(|| inside.to_owned())
}
