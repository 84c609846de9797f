//! Merging several cloud-configs into one.
//!
//! The rules are those that cloud-init documents for `merge_how: dict(recurse_array,no_replace)+list(append)` ("Merging
//! user data sections"): lists are appended, and mappings are merged. A value that two of them set differently is an
//! error, whereas cloud-init would silently take one of them.

mod emit;
mod merge_tree;

use super::user_data_source::UserDataSource;
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::yaml::{self, Node, YamlValue};
use merge_tree::{MergeTree, SourcedValue};

/// Keys by which a cloud-config tells cloud-init how to merge it.
const OWN_RULES: [&str; 2] = ["merge_how", "merge_type"];

/// Merges the cloud-configs, with cloud-config's first line.
///
/// # Errors
/// All conflicts, with their places.
pub(super) fn merge(configs: &[UserDataSource]) -> Result<String, Diagnostics> {
    let mut wrong = Vec::new();
    let mut whole: Option<SourcedValue> = None;
    for (from, config) in configs.iter().enumerate() {
        match read(config, from) {
            Ok(None) => {}
            Ok(Some(next)) => match &mut whole {
                None => whole = Some(next),
                Some(whole) => join(whole, next, "", configs, &mut wrong),
            },
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    if !wrong.is_empty() {
        return Err(Diagnostics(wrong));
    }
    let text = whole.map(|whole| emit::emit(&whole.value)).unwrap_or_default();
    Ok(format!("#cloud-config\n{text}"))
}

/// Reads a cloud-config. Returns `None` if it is empty.
fn read(config: &UserDataSource, from: usize) -> Result<Option<SourcedValue>, Diagnostic> {
    let whole = |message: &str| Diagnostic::error(message).at(Place::file(&config.name));
    let at = |line: u32, message: String| {
        Diagnostic::error(message).at(Place::new(&config.name, usize::try_from(line).ok()))
    };
    let text = std::str::from_utf8(&config.content).map_err(|_| whole("it is not UTF-8"))?;
    let root = yaml::load(text).map_err(|problem| at(problem.line, problem.message))?.root;
    if let Some((rule, node)) = OWN_RULES.iter().find_map(|rule| Some((rule, root.get(rule)?))) {
        return Err(at(node.line, format!("it says itself how it is merged ({rule}); leave --merge out")));
    }
    // The value is binary, and cannot be represented as the text of a string.
    if text.contains("!!binary") {
        return Err(whole("it has a value of the type !!binary, which hoist does not write; leave --merge out"));
    }
    match root.value {
        YamlValue::Null => Ok(None),
        YamlValue::Map(_) => hold(root, from).map(Some).map_err(|(line, message)| at(line, message)),
        other => Err(at(root.line, format!("it is {}, where a mapping was expected", other.kind()))),
    }
}

fn hold(node: Node, from: usize) -> Result<SourcedValue, (u32, String)> {
    let line = node.line;
    let value = match node.value {
        YamlValue::List(items) => {
            MergeTree::List(items.into_iter().map(|item| hold(item, from)).collect::<Result<_, _>>()?)
        }
        YamlValue::Map(entries) => {
            let entry = |(key, value): (Node, Node)| match key.as_text() {
                Some(name) => Ok((name.to_owned(), hold(value, from)?)),
                None => Err((key.line, format!("a key is {}, where a string was expected", key.value.kind()))),
            };
            MergeTree::Map(entries.into_iter().map(entry).collect::<Result<_, _>>()?)
        }
        // A number that is too large would be changed.
        YamlValue::Int(i64::MAX) => return Err((line, "this number is too large".to_owned())),
        YamlValue::Float(number) if !number.is_finite() => {
            return Err((line, "this number cannot be written".to_owned()));
        }
        leaf => MergeTree::Leaf(leaf),
    };
    Ok(SourcedValue { value, from, line })
}

/// Merges a later value into an earlier one.
fn join(
    into: &mut SourcedValue,
    next: SourcedValue,
    path: &str,
    configs: &[UserDataSource],
    wrong: &mut Vec<Diagnostic>,
) {
    match (&mut into.value, next.value) {
        (MergeTree::List(items), MergeTree::List(more)) => items.extend(more),
        (MergeTree::Map(entries), MergeTree::Map(more)) => {
            for (key, value) in more {
                match entries.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, known)) => {
                        let path = if path.is_empty() { key } else { format!("{path}.{key}") };
                        join(known, value, &path, configs, wrong);
                    }
                    None => entries.push((key, value)),
                }
            }
        }
        // A missing value sets nothing.
        (_, MergeTree::Leaf(YamlValue::Null)) => {}
        (MergeTree::Leaf(YamlValue::Null), value) => *into = SourcedValue { value, from: next.from, line: next.line },
        (MergeTree::Leaf(one), MergeTree::Leaf(other)) if same(one, &other) => {}
        (one, other) => wrong.push(Diagnostic::error(format!(
            "{path} is {} at {}:{} and {} at {}:{}; let one of them say it",
            shown(one),
            configs[into.from].name,
            into.line,
            shown(&other),
            configs[next.from].name,
            next.line
        ))),
    }
}

/// Returns whether two values are equal, regardless of their notation.
fn same(one: &YamlValue, other: &YamlValue) -> bool {
    match (one, other) {
        (YamlValue::Text { text: one, .. }, YamlValue::Text { text: other, .. }) => one == other,
        _ => one == other,
    }
}

/// Describes a value for messages; a text, which may be a secret, only by its type.
fn shown(value: &MergeTree) -> String {
    match value {
        MergeTree::Leaf(YamlValue::Bool(value)) => value.to_string(),
        MergeTree::Leaf(YamlValue::Int(value)) => value.to_string(),
        MergeTree::Leaf(YamlValue::Float(value)) => value.to_string(),
        MergeTree::Leaf(other) => other.kind().to_owned(),
        MergeTree::List(_) => "a list".to_owned(),
        MergeTree::Map(_) => "a mapping".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(texts: &[&str]) -> Result<String, Vec<String>> {
        let name = |index: usize| char::from(b'a' + u8::try_from(index).unwrap()).to_string();
        let piece = |(index, text): (usize, &&str)| UserDataSource { name: name(index), content: (*text).into() };
        let merged = merge(&texts.iter().enumerate().map(piece).collect::<Vec<_>>());
        merged.map_err(|wrong| wrong.0.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn lists_are_appended_and_mappings_merged() {
        let text = merged(&[
            "#cloud-config\npackages: [a, b]\napt: {sources: {one: {source: s}}, conf: 'yes'}\nssh_pwauth: no\n",
            "#cloud-config\n",
            "#cloud-config\npackages: [b]\napt:\n  sources:\n    two: {source: t}\nssh_pwauth: false\nhostname:\n",
            "#cloud-config\nhostname: h\nruncmd:\n- [ls, -l]\n- |\n  one\n  two\n",
        ]);
        let expected = "#cloud-config\npackages:\n- a\n- b\n- b\napt:\n  sources:\n    one:\n      source: s\n    two:\n      source: t\n  \
                        conf: \"yes\"\nssh_pwauth: false\nhostname: h\nruncmd:\n- - ls\n  - -l\n- |\n  one\n  two\n";
        assert_eq!(text.unwrap(), expected);
    }

    #[test]
    fn what_two_say_differently_is_told_with_both_places() {
        let wrong = merged(&[
            "#cloud-config\nhostname: one\nntp: {enabled: true}\nusers: [x]\n",
            "#cloud-config\nntp:\n  enabled: false\nhostname: two\nusers: {x: 1}\n",
        ]);
        assert_eq!(
            wrong.unwrap_err(),
            [
                "ntp.enabled is true at a:3 and false at b:3; let one of them say it",
                "hostname is a string at a:2 and a string at b:4; let one of them say it",
                "users is a list at a:4 and a mapping at b:5; let one of them say it",
            ]
        );
    }

    #[test]
    fn what_cannot_be_merged_is_refused() {
        for (text, word) in [
            ("#cloud-config\nmerge_how: list(append)\n", "a:2: it says itself"),
            ("#cloud-config\n- a\n", "a:2: it is a list"),
            ("#cloud-config\na: [\n", "a:"),
            ("#cloud-config\na: !!binary aGk=\n", "!!binary"),
            ("#cloud-config\na: 99999999999999999999\n", "a:2: this number"),
            ("#cloud-config\n1: a\n", "a:2: a key is a whole number"),
        ] {
            let wrong = merged(&[text, "#cloud-config\nb: 1\n"]).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].contains(word), "{text}: {wrong:?}");
        }
    }
}
