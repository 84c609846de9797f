//! Functions on the arguments and environments of jobs.

use std::collections::BTreeMap;

use super::context::{Context, Outcome};
use super::expression::Expression;
use super::frame::Frame;
use super::number::low_i32;
use super::value::{List, Value};

const SPACES: [char; 4] = [' ', '\t', '\n', '\r'];

/// Cuts arguments in the newer syntax, in which single quotes keep spaces and two of them in quotes are one. `None` if a quote is open.
fn split_quoted(text: &str) -> Option<Vec<String>> {
    let mut arguments = Vec::new();
    let mut current = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if SPACES.contains(&letter) {
            arguments.extend(current.take());
        } else if letter == '\'' {
            let current = current.get_or_insert_with(String::new);
            loop {
                match letters.next()? {
                    '\'' if letters.peek() == Some(&'\'') => {
                        letters.next();
                        current.push('\'');
                    }
                    '\'' => break,
                    letter => current.push(letter),
                }
            }
        } else {
            current.get_or_insert_with(String::new).push(letter);
        }
    }
    arguments.extend(current);
    Some(arguments)
}

/// Adds an argument in the newer syntax. Each letter that needs quotes gets them, and quotes that meet are left out.
fn push_quoted(whole: &mut String, argument: &str) {
    if !whole.is_empty() {
        whole.push(' ');
    }
    if argument.is_empty() {
        whole.push_str("''");
    }
    for letter in argument.chars() {
        if letter != '\'' && !SPACES.contains(&letter) {
            whole.push(letter);
            continue;
        }
        if whole.ends_with('\'') {
            whole.pop();
        } else {
            whole.push('\'');
        }
        if letter == '\'' {
            whole.push('\'');
        }
        whole.push(letter);
        whole.push('\'');
    }
}

/// The version of the syntax, 1 or 2; `None` for anything else.
fn version(argument: Option<&Value>) -> Option<i32> {
    match argument {
        None => Some(2),
        Some(Value::Integer(version)) => Some(low_i32(*version)).filter(|version| matches!(version, 1 | 2)),
        Some(_) => None,
    }
}

/// `argsToList`.
pub(super) fn arguments_to_list(arguments: &[Value]) -> Value {
    let (Some(version), Some(Value::String(text))) = (version(arguments.get(1)), arguments.first()) else {
        return Value::Error;
    };
    let parts = if version == 1 {
        Some(text.split(SPACES).filter(|part| !part.is_empty()).map(str::to_owned).collect())
    } else {
        split_quoted(text)
    };
    parts.map_or(Value::Error, |parts| List::of(parts.iter().map(|part| Expression::text(part))))
}

/// `listToArgs`.
///
/// # Errors
///
/// Says why an item of the list has no value.
pub(super) fn list_to_arguments(context: &mut dyn Context, frame: &Frame, arguments: &[Value]) -> Outcome {
    let (Some(version), Some(Value::List(list))) = (version(arguments.get(1)), arguments.first()) else {
        return Ok(Value::Error);
    };
    let mut whole = String::new();
    for item in list.items() {
        let Value::String(argument) = context.evaluate(item, frame)? else { return Ok(Value::Error) };
        if version == 2 {
            push_quoted(&mut whole, &argument);
            continue;
        }
        if argument.contains(SPACES) {
            return Ok(Value::Error);
        }
        if !whole.is_empty() {
            whole.push(' ');
        }
        whole.push_str(&argument);
    }
    Ok(Value::text(whole))
}

/// Variables by name. One without a value is a `$$()` that is filled in later.
type Environment = BTreeMap<String, Option<String>>;

/// Adds `NAME=VALUE`; false if it is none.
fn assign(environment: &mut Environment, entry: &str) -> bool {
    match entry.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            environment.insert(name.to_owned(), Some(value.to_owned()));
        }
        None if entry.contains("$$") => {
            environment.insert(entry.to_owned(), None);
        }
        _ => return false,
    }
    true
}

fn text_of(environment: &Environment) -> Value {
    let mut whole = String::new();
    for (name, value) in environment {
        match value {
            Some(value) => push_quoted(&mut whole, &format!("{name}={value}")),
            None => push_quoted(&mut whole, name),
        }
    }
    Value::text(whole)
}

/// `envV1ToV2`.
pub(super) fn old_environment(value: &Value) -> Value {
    let text = match value {
        Value::Undefined => return Value::Undefined,
        Value::String(text) => text,
        _ => return Value::Error,
    };
    let mut environment = Environment::new();
    // A text that begins with another sign that no name has is separated by that sign.
    let separator = if text.starts_with('|') { '|' } else { ';' };
    for entry in text.split([separator, '\n']) {
        let entry = entry.trim_start_matches(SPACES);
        if !entry.is_empty() && !assign(&mut environment, entry) {
            return Value::Error;
        }
    }
    text_of(&environment)
}

/// `mergeEnvironment`: later arguments win, undefined ones are left out.
pub(super) fn merge_environment(arguments: &[Value]) -> Value {
    let mut environment = Environment::new();
    for argument in arguments {
        let entries = match argument {
            Value::Undefined => continue,
            Value::String(text) => split_quoted(text),
            _ => None,
        };
        let Some(entries) = entries else { return Value::Error };
        if !entries.iter().all(|entry| assign(&mut environment, entry)) {
            return Value::Error;
        }
    }
    text_of(&environment)
}

#[cfg(test)]
mod tests {
    use super::{Value, arguments_to_list, merge_environment, old_environment};

    #[test]
    fn arguments_and_environments_in_both_syntaxes() {
        let text = |text: &str| Value::text(text);
        assert_eq!(arguments_to_list(&[text("a 'b c' d''e")]).to_string(), "{ \"a\",\"b c\",\"de\" }");
        assert_eq!(arguments_to_list(&[text("a 'b"), Value::Integer(1)]).to_string(), "{ \"a\",\"'b\" }");
        assert_eq!(old_environment(&text("a=b;c=d e;")).to_string(), "\"a=b c=d' 'e\"");
        let merged = merge_environment(&[text("a=b"), Value::Undefined, text("c='x y'"), text("a=z")]);
        assert_eq!(merged.to_string(), "\"a=z c=x' 'y\"");
    }
}
