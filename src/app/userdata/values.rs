//! Values for templates, from files and from the command line.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::app::CommandError;
use crate::plan::{MAX_TEXT, read_text_file};
use crate::template::Values;
use crate::wizard::Called;
use crate::yaml;

/// Reads the values of the files, overridden by those of the command line, which are text.
pub(super) fn read(files: &[PathBuf], given: &[(String, String)]) -> Result<Values, CommandError> {
    let mut values = Values::new();
    for file in files {
        values.extend(read_file(file)?);
    }
    values.extend(given.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))));
    Ok(values)
}

/// Converts the operating system to the built-in templates' word for it if it has another name known to the wizard:
/// `debian13`, `trixie`.
pub(super) fn call_system_by_its_word(values: &mut Values) {
    if let Some(Value::String(os)) = values.get_mut("os")
        && let Called::Known(known) = Called::of(os)
    {
        known.word.clone_into(os);
    }
}

fn read_file(file: &Path) -> Result<Values, CommandError> {
    let wrong = |message: String| CommandError::new(format!("cannot read values from {}: {message}", file.display()));
    let text = read_text_file(file, MAX_TEXT).map_err(|error| wrong(error.to_string()))?;
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let value: Value = match ending {
        "toml" => toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?,
        "yaml" | "yml" => yaml::read_value(&text).map_err(|error| wrong(error.to_string()))?,
        "json" => serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?,
        _ => return Err(wrong("its name ends in none of .toml, .yaml, .yml and .json".to_owned())),
    };
    match value {
        Value::Object(values) => Ok(values),
        _ => Err(wrong("it is no mapping of names to values".to_owned())),
    }
}
