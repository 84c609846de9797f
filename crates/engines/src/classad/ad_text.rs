//! Ads in the text of `condor_q -long`, and of `-long:new`.

use thiserror::Error;

use super::expression::{ClassAd, Expression, Node};
use super::name::Name;
use super::parse_error::ParseError;
use super::parser::{parse_expression, parse_old_expression};

/// A text that is no ad.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AdError {
    /// A line without `=`.
    #[error("line {line} of the ads is no \"Name = expression\": {text}")]
    Assignment {
        /// The line's number, from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// An expression that cannot be read.
    #[error("line {line} of the ads, attribute {name}: {source}")]
    Expression {
        /// The line's number, from 1.
        line: usize,
        /// The attribute's name.
        name: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// A name that no attribute can have.
    #[error("line {line} of the ads: {name:?} is no attribute's name")]
    Name {
        /// The line's number, from 1.
        line: usize,
        /// The name.
        name: String,
    },
    /// A text that is no ad in new syntax.
    #[error("the text is no ad like [Name = expression; …]: {0}")]
    Syntax(ParseError),
    /// Another expression in place of an ad.
    #[error("the text is an expression, no ad like [Name = expression; …]")]
    NoAd,
}

impl ClassAd {
    /// Reads an ad of lines `Name = expression`, as `condor_q -long` prints them. Empty lines and those that begin with
    /// `#` are left out.
    ///
    /// # Errors
    ///
    /// Names the line that is none.
    pub fn from_long_text(text: &str) -> Result<Self, AdError> {
        let mut ad = Self::new();
        for (position, content) in text.lines().enumerate() {
            ad.take_line(position + 1, content.trim())?;
        }
        Ok(ad)
    }

    /// Reads the ads of a text in which empty lines stand between them.
    ///
    /// # Errors
    ///
    /// Names the line that is none.
    pub fn all_from_long_text(text: &str) -> Result<Vec<Self>, AdError> {
        let (mut ads, mut ad) = (Vec::new(), Self::new());
        for (position, content) in text.lines().map(str::trim).enumerate() {
            if !content.is_empty() {
                ad.take_line(position + 1, content)?;
            } else if !ad.is_empty() {
                ads.push(std::mem::take(&mut ad));
            }
        }
        ads.extend(Some(ad).filter(|ad| !ad.is_empty()));
        Ok(ads)
    }

    fn take_line(&mut self, line: usize, content: &str) -> Result<(), AdError> {
        if content.is_empty() || content.starts_with('#') {
            return Ok(());
        }
        let assignment = content.split_once('=').map(|(name, expression)| (name.trim(), expression.trim()));
        let Some((name, expression)) = assignment.filter(|(name, _)| !name.is_empty()) else {
            return Err(AdError::Assignment { line, text: shown(content) });
        };
        if !is_name(name) {
            return Err(AdError::Name { line, name: shown(name) });
        }
        let expression = parse_old_expression(expression).map_err(|source| AdError::Expression {
            line,
            name: name.to_owned(),
            source,
        })?;
        self.insert(Name::new(name), expression);
        Ok(())
    }

    /// Reads an ad like `[Name = expression; …]`.
    ///
    /// # Errors
    ///
    /// Says where the text ceases to be an ad.
    pub fn from_new_text(text: &str) -> Result<Self, AdError> {
        match parse_expression(text).map_err(AdError::Syntax)? {
            Expression::Node(node) => match &*node {
                Node::Ad(ad) => Ok(ad.as_ref().clone()),
                _ => Err(AdError::NoAd),
            },
            Expression::Literal(_) => Err(AdError::NoAd),
        }
    }
}

/// Reads ads in the old notation, lines with empty ones between the ads, or in the new one, `[Name = expression; …]`
/// alone or in a list, as `condor_status -long:new` prints it.
///
/// # Errors
///
/// Names the line or place where the text ceases to be ads.
pub fn read_ads(text: &str) -> Result<Vec<ClassAd>, AdError> {
    if !text.trim_start().starts_with(['{', '[']) {
        return ClassAd::all_from_long_text(text);
    }
    let parsed = parse_expression(text).map_err(AdError::Syntax)?;
    let Expression::Node(node) = &parsed else { return Err(AdError::NoAd) };
    let items = if let Node::List(items) = &**node { items } else { std::slice::from_ref(&parsed) };
    let ads = items.iter().map(|item| match item {
        Expression::Node(node) => match &**node {
            Node::Ad(ad) => Ok(ad.as_ref().clone()),
            _ => Err(AdError::NoAd),
        },
        Expression::Literal(_) => Err(AdError::NoAd),
    });
    ads.collect()
}

/// Whether an attribute can have this name.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

/// Returns the beginning of a text, for a message.
fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    text.chars().take(LONGEST).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::{AdError, ClassAd};

    #[test]
    fn long_ads_have_old_texts() {
        let text = "Cmd = \"C:\\\\dir\\\"x\"\nRank = 0.0\n\nRequirements = (TARGET.Arch =?= \"X86_64\")\n";
        let ads = ClassAd::all_from_long_text(text).unwrap();
        assert_eq!(ads.len(), 2);
        assert_eq!(ads[0].attribute("cmd").unwrap().to_string(), "\"C:\\\\\\\\dir\\\"x\"");
        assert_eq!(ads[1].attribute("REQUIREMENTS").unwrap().to_string(), "(TARGET.Arch is \"X86_64\")");
    }

    #[test]
    fn what_is_no_ad_is_named() {
        let error = ClassAd::from_long_text("A = 1\nB = 1 +").unwrap_err().to_string();
        assert_eq!(error, "line 2 of the ads, attribute B: expected an operand at byte 3, found the end");
        assert_eq!(ClassAd::from_new_text("1"), Err(AdError::NoAd));
    }
}
