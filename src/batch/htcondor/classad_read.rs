//! Reads ClassAds from text, in both of HTCondor's notations.

use super::classad::{ClassAd, ClassAdValue};

/// The deepest nesting of ads and lists; real ads never reach it.
const DEEPEST: usize = 32;

/// A parse error, with its line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct ReadError {
    /// The line number, from 1.
    pub line: usize,
    /// The error.
    pub why: AdError,
}

/// An error in an ad or a value; texts are escaped and shortened for display.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdError {
    /// A line of the old notation without a value.
    #[error("no \"=\" in {0}")]
    NoEquals(String),
    /// An invalid attribute name.
    #[error("{0} is no attribute's name")]
    NoName(String),
    /// An attribute with an invalid value.
    #[error("{name}: {why}")]
    Attribute {
        /// The attribute.
        name: String,
        /// The error in its value.
        why: Box<AdError>,
    },
    /// Text after the end of the ads.
    #[error("there is something behind the last ad")]
    More,
    /// An element of a list of ads is not an ad.
    #[error("{0} is no ad")]
    NoAd(String),
    /// An unterminated string.
    #[error("the text {0} does not end")]
    EndlessText(String),
    /// Nesting too deep.
    #[error("more than {DEEPEST} ads and lists in each other")]
    TooDeep,
    /// An unterminated list.
    #[error("a list does not end")]
    EndlessList,
    /// An unterminated ad.
    #[error("an ad does not end")]
    EndlessAd,
    /// A closing bracket without an opening one.
    #[error("a \"{0}\" without its beginning")]
    Unopened(char),
    /// A bracket that is not closed.
    #[error("a bracket without its end")]
    Unclosed,
    /// A missing value.
    #[error("the value is missing")]
    NoValue,
}

/// Reads ads: in the old notation (a value per line, ads separated by empty lines), or in the new one if the text
/// begins with `{` or `[`.
///
/// # Errors
/// The line of the first error, and the error.
pub fn read_ads(text: &str) -> Result<Vec<ClassAd>, ReadError> {
    let start = text.trim_start();
    if start.starts_with(['{', '[']) { new_ads(text) } else { old_ads(text) }
}

/// Reads one value in the new notation.
///
/// # Errors
/// Why it is not a value.
pub fn read_value(text: &str) -> Result<ClassAdValue, AdError> {
    let mut reader = ClassAdReader { text, at: 0, depth: 0 };
    reader.value(&[])
}

fn old_ads(text: &str) -> Result<Vec<ClassAd>, ReadError> {
    let (mut ads, mut ad) = (Vec::new(), ClassAd::new());
    for (index, line) in text.lines().enumerate() {
        let wrong = |why: AdError| ReadError { line: index + 1, why };
        let trimmed = line.trim();
        if trimmed.is_empty() {
            if !ad.is_empty() {
                ads.push(std::mem::take(&mut ad));
            }
            continue;
        }
        if trimmed.starts_with('#') {
            continue;
        }
        let (name, value) = trimmed.split_once('=').ok_or_else(|| wrong(AdError::NoEquals(shown(trimmed))))?;
        let name = name.trim();
        if !ClassAd::is_name(name) {
            return Err(wrong(AdError::NoName(shown(name))));
        }
        let value = read_value(&new_escapes(value.trim()))
            .map_err(|why| wrong(AdError::Attribute { name: name.to_owned(), why: Box::new(why) }))?;
        ad.set(name, value);
    }
    if !ad.is_empty() {
        ads.push(ad);
    }
    Ok(ads)
}

fn new_ads(text: &str) -> Result<Vec<ClassAd>, ReadError> {
    let mut reader = ClassAdReader { text, at: 0, depth: 0 };
    let value = reader.value(&[]);
    let wrong = |why: AdError, at: usize| ReadError { line: text[..at].lines().count().max(1), why };
    let values = match value.map_err(|why| wrong(why, reader.at))? {
        ClassAdValue::Ad(ad) => vec![ClassAdValue::Ad(ad)],
        ClassAdValue::List(values) => values,
        _ => return Err(wrong(AdError::More, 0)),
    };
    let ads = values.into_iter().map(|value| match value {
        ClassAdValue::Ad(ad) => Ok(ad),
        other => Err(wrong(AdError::NoAd(shown(&format!("{other:?}"))), 0)),
    });
    ads.collect()
}

/// Converts a line of the old notation to the escapes of the new one: in the old one only `\"` is an escape, except at
/// the end of the line, where the quote ends the string.
fn new_escapes(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        text.push(c);
        if c == '\\' {
            let escapes = rest.peek() == Some(&'"') && rest.clone().nth(1).is_some();
            if escapes {
                text.extend(rest.next());
            } else {
                text.push('\\');
            }
        }
    }
    text
}

/// Returns the beginning of a text, for a message.
fn shown(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    format!("\"{}\"", start.escape_debug())
}

struct ClassAdReader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> ClassAdReader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Reads a value up to one of `ends`, or to the end of the text.
    fn value(&mut self, ends: &[char]) -> Result<ClassAdValue, AdError> {
        self.skip_space();
        let start = self.at;
        if let Some(value) = self.literal()? {
            self.skip_space();
            if self.rest().is_empty() || self.rest().starts_with(ends) {
                return Ok(value);
            }
        }
        self.at = start;
        self.expression(ends)
    }

    fn literal(&mut self) -> Result<Option<ClassAdValue>, AdError> {
        match self.rest().chars().next() {
            Some('"') => self.string().map(|text| Some(ClassAdValue::Text(text))),
            Some('{') => self.nested(Self::list).map(Some),
            Some('[') => self.nested(Self::ad).map(Some),
            _ => Ok(self.word()),
        }
    }

    /// Reads a number or one of the four keywords.
    fn word(&mut self) -> Option<ClassAdValue> {
        let signed = usize::from(self.rest().starts_with(['-', '+']));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let mut length = signed + self.rest()[signed..].find(|c: char| !plain(c)).unwrap_or(self.rest().len() - signed);
        let is_number = self.rest()[signed..].starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if is_number && self.rest()[..length].ends_with(['e', 'E']) {
            let exponent = &self.rest()[length..];
            let sign = usize::from(exponent.starts_with(['-', '+']));
            let digits = exponent[sign..].bytes().take_while(u8::is_ascii_digit).count();
            length += sign + digits;
        }
        let word = &self.rest()[..length];
        let value = match word.to_ascii_lowercase().as_str() {
            "true" => ClassAdValue::Bool(true),
            "false" => ClassAdValue::Bool(false),
            "undefined" => ClassAdValue::Undefined,
            "error" => ClassAdValue::Error,
            _ if !is_number => return None,
            _ => match word.parse::<i64>() {
                Ok(number) => ClassAdValue::Int(number),
                Err(_) => ClassAdValue::Real(word.parse().ok().filter(|number: &f64| number.is_finite())?),
            },
        };
        self.at += length;
        Some(value)
    }

    fn string(&mut self) -> Result<String, AdError> {
        let (mut text, mut escaped) = (Vec::new(), false);
        let push = |c: char, text: &mut Vec<u8>| text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((index, c)) = chars.next() {
            match c {
                _ if escaped => {
                    escaped = false;
                    match c {
                        'n' => text.push(b'\n'),
                        't' => text.push(b'\t'),
                        'r' => text.push(b'\r'),
                        '0'..='7' => {
                            // HTCondor writes each byte of a non-ASCII character this way.
                            let mut code = c.to_digit(8).unwrap_or_default();
                            let longest = if c <= '3' { 2 } else { 1 };
                            for _ in 0..longest {
                                let Some(digit) = chars.peek().and_then(|(_, c)| c.to_digit(8)) else { break };
                                code = code * 8 + digit;
                                chars.next();
                            }
                            text.push(u8::try_from(code).unwrap_or(b' '));
                        }
                        c => push(c, &mut text),
                    }
                }
                '\\' => escaped = true,
                '"' => {
                    self.at += index + 1;
                    return Ok(String::from_utf8_lossy(&text).into_owned());
                }
                c => push(c, &mut text),
            }
        }
        Err(AdError::EndlessText(shown(self.rest())))
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<ClassAdValue, AdError>) -> Result<ClassAdValue, AdError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(AdError::TooDeep);
        }
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn list(&mut self) -> Result<ClassAdValue, AdError> {
        let mut values = Vec::new();
        loop {
            self.skip_space();
            if self.takes('}') {
                return Ok(ClassAdValue::List(values));
            }
            values.push(self.value(&[',', '}'])?);
            if !self.takes(',') && !self.rest().starts_with('}') {
                return Err(AdError::EndlessList);
            }
        }
    }

    fn ad(&mut self) -> Result<ClassAdValue, AdError> {
        let mut ad = ClassAd::new();
        loop {
            self.skip_space();
            if self.takes(']') {
                return Ok(ClassAdValue::Ad(ad));
            }
            let length = self.rest().find('=').ok_or(AdError::EndlessAd)?;
            let name = self.rest()[..length].trim();
            if !ClassAd::is_name(name) {
                return Err(AdError::NoName(shown(name)));
            }
            self.at += length + 1;
            let value = self.value(&[';', ']'])?;
            ad.set(name, value);
            if !self.takes(';') && !self.rest().starts_with(']') {
                return Err(AdError::EndlessAd);
            }
        }
    }

    fn takes(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        self.at += if found { wanted.len_utf8() } else { 0 };
        found
    }

    /// Reads an expression that is not a plain value, as written.
    fn expression(&mut self, ends: &[char]) -> Result<ClassAdValue, AdError> {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(c) = self.rest().chars().next() {
            match c {
                c if depth == 0 && ends.contains(&c) => break,
                '"' => {
                    self.string()?;
                    continue;
                }
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.checked_sub(1).ok_or(AdError::Unopened(c))?,
                _ => {}
            }
            self.at += c.len_utf8();
        }
        let text = self.text[start..self.at].trim();
        if text.is_empty() || depth > 0 {
            return Err(if depth > 0 { AdError::Unclosed } else { AdError::NoValue });
        }
        Ok(ClassAdValue::Expression(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
