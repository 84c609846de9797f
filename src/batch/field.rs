//! The place of a number in JSON.

use serde_json::Value as Json;

use super::work_report::count;

/// The most characters of a value in a message.
const SHOWN: usize = 60;

/// Why a field is no number of jobs.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FieldError {
    /// There is no such field.
    #[error("the answer has no field \"{0}\"")]
    Absent(String),
    /// The field is something else.
    #[error("the answer's field \"{0}\" is no number of jobs: {1}")]
    NoNumber(String, String),
}

/// Returns the number at `field`: names and positions separated by dots, as in `data.0.waiting`, or a JSON pointer
/// (RFC 6901), which begins with `/`. A list counts as the number of its items.
pub(super) fn number_at(value: &Json, field: &str) -> Result<u64, FieldError> {
    let found = if field.starts_with('/') { value.pointer(field) } else { dotted(value, field) };
    let found = found.ok_or_else(|| FieldError::Absent(field.to_owned()))?;
    let number = match found {
        Json::Array(items) => u64::try_from(items.len()).ok(),
        found => count(found),
    };
    number.ok_or_else(|| FieldError::NoNumber(field.to_owned(), found.to_string().chars().take(SHOWN).collect()))
}

fn dotted<'a>(value: &'a Json, field: &str) -> Option<&'a Json> {
    field.split('.').try_fold(value, |value, name| match value {
        Json::Array(items) => items.get(name.parse::<usize>().ok()?),
        value => value.get(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_pointers_lead_to_numbers_and_lists() {
        let value = serde_json::json!({"data": [{"waiting": 4, "a.b": 5.0, "jobs": [1, 2, 3], "name": "x"}]});
        for (field, number) in
            [("data.0.waiting", 4), ("/data/0/waiting", 4), ("/data/0/a.b", 5), ("data.0.jobs", 3), ("data", 1)]
        {
            assert_eq!(number_at(&value, field), Ok(number), "{field}");
        }
        assert_eq!(number_at(&value, "data.1.waiting"), Err(FieldError::Absent("data.1.waiting".to_owned())));
        assert!(number_at(&value, "data.0.name").unwrap_err().to_string().ends_with("is no number of jobs: \"x\""));
        assert!(number_at(&value, "").is_err());
    }
}
