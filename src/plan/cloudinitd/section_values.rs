//! The effective values of a section: interpolated, and with `env.NAME` replaced.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::super::diagnostic_sink::DiagnosticSink;
use super::super::draft::DraftMetadata;
use super::super::environment::{self, Environment};
use super::super::located::Located;
use super::ini::{Ini, Options, Section};
use super::interpolate::interpolate;
use super::keys::SERVICE_KEYS;
use crate::diagnostics::{did_you_mean, shown};

/// An option's value in a section.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum OptionValue {
    Given(Located<String>),
    /// The value is `env.NAME`, and this variable is not set.
    Unset(Located<String>),
}

/// An option's value, resolved from several sections in order of precedence.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ResolvedOption {
    pub(super) value: Option<Located<String>>,
    /// The unset variable that would provide the value, if there is none.
    pub(super) unset: Option<Located<String>>,
}

impl ResolvedOption {
    /// Returns the first value that is given.
    pub(super) fn first<'v>(ranked: impl IntoIterator<Item = &'v OptionValue>) -> Self {
        let mut picked = Self::default();
        for value in ranked {
            match value {
                OptionValue::Given(value) => return Self { value: Some(value.clone()), unset: None },
                OptionValue::Unset(variable) => picked.unset = picked.unset.or_else(|| Some(variable.clone())),
            }
        }
        picked
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.value.as_ref().map(|value| value.value.as_str())
    }

    /// Returns the variable that the value comes from, set or not.
    pub(super) fn env(&self) -> Option<String> {
        self.value
            .as_ref()
            .and_then(|value| value.env.as_deref().map(str::to_owned))
            .or_else(|| Some(self.unset.as_ref()?.value.clone()))
    }
}

/// Values by option, without empty and invalid options.
pub(super) type Values = BTreeMap<&'static str, OptionValue>;

/// A section of a file.
#[derive(Clone, Copy)]
pub(super) struct SectionValues<'a> {
    pub(super) ini: &'a Ini,
    pub(super) section: &'a Section,
    pub(super) findings: &'a DiagnosticSink,
    pub(super) environment: &'a Environment<'a>,
    pub(super) extras: &'a RefCell<DraftMetadata>,
}

impl<'a> SectionValues<'a> {
    /// Returns the names of all its options, including those of `[DEFAULT]`, sorted.
    pub(super) fn names(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> =
            self.section.options.keys().chain(self.ini.defaults.keys()).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns the option's effective value. An error of interpolation is reported.
    pub(super) fn get(&self, name: &str) -> Option<OptionValue> {
        let written = self.written(name)?;
        let value_of = |name: &str| match name {
            "__name__" => Some(self.section.name.as_str()),
            name => self.written(name).map(|value| value.value.as_str()),
        };
        match interpolate(&written.value, &value_of, &self.ini.budget) {
            Ok(value) => Some(match self.environment.read(&value, written.place.clone()) {
                Ok(value) => OptionValue::Given(value),
                Err(variable) => OptionValue::Unset(variable),
            }),
            Err(problem) => {
                self.findings.error(&written.place, format!("\"{}\": {problem}", shown(name)));
                None
            }
        }
    }

    /// Returns the values of those of `names` that are given and not empty.
    pub(super) fn values(&self, names: &[&'static str]) -> Values {
        let mut values = Values::new();
        for &name in names {
            match self.get(name) {
                Some(OptionValue::Given(value)) if value.value.is_empty() => {}
                Some(value) => drop(values.insert(name, value)),
                None => {}
            }
        }
        values
    }

    /// Warns of options in this section itself that are not `known`, and of those that were given twice.
    pub(super) fn warn_of_others(&self, known: &[&'static str], is_known: impl Fn(&str) -> bool) {
        for (name, value) in &self.section.options {
            if !known.contains(&name.as_str()) && !is_known(name) {
                self.findings.warning_with(
                    &value.place,
                    format!("unknown key \"{}\" in [{}]; it has no effect", shown(name), shown(&self.section.name)),
                    if SERVICE_KEYS.contains(&name.as_str()) {
                        Some("cloudinit.d reads it from services only; give it to each of them".to_owned())
                    } else {
                        did_you_mean(name, known.iter().copied())
                    },
                );
            }
        }
        self.warn_of_replaced();
    }

    /// Warns of options that were given twice.
    pub(super) fn warn_of_replaced(&self) {
        for (name, lost) in &self.section.replaced {
            let message = format!(
                "\"{}\" is given again further down in [{}]; this value has no effect",
                shown(name),
                shown(&self.section.name)
            );
            self.findings.warning(&lost.place, message);
        }
    }

    /// Warns of secrets: in a plan they end up in version control. hoist takes them from where the cloud's own tools
    /// do.
    pub(super) fn warn_of_secrets(&self) {
        for key in ["iaas_key", "iaas_secret"] {
            let Some(written) = self.section.options.get(key).filter(|written| !written.value.is_empty()) else {
                continue;
            };
            if environment::variable(&written.value).is_some() {
                self.extras.borrow_mut().credentials.insert(format!("{key}: {}", written.value));
            } else {
                let message = format!("\"{key}\" is ignored: hoist reads no secrets from plans");
                let hint = "use a profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and take the secret out of the \
                            file";
                self.findings.warning_with(&written.place, message, Some(hint.to_owned()));
            }
        }
    }

    /// Returns the option as written in this section, or in `[DEFAULT]`.
    fn written(&self, name: &str) -> Option<&'a Located<String>> {
        let options: [&'a Options; 2] = [&self.section.options, &self.ini.defaults];
        options.into_iter().find_map(|options| options.get(name))
    }
}
