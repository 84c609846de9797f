//! Some machines of a pool.

use super::classad_expr::literal;
use super::error::HTCondorError;

/// Machines of a pool, told from its others by what their ads say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machines {
    label: String,
    requirement: String,
}

impl Machines {
    /// Those whose ads have this value of an attribute; a message calls them `label`. `==` would take `foo` and `FOO`
    /// for the same, so it is not asked.
    ///
    /// # Errors
    /// A value that HTCondor's two notations read differently: one with a backslash or a control character.
    pub fn new(label: impl Into<String>, attribute: &str, value: &str) -> Result<Self, HTCondorError> {
        Ok(Self { label: label.into(), requirement: format!("{attribute} =?= {}", literal(value)?) })
    }

    /// Of them, those whose ads have this value of another attribute, or do not have the attribute.
    ///
    /// # Errors
    /// As [`Machines::new`].
    pub fn unless_other(mut self, attribute: &str, value: &str) -> Result<Self, HTCondorError> {
        let value = literal(value)?;
        self.requirement.push_str(&format!(" && ({attribute} =?= undefined || {attribute} =?= {value})"));
        Ok(self)
    }

    /// How a message names them.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// What is true of their ads.
    pub(super) fn requirement(&self) -> &str {
        &self.requirement
    }
}
