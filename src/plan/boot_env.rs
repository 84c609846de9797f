//! `bootenv.sh`: the configuration of a boot program as shell variables.

use serde_json::Value;

/// A configuration document as shell variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootEnv {
    /// A line `export KEY="VALUE"` for each key that is valid as a shell variable.
    pub script: String,
    /// The other keys, in order.
    pub left_out: Vec<String>,
}

/// The reason why nothing can be exported.
#[derive(Debug, thiserror::Error)]
pub enum BootEnvError {
    /// The document is not JSON.
    #[error("is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The document is not a JSON object.
    #[error("is no JSON object")]
    NoObject,
}

/// Converts the top-level keys of a JSON object to exports. A shell that reads them gets exactly the values: nothing in
/// them is expanded or executed.
///
/// Values are written as in cloudinit.d (`True`, `False` and `None` as in Python), except for lists and objects, which
/// are JSON: Python's own notation for them is of no use to a shell.
///
/// # Errors
/// The document is not JSON, or not an object. Then the file is not made, as in cloudinit.d.
pub fn boot_env(document: &str) -> Result<BootEnv, BootEnvError> {
    let value: Value = serde_json::from_str(document)?;
    let Value::Object(entries) = value else { return Err(BootEnvError::NoObject) };
    let mut env = BootEnv { script: String::new(), left_out: Vec::new() };
    for (key, value) in entries {
        let text = match value {
            Value::String(text) => text,
            Value::Null => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            other => other.to_string(),
        };
        if is_identifier(&key) && !text.contains('\0') {
            env.script.push_str(&format!("export {key}=\"{}\"\n", escaped(&text)));
        } else {
            env.left_out.push(key);
        }
    }
    Ok(env)
}

fn is_identifier(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Escapes the text for double quotes in a shell.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_look_as_cloudinitd_writes_them() {
        let env = boot_env(
            r#"{"a": "x y", "n": 3, "f": 0.5, "t": true, "no": null, "l": ["u", 1], "b-c": 1, "1": 2, "é": 3}"#,
        );
        let env = env.unwrap();
        assert_eq!(
            env.script,
            "export a=\"x y\"\nexport f=\"0.5\"\nexport l=\"[\\\"u\\\",1]\"\nexport n=\"3\"\nexport no=\"None\"\nexport t=\"True\"\n"
        );
        assert_eq!(env.left_out, ["1", "b-c", "é"]);
        assert!(matches!(boot_env("[1]"), Err(BootEnvError::NoObject)));
        assert!(boot_env("{").unwrap_err().to_string().starts_with("is not JSON: "));
    }

    #[test]
    fn a_shell_reads_back_exactly_the_value() {
        let evil = "a\"b'c\\d$HOME`id`$(id)\n${x} ! \\\\ \u{1f980} #";
        let env = boot_env(&serde_json::json!({ "evil": evil }).to_string()).unwrap();
        let script = format!("{}printf %s \"$evil\"", env.script);
        let output = std::process::Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), evil);
    }
}
