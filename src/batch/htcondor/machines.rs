//! A selection of machines of a pool.

use super::error::HTCondorError;
use super::literal::literal;

/// Machines of a pool, selected by attributes of their ads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machines {
    label: String,
    requirement: String,
}

impl Machines {
    /// Selects machines whose ads have this value of an attribute; messages call them `label`. The comparison is `=?=`,
    /// since `==` ignores case.
    ///
    /// # Errors
    /// HTCondor's two notations read the value differently: it has a backslash or a control character.
    pub fn new(label: impl Into<String>, attribute: &str, value: &str) -> Result<Self, HTCondorError> {
        Ok(Self { label: label.into(), requirement: format!("{attribute} =?= {}", literal(value)?) })
    }

    /// Keeps machines whose ads have this value of another attribute, or lack the attribute.
    ///
    /// # Errors
    /// As [`Machines::new`].
    pub fn unless_other(mut self, attribute: &str, value: &str) -> Result<Self, HTCondorError> {
        let value = literal(value)?;
        self.requirement.push_str(&format!(" && ({attribute} =?= undefined || {attribute} =?= {value})"));
        Ok(self)
    }

    /// Returns the name for messages.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// Returns the condition on the machines' ads.
    pub(super) fn requirement(&self) -> &str {
        &self.requirement
    }
}
