//! Functions on texts that hold lists, like `"a, b"`.

use super::context::Outcome;
use super::function::Function;
use super::number::{leading_real, to_i64};
use super::pattern::{Options, Pattern};
use super::value::Value;

/// Cuts a text at separators into parts without white space around them; empty parts are left out.
pub(super) fn parts<'a>(text: &'a str, separators: &'a str) -> impl Iterator<Item = &'a str> {
    let is_space = |letter: char| letter.is_ascii_whitespace() || letter == '\x0b';
    text.split(move |letter: char| separators.contains(letter))
        .map(move |part| part.trim_matches(is_space))
        .filter(|part| !part.is_empty())
}

/// The text of a value; `None` for any other.
fn text(value: Option<&Value>) -> Option<&str> {
    if let Some(Value::String(text)) = value { Some(text) } else { None }
}

/// `stringListSize`, `stringListSum`, `stringListAvg`, `stringListMin` and `stringListMax`.
pub(super) fn summary(function: Function, arguments: &[Value]) -> Value {
    let list = text(arguments.first());
    let separators = if arguments.len() < 2 { Some(", ") } else { text(arguments.get(1)) };
    let (1..=2, Some(list), Some(separators)) = (arguments.len(), list, separators) else { return Value::Error };
    if function == Function::StringListSize {
        return Value::Integer(i64::try_from(parts(list, separators).count()).unwrap_or(i64::MAX));
    }
    let (mut count, mut real) = (0.0, false);
    let mut total = match function {
        Function::StringListMin => f64::from(f32::MAX),
        Function::StringListMax => f64::from(f32::MIN_POSITIVE),
        _ => 0.0,
    };
    for part in parts(list, separators) {
        let (number, length) = leading_real(part);
        if length == 0 {
            return Value::Error;
        }
        real |= !part.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-'));
        count += 1.0;
        total = match function {
            Function::StringListMin if number < total => number,
            Function::StringListMax if number > total => number,
            Function::StringListMin | Function::StringListMax => total,
            _ => total + number,
        };
    }
    if count == 0.0 {
        let is_sum = matches!(function, Function::StringListSum | Function::StringListAvg);
        return if is_sum { Value::Real(0.0) } else { Value::Undefined };
    }
    if function == Function::StringListAvg {
        total /= count;
    }
    if real { Value::Real(total) } else { Value::Integer(to_i64(total)) }
}

/// `stringListMember`, `stringListIMember`, `stringListSubsetMatch` and `stringListISubsetMatch`.
pub(super) fn member(function: Function, arguments: &[Value]) -> Value {
    if !(2..=3).contains(&arguments.len()) {
        return Value::Error;
    }
    if !arguments.iter().all(|argument| matches!(argument, Value::String(_) | Value::Undefined)) {
        return Value::Error;
    }
    let (item, list) = (text(arguments.first()), text(arguments.get(1)));
    if item.is_none() && list.is_none() {
        return Value::Undefined;
    }
    let (item, list) = (item.unwrap_or_default(), list.unwrap_or_default());
    let separators = text(arguments.get(2)).unwrap_or(", \t\r\n");
    let exact = matches!(function, Function::StringListMember | Function::StringListSubsetMatch);
    let contains = |item: &str| {
        parts(list, separators).any(|part| if exact { part == item } else { part.eq_ignore_ascii_case(item) })
    };
    if matches!(function, Function::StringListMember | Function::StringListIMember) {
        return Value::Boolean(contains(item));
    }
    if item.is_empty() {
        return Value::Boolean(true);
    }
    // A text of separators has no item, and then HTCondor says false.
    let mut items = parts(item, separators).peekable();
    Value::Boolean(items.peek().is_some() && items.all(contains))
}

/// `stringListsIntersect`. Parts are taken as they are.
pub(super) fn intersect(arguments: &[Value]) -> Value {
    if !(2..=3).contains(&arguments.len()) || arguments.iter().any(|argument| matches!(argument, Value::Error)) {
        return Value::Error;
    }
    if arguments.iter().any(|argument| matches!(argument, Value::Undefined)) {
        return Value::Undefined;
    }
    let separators = if arguments.len() < 3 { Some("") } else { text(arguments.get(2)) };
    let (Some(left), Some(right), Some(separators)) = (text(arguments.first()), text(arguments.get(1)), separators)
    else {
        return Value::Error;
    };
    let separators = if separators.is_empty() { " ," } else { separators };
    let split = |text: &'_ str| -> Vec<String> {
        let parts = text.split(|letter: char| separators.contains(letter)).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let right = split(right);
    Value::Boolean(split(left).iter().any(|item| right.contains(item)))
}

/// `stringList_regexpMember`.
///
/// # Errors
///
/// Says what the regular expression needs that is not supported.
pub(super) fn pattern_member(arguments: &[Value]) -> Outcome {
    if !(2..=4).contains(&arguments.len()) {
        return Ok(Value::Error);
    }
    let (Some(Value::String(pattern)), Some(list)) = (arguments.first(), text(arguments.get(1))) else {
        return Ok(Value::Error);
    };
    let separators = if arguments.len() < 3 { Some(", ") } else { text(arguments.get(2)) };
    let options = if arguments.len() < 4 { Some("") } else { text(arguments.get(3)) };
    let (Some(separators), Some(options)) = (separators, options) else { return Ok(Value::Error) };
    let Some(pattern) = Pattern::new(pattern, Options::of(&options.to_ascii_lowercase()))? else {
        return Ok(Value::Error);
    };
    let mut found = None;
    for part in parts(list, separators) {
        found = Some(found.unwrap_or(false) | pattern.is_match(part)?);
    }
    Ok(found.map_or(Value::Undefined, Value::Boolean))
}

#[cfg(test)]
mod tests {
    use super::{Function, Value, member, summary};

    fn texts(texts: &[&str]) -> Vec<Value> {
        texts.iter().map(|text| Value::text(*text)).collect()
    }

    #[test]
    fn members_of_a_list_in_a_text() {
        let of = |function, arguments: &[&str]| member(function, &texts(arguments)).to_string();
        assert_eq!(of(Function::StringListMember, &["a", "b,\ta"]), "true");
        assert_eq!(of(Function::StringListMember, &["A", "b,a"]), "false");
        assert_eq!(of(Function::StringListIMember, &["A", "b,a"]), "true");
        assert_eq!(of(Function::StringListSubsetMatch, &["a,b", "a b c"]), "true");
    }

    #[test]
    fn summaries_are_whole_if_all_numbers_are() {
        let of = |function, list| summary(function, &texts(&[list])).to_string();
        assert_eq!(of(Function::StringListSum, "1,2"), "3");
        assert_eq!(of(Function::StringListSum, "1,2.5"), "3.500000000000000E+00");
        assert_eq!(of(Function::StringListAvg, "1,2"), "1");
        assert_eq!(of(Function::StringListMax, "-3,-1"), "0");
        assert_eq!(of(Function::StringListMin, ""), "undefined");
    }
}
