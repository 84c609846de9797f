//! The shape of a JSON document: its fields and their types.

use serde_json::Value;

/// Fails unless `value` has exactly the shape that `expected` draws.
///
/// In a drawing, the strings `"string"`, `"integer"`, `"number"`, `"bool"`, `"time"`, `"object"` and `"any"` stand for
/// a value of that type, with a `?` behind it also for null; `"=word"` stands for that very string. An array with one
/// element draws every element of an array of any length; numbers, booleans and null stand for themselves. An object
/// has exactly the drawn keys.
#[track_caller]
pub(crate) fn assert_shape(value: &Value, expected: &Value) {
    let mut problems = Vec::new();
    compare(value, expected, "$", &mut problems);
    assert!(problems.is_empty(), "{}\nin {value:#}", problems.join("\n"));
}

fn compare(value: &Value, expected: &Value, at: &str, problems: &mut Vec<String>) {
    match (value, expected) {
        (_, Value::String(kind)) => {
            if !is_of_kind(value, kind) {
                problems.push(format!("{at} should be {kind}, and is {value}"));
            }
        }
        (Value::Object(fields), Value::Object(drawn)) => {
            for name in fields.keys().filter(|name| !drawn.contains_key(*name)) {
                problems.push(format!("{at}.{name} is not in the contract"));
            }
            for (name, expected) in drawn {
                match fields.get(name) {
                    Some(value) => compare(value, expected, &format!("{at}.{name}"), problems),
                    None => problems.push(format!("{at}.{name} is missing")),
                }
            }
        }
        (Value::Array(elements), Value::Array(drawn)) if drawn.len() == 1 => {
            for (index, element) in elements.iter().enumerate() {
                compare(element, &drawn[0], &format!("{at}[{index}]"), problems);
            }
        }
        _ if value == expected => {}
        _ => problems.push(format!("{at} should be {expected}, and is {value}")),
    }
}

fn is_of_kind(value: &Value, kind: &str) -> bool {
    if let Some(word) = kind.strip_prefix('=') {
        return value == word;
    }
    match kind.strip_suffix('?') {
        Some(_) if value.is_null() => true,
        Some(kind) => is_of_kind(value, kind),
        None => match kind {
            "string" => value.is_string(),
            "integer" => value.is_u64(),
            "number" => value.is_number(),
            "bool" => value.is_boolean(),
            "object" => value.is_object(),
            "time" => value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            "any" => true,
            other => panic!("no drawing has {other:?}"),
        },
    }
}

#[test]
fn every_kind_of_difference_is_found() {
    use serde_json::json;
    let drawing = json!({ "a": "string", "b": ["integer?"], "c": "=x", "d": 1 });
    let mut problems = Vec::new();
    compare(&json!({ "a": 1, "b": [null, 2, "x"], "c": "y", "e": 0 }), &drawing, "$", &mut problems);
    assert_eq!(
        problems,
        [
            "$.e is not in the contract",
            "$.a should be string, and is 1",
            "$.b[2] should be integer?, and is \"x\"",
            "$.c should be =x, and is \"y\"",
            "$.d is missing",
        ]
    );
    assert_shape(&json!({ "a": "", "b": [], "c": "x", "d": 1 }), &drawing);
}
