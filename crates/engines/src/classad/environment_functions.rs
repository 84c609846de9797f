//! Functions on the arguments and environments of jobs.

use std::collections::BTreeMap;

use super::context::{Context, Outcome};
use super::expression::Expression;
use super::frame::Frame;
use super::number::low_i32;
use super::unknown::Stop;
use super::value::{List, Value};

const SPACES: [char; 4] = [' ', '\t', '\n', '\r'];

/// Cuts arguments in the newer syntax, in which single quotes keep spaces and two of them in quotes are one. `None` if
/// a quote is open.
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
fn version(context: &mut dyn Context, frame: &Frame, argument: Option<&Expression>) -> Result<Option<i32>, Stop> {
    let Some(argument) = argument else { return Ok(Some(2)) };
    Ok(match context.evaluate(argument, frame)? {
        Value::Integer(version) => Some(low_i32(version)).filter(|version| matches!(version, 1 | 2)),
        _ => None,
    })
}

/// `argsToList`.
///
/// # Errors
///
/// Says why an argument has no value.
pub(super) fn arguments_to_list(context: &mut dyn Context, frame: &Frame, arguments: &[Expression]) -> Outcome {
    let Some(version) = version(context, frame, arguments.get(1))? else { return Ok(Value::Error) };
    match arguments.first().map(|text| context.evaluate(text, frame)).transpose()? {
        Some(Value::String(text)) => Ok(list_of(version, &text)),
        _ => Ok(Value::Error),
    }
}

fn list_of(version: i32, text: &str) -> Value {
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
/// Says why an argument or an item of the list has no value.
pub(super) fn list_to_arguments(context: &mut dyn Context, frame: &Frame, arguments: &[Expression]) -> Outcome {
    let Some(version) = version(context, frame, arguments.get(1))? else { return Ok(Value::Error) };
    let Some(Value::List(list)) = arguments.first().map(|list| context.evaluate(list, frame)).transpose()? else {
        return Ok(Value::Error);
    };
    let mut whole = String::new();
    for item in list.items() {
        let Value::String(argument) = context.evaluate_item(item, &list.frame, frame)? else { return Ok(Value::Error) };
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
    // A text that begins with one of these signs is separated by it.
    let own = text.chars().next().filter(|first| "!#$%&*+,-/:;<>?@^`|~\x1f".contains(*first));
    let separator = own.unwrap_or(';');
    let text = own.map_or(&**text, |own| &text[own.len_utf8()..]);
    for entry in text.split([separator, '\n']) {
        let entry = entry.trim_start_matches(SPACES);
        if !entry.is_empty() && !assign(&mut environment, entry) {
            return Value::Error;
        }
    }
    text_of(&environment)
}

/// `mergeEnvironment`: later arguments win, undefined ones are left out.
///
/// # Errors
///
/// Says why an argument has no value.
pub(super) fn merge_environment(context: &mut dyn Context, frame: &Frame, arguments: &[Expression]) -> Outcome {
    let mut environment = Environment::new();
    for argument in arguments {
        let entries = match context.evaluate(argument, frame)? {
            Value::Undefined => continue,
            Value::String(text) => split_quoted(&text),
            _ => None,
        };
        let Some(entries) = entries else { return Ok(Value::Error) };
        if !entries.iter().all(|entry| assign(&mut environment, entry)) {
            return Ok(Value::Error);
        }
    }
    Ok(text_of(&environment))
}

#[cfg(test)]
mod tests {
    use super::{Environment, Value, assign, list_of, old_environment, split_quoted, text_of};

    #[test]
    fn arguments_and_environments_in_both_syntaxes() {
        let text = |text: &str| Value::text(text);
        assert_eq!(list_of(2, "a 'b c' d''e").to_string(), "{ \"a\",\"b c\",\"de\" }");
        assert_eq!(list_of(1, "a 'b").to_string(), "{ \"a\",\"'b\" }");
        assert_eq!(old_environment(&text("a=b;c=d e;")).to_string(), "\"a=b c=d' 'e\"");
        let mut environment = Environment::new();
        let entries = split_quoted("c='x y' a=z $$(later)").unwrap();
        assert!(entries.iter().all(|entry| assign(&mut environment, entry)));
        assert_eq!(text_of(&environment).to_string(), "\"$$(later) a=z c=x' 'y\"");
    }
}
