//! Values from environment variables: `env.NAME`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::located::Located;
use crate::diagnostics::Place;

/// The environment in which a plan is read.
#[derive(Debug)]
pub(crate) struct Environment<'a> {
    /// None: values stand for themselves.
    variables: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Environment<'a> {
    pub(crate) fn new(variables: &'a BTreeMap<String, String>) -> Self {
        Self { variables: Some(variables) }
    }

    /// Returns an environment in which `env.NAME` is plain text.
    pub(crate) fn literal() -> Self {
        Self { variables: None }
    }

    /// Returns the effective value: the environment variable's if `raw` is exactly `env.NAME`. An unset variable is the
    /// error.
    pub(crate) fn read(&self, raw: &str, place: Place) -> Result<Located<String>, Located<String>> {
        let (Some(name), Some(variables)) = (variable(raw), self.variables) else {
            return Ok(Located::new(raw.to_owned(), place));
        };
        match variables.get(name) {
            Some(value) => Ok(Located { value: value.clone(), place, env: Some(Arc::from(name)) }),
            None => Err(Located::new(name.to_owned(), place)),
        }
    }

    /// Returns the home directory, for `~`.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.variables?.get("HOME").filter(|home| !home.is_empty()).map(Path::new)
    }
}

/// Returns the variable that `raw` names, if it is exactly `env.NAME`.
pub(crate) fn variable(raw: &str) -> Option<&str> {
    let name = raw.strip_prefix("env.")?;
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    valid.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exactly_a_variable_is_one() {
        assert_eq!(variable("env.USER"), Some("USER"));
        for plain in ["env.", "env.example.com", "an env.USER", "env.A B", "env.1", "ENV.USER"] {
            assert_eq!(variable(plain), None, "{plain}");
        }
        let variables = BTreeMap::from([("USER".to_owned(), "ann".to_owned())]);
        let environment = Environment::new(&variables);
        let place = || Place::file(Path::new("p"));
        assert_eq!(environment.read("env.USER", place()).unwrap().value, "ann");
        assert_eq!(environment.read("env.NONE", place()).unwrap_err().value, "NONE");
        assert_eq!(environment.read("env.x.y", place()).unwrap().value, "env.x.y");
    }
}
