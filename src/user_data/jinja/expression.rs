//! Jinja expressions, parsed as far as needed to find syntax errors and the names that they use.

use std::collections::HashSet;

use super::error::JinjaError;

/// Jinja's filters (its documentation, "List of Builtin Filters").
const FILTERS: [&str; 54] = [
    "abs",
    "attr",
    "batch",
    "capitalize",
    "center",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "filesizeformat",
    "first",
    "float",
    "forceescape",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "random",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "string",
    "striptags",
    "sum",
    "title",
    "tojson",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "urlize",
    "wordcount",
    "wordwrap",
    "xmlattr",
];

/// Jinja's tests (its documentation, "List of Builtin Tests").
const TESTS: [&str; 36] = [
    "boolean",
    "callable",
    "defined",
    "divisibleby",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "False",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "None",
    "number",
    "odd",
    "sameas",
    "sequence",
    "string",
    "test",
    "true",
    "True",
    "undefined",
    "upper",
];

/// Operators and literals, which are not names.
const WORDS: [&str; 14] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "True", "false", "False", "none", "None", "recursive"];

/// The names that cloud-init defines (its documentation, "Instance metadata"), and those that Jinja itself defines.
const KNOWN: [&str; 40] = [
    "v1",
    "v2",
    "ds",
    "merged_cfg",
    "merged_system_cfg",
    "sys_info",
    "userdata",
    "vendordata",
    "base64_encoded_keys",
    "sensitive_keys",
    "combined_cloud_config",
    "system_info",
    "availability_zone",
    "cloud_id",
    "cloud_name",
    "distro",
    "distro_release",
    "distro_version",
    "instance_id",
    "kernel_release",
    "local_hostname",
    "machine",
    "platform",
    "public_ssh_keys",
    "python_version",
    "region",
    "subplatform",
    "system_platform",
    "variant",
    "hostname",
    "_beta_keys",
    "_doc",
    "cycler",
    "dict",
    "joiner",
    "lipsum",
    "namespace",
    "range",
    "loop",
    "self",
];

/// A piece of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JinjaPiece<'a> {
    Name(&'a str),
    Number,
    Text,
    Sign(&'a str),
}

/// An expression.
pub(super) struct Expression<'a>(Vec<JinjaPiece<'a>>);

impl<'a> Expression<'a> {
    /// Parses an expression on this line.
    ///
    /// # Errors
    /// A syntax error.
    pub(super) fn read(text: &'a str, line: u32) -> Result<Self, JinjaError> {
        let wrong = |message: String| Err(JinjaError { line, message });
        let pieces = pieces(text);
        let mut depth = 0_usize;
        for (at, piece) in pieces.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| pieces[at]);
            match piece {
                JinjaPiece::Sign("(" | "[" | "{") => depth += 1,
                JinjaPiece::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
                JinjaPiece::Sign("=") if depth == 0 => return wrong("an expression assigns nothing (=)".to_owned()),
                JinjaPiece::Name(name) if before == Some(JinjaPiece::Sign("|")) && !FILTERS.contains(name) => {
                    return wrong(format!("Jinja has no filter {name}"));
                }
                JinjaPiece::Name(name) if is_after_is(&pieces[..at]) && !TESTS.contains(name) && *name != "not" => {
                    return wrong(format!("Jinja has no test {name}"));
                }
                _ => {}
            }
            let is_word = |piece: &JinjaPiece<'_>| matches!(piece, JinjaPiece::Name(name) if WORDS.contains(name));
            let is_value = |piece: &JinjaPiece<'_>| {
                matches!(piece, JinjaPiece::Name(_) | JinjaPiece::Number | JinjaPiece::Text) && !is_operator(piece)
            };
            let closes = |piece: &JinjaPiece<'_>| is_value(piece) || matches!(piece, JinjaPiece::Sign(")" | "]" | "}"));
            if let Some(before) = before
                && closes(&before)
                && is_value(piece)
                && !(before == JinjaPiece::Text && *piece == JinjaPiece::Text)
                // `x is divisibleby 3`
                && !(at >= 2 && is_after_is(&pieces[..at - 1]))
                && !is_word(piece)
            {
                return wrong("an expression goes on where its end was expected".to_owned());
            }
        }
        Ok(Self(pieces))
    }

    /// Returns unknown names with an attribute or index (`name.key`, `name[key]`), for which cloud-init skips the
    /// template.
    pub(super) fn unknown<'b>(&'b self, own: &'b HashSet<&'b str>) -> impl Iterator<Item = &'a str> + 'b {
        self.0.iter().enumerate().filter_map(move |(at, piece)| {
            let JinjaPiece::Name(name) = piece else { return None };
            let before = at.checked_sub(1).map(|at| self.0[at]);
            let is_part = matches!(before, Some(JinjaPiece::Sign("." | "|"))) || is_after_is(&self.0[..at]);
            let is_taken_from = matches!(self.0.get(at + 1), Some(JinjaPiece::Sign("." | "[")));
            let is_known = KNOWN.contains(name) || WORDS.contains(name) || own.contains(name);
            (is_taken_from && !is_part && !is_known).then_some(*name)
        })
    }
}

fn is_operator(piece: &JinjaPiece<'_>) -> bool {
    matches!(piece, JinjaPiece::Name("and" | "or" | "not" | "in" | "is" | "if" | "else" | "recursive"))
}

/// Returns whether the next token is the name of a test: `x is`, `x is not`.
fn is_after_is(before: &[JinjaPiece<'_>]) -> bool {
    matches!(before, [.., JinjaPiece::Name("is")] | [.., JinjaPiece::Name("is"), JinjaPiece::Name("not")])
}

/// Returns the names that the statements of a template assign.
pub(super) fn assigned<'a>(statements: impl Iterator<Item = &'a str>) -> HashSet<&'a str> {
    let mut own = HashSet::new();
    for statement in statements {
        let (word, rest) = statement.trim().split_once(char::is_whitespace).unwrap_or((statement, ""));
        let given = match word {
            "for" => rest.split(" in ").next().unwrap_or(rest),
            "set" => rest.split('=').next().unwrap_or(rest),
            "with" | "macro" | "call" => rest,
            _ => continue,
        };
        own.extend(pieces(given).into_iter().filter_map(|piece| match piece {
            JinjaPiece::Name(name) => Some(name),
            _ => None,
        }));
    }
    own
}

fn pieces(text: &str) -> Vec<JinjaPiece<'_>> {
    let (mut found, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let run = |test: fn(char) -> bool| rest.find(|c| !test(c)).unwrap_or(rest.len());
        let (piece, length) = if first.is_alphabetic() || first == '_' {
            let length = run(|c| c.is_alphanumeric() || c == '_');
            (JinjaPiece::Name(&rest[..length]), length)
        } else if first.is_ascii_digit() {
            (JinjaPiece::Number, run(|c| c.is_ascii_alphanumeric() || c == '_'))
        } else if matches!(first, '"' | '\'') {
            (JinjaPiece::Text, quoted(rest, first))
        } else {
            let two = rest.get(..2).filter(|two| matches!(*two, "==" | "!=" | "<=" | ">=" | "//" | "**"));
            let length = two.map_or(first.len_utf8(), str::len);
            (JinjaPiece::Sign(&rest[..length]), length)
        };
        found.push(piece);
        rest = rest[length..].trim_start();
    }
    found
}

/// Returns the length of a quoted text.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jinja_reads_is_read() {
        let own = HashSet::from(["x"]);
        for text in [
            "v1.region",
            "ds.meta_data['a-b'][0] | default('x', true) | upper",
            "'a' 'b' ~ 1.5",
            "x is defined and not y is divisibleby 3",
            "a if b is not none else c",
            "f(a=1, b=[2, {'c': 3}])",
            "range(3) | list",
            "x.y(1)[2].z",
            "'%s' | format(v1.region)",
            "a // 2 ** 3 >= -1",
            "x in [1, 2] or x not in y",
        ] {
            assert!(Expression::read(text, 1).is_ok(), "{text}");
            assert_eq!(Expression::read(text, 1).unwrap().unknown(&own).count(), 0, "{text}");
        }
        for text in ["a = 1", "foo bar", "x | nope", "x is nope", "f(x) y", "'a' b", "1 2"] {
            assert!(Expression::read(text, 1).is_err(), "{text}");
        }
        let expression = Expression::read("foo.bar ~ x.y ~ baz ~ v1.z | map(attribute='q')", 1).unwrap();
        assert_eq!(expression.unknown(&own).collect::<Vec<_>>(), ["foo"]);
        assert_eq!(
            assigned(["for a, b in c.items()", "set d = e", "if f"].into_iter()),
            HashSet::from(["a", "b", "d"])
        );
    }
}
