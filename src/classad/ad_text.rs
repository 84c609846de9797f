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
    #[error("line {line} of the ad is no \"Name = expression\": {text}")]
    Assignment {
        /// The line's number, from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// An expression that cannot be read.
    #[error("line {line} of the ad, attribute {name}: {source}")]
    Expression {
        /// The line's number, from 1.
        line: usize,
        /// The attribute's name.
        name: String,
        /// What is wrong with it.
        source: ParseError,
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
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let line = position + 1;
            let assignment = content.split_once('=').map(|(name, expression)| (name.trim(), expression));
            let Some((name, expression)) = assignment.filter(|(name, _)| !name.is_empty()) else {
                return Err(AdError::Assignment { line, text: content.to_owned() });
            };
            let expression = parse_old_expression(expression.trim()).map_err(|source| AdError::Expression {
                line,
                name: name.to_owned(),
                source,
            })?;
            ad.insert(Name::new(name), expression);
        }
        Ok(ad)
    }

    /// Reads the ads of a text in which empty lines stand between them.
    ///
    /// # Errors
    ///
    /// Names the line of an ad that is none.
    pub fn all_from_long_text(text: &str) -> Result<Vec<Self>, AdError> {
        let mut ads = Vec::new();
        let mut lines: Vec<&str> = Vec::new();
        for line in text.lines().chain([""]) {
            if !line.trim().is_empty() {
                lines.push(line);
            } else if !lines.is_empty() {
                ads.push(Self::from_long_text(&lines.join("\n"))?);
                lines.clear();
            }
        }
        Ok(ads)
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
        assert_eq!(error, "line 2 of the ad, attribute B: expected an operand at byte 3, found the end");
        assert_eq!(ClassAd::from_new_text("1"), Err(AdError::NoAd));
    }
}
