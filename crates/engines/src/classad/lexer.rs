//! Cuts a text into the words of the ClassAd language.

use super::number::leading_real;
use super::operator::Binary;
use super::parse_error::ParseError;
use super::token::Token;

/// How texts in quotes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// New ClassAds: a backslash begins an escape.
    Escapes,
    /// Old ClassAds, as in `condor_q -long`: a backslash is one, except before a quote that does not end the line.
    Plain,
}

/// Reads words one after the other.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    position: usize,
    quoting: Quoting,
    /// Whether the last word ended an operand.
    after_operand: bool,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, quoting: Quoting) -> Self {
        Self { text: text.as_bytes(), position: 0, quoting, after_operand: false }
    }

    /// The byte at a distance from the position; 0 at the end.
    fn peek(&self, distance: usize) -> u8 {
        self.text.get(self.position + distance).copied().unwrap_or(0)
    }

    fn skip_while(&mut self, condition: impl Fn(u8) -> bool) {
        while self.position < self.text.len() && condition(self.peek(0)) {
            self.position += 1;
        }
    }

    fn fail(&self, start: usize, expected: &str) -> ParseError {
        let end = (self.position + 1).clamp(start, self.text.len());
        let found = self.text.get(start..end).filter(|bytes| !bytes.is_empty());
        let found = found.map_or_else(|| "the end".to_owned(), |bytes| format!("{:?}", String::from_utf8_lossy(bytes)));
        ParseError::new(start, expected, found)
    }

    /// Skips white space and comments.
    fn skip_blank(&mut self) -> Result<(), ParseError> {
        loop {
            self.skip_while(is_space);
            match (self.peek(0), self.peek(1)) {
                (b'/', b'/') => self.skip_while(|byte| byte != b'\n' && byte != 0),
                (b'/', b'*') => {
                    let start = self.position;
                    self.position += 2;
                    while (self.peek(0), self.peek(1)) != (b'*', b'/') {
                        if self.peek(0) == 0 {
                            return Err(self.fail(start, "\"*/\" at the end of a comment"));
                        }
                        self.position += 1;
                    }
                    self.position += 2;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Reads the next word and gives it with its offset.
    pub(super) fn next(&mut self) -> Result<(usize, Token), ParseError> {
        self.skip_blank()?;
        let start = self.position;
        let token = match self.peek(0) {
            0 => Token::End,
            b'-' if self.after_operand => self.sign()?,
            b'-' | b'.' | b'0'..=b'9' => self.number()?,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'"' => Token::String(self.quoted(b'"')?),
            b'\'' => Token::Identifier(self.quoted(b'\'')?),
            _ => self.sign()?,
        };
        self.after_operand = token.ends_operand();
        Ok((start, token))
    }

    fn word(&mut self) -> Token {
        let start = self.position;
        self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let word = String::from_utf8_lossy(self.text.get(start..self.position).unwrap_or_default()).into_owned();
        match word.to_ascii_lowercase().as_str() {
            "true" => Token::Boolean(true),
            "false" => Token::Boolean(false),
            "undefined" => Token::Undefined,
            "error" => Token::Error,
            "is" => Token::Binary(Binary::Is),
            "isnt" => Token::Binary(Binary::Isnt),
            _ => Token::Identifier(word),
        }
    }

    /// Reads a number, a sign `-` without one, or the dot before a name.
    ///
    /// A whole number that does not fit 64 bits is 0, and none but 0 begins with 0, as in HTCondor with old ClassAd
    /// semantics.
    fn number(&mut self) -> Result<Token, ParseError> {
        let start = self.position;
        if self.peek(0) == b'-' {
            let digit_follows =
                self.peek(1).is_ascii_digit() || (self.peek(1) == b'.' && self.peek(2).is_ascii_digit());
            self.position += 1;
            if !digit_follows {
                return Ok(Token::Binary(Binary::Subtract));
            }
        }
        let mut real = false;
        let digits = self.position;
        if self.peek(0) == b'0' && matches!(self.peek(1), b'x' | b'X') {
            self.position += 2;
            if !self.peek(0).is_ascii_hexdigit() {
                return Err(self.fail(start, "hexadecimal digits"));
            }
            self.skip_while(|byte| byte.is_ascii_hexdigit());
        } else {
            self.skip_while(|byte| byte.is_ascii_digit());
            real = matches!(self.peek(0), b'e' | b'E') && self.position > digits;
            let written = self.text.get(digits..self.position).unwrap_or_default();
            if written.first() == Some(&b'0') && written.iter().any(|digit| matches!(digit, b'8' | b'9')) {
                real |= self.peek(0) == b'.';
                if !real {
                    return Err(self.fail(start, "an octal number after 0"));
                }
            }
        }
        if self.peek(0) == b'.' {
            let has_digits = self.position > digits;
            self.position += 1;
            if !has_digits && self.peek(0) == b'.' {
                self.position += 1;
            }
            if self.peek(0).is_ascii_digit() {
                real = true;
                self.skip_while(|byte| byte.is_ascii_digit());
            } else if has_digits {
                return Err(self.fail(start, "a digit after the decimal point"));
            } else {
                return Ok(Token::Dot);
            }
        }
        if real && matches!(self.peek(0), b'e' | b'E') {
            self.position += 1;
            if matches!(self.peek(0), b'+' | b'-') {
                self.position += 1;
            }
            if !self.peek(0).is_ascii_digit() {
                return Err(self.fail(start, "a digit of the exponent"));
            }
            self.skip_while(|byte| byte.is_ascii_digit());
        }
        let text = self.text.get(start..self.position).unwrap_or_default();
        let text = std::str::from_utf8(text).unwrap_or_default();
        if real {
            return Ok(Token::Real(leading_real(text).0));
        }
        if text.len() > 1 && text.starts_with('0') {
            return Err(self.fail(start, "a decimal number without a leading 0"));
        }
        let decimal = text.split(['x', 'X']).next().unwrap_or_default();
        Ok(Token::Integer(decimal.parse().unwrap_or(0)))
    }

    /// Reads a text in quotes. New texts that follow each other are one.
    fn quoted(&mut self, quote: u8) -> Result<String, ParseError> {
        let start = self.position;
        self.position += 1;
        let mut raw = Vec::new();
        loop {
            match self.peek(0) {
                0 => return Err(self.fail(start, "a closing quote")),
                byte if byte == quote => {
                    let plain = self.quoting == Quoting::Plain;
                    if plain && raw.last() == Some(&b'\\') && !matches!(self.peek(1), 0 | b'\n') {
                        raw.pop();
                        raw.push(quote);
                        self.position += 1;
                        continue;
                    }
                    self.position += 1;
                    let mut after = self.position;
                    while self.text.get(after).is_some_and(|byte| is_space(*byte)) {
                        after += 1;
                    }
                    if plain || self.text.get(after) != Some(&quote) {
                        break;
                    }
                    self.position = after + 1;
                }
                b'\\' if self.quoting == Quoting::Escapes && self.peek(1) != 0 => {
                    raw.extend([b'\\', self.peek(1)]);
                    self.position += 2;
                }
                byte => {
                    raw.push(byte);
                    self.position += 1;
                }
            }
        }
        let bytes = match self.quoting {
            Quoting::Plain => raw,
            Quoting::Escapes => unescape(&raw).ok_or_else(|| self.fail(start, "a text without a zero byte"))?,
        };
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// Reads an operator or a bracket.
    fn sign(&mut self) -> Result<Token, ParseError> {
        let start = self.position;
        let (token, length) = match (self.peek(0), self.peek(1), self.peek(2)) {
            (b'>', b'>', b'>') => (Token::Binary(Binary::ShiftRightUnsigned), 3),
            (b'=', b'?', b'=') => (Token::Binary(Binary::Is), 3),
            (b'=', b'!', b'=') => (Token::Binary(Binary::Isnt), 3),
            (b'>', b'>', _) => (Token::Binary(Binary::ShiftRight), 2),
            (b'<', b'<', _) => (Token::Binary(Binary::ShiftLeft), 2),
            (b'<', b'=', _) => (Token::Binary(Binary::LessOrEqual), 2),
            (b'>', b'=', _) => (Token::Binary(Binary::GreaterOrEqual), 2),
            (b'=', b'=', _) => (Token::Binary(Binary::Equal), 2),
            (b'!', b'=', _) => (Token::Binary(Binary::NotEqual), 2),
            (b'&', b'&', _) => (Token::Binary(Binary::And), 2),
            (b'|', b'|', _) => (Token::Binary(Binary::Or), 2),
            (b'<', ..) => (Token::Binary(Binary::Less), 1),
            (b'>', ..) => (Token::Binary(Binary::Greater), 1),
            (b'&', ..) => (Token::Binary(Binary::BitAnd), 1),
            (b'|', ..) => (Token::Binary(Binary::BitOr), 1),
            (b'^', ..) => (Token::Binary(Binary::BitXor), 1),
            (b'+', ..) => (Token::Binary(Binary::Add), 1),
            (b'-', ..) => (Token::Binary(Binary::Subtract), 1),
            (b'*', ..) => (Token::Binary(Binary::Multiply), 1),
            (b'/', ..) => (Token::Binary(Binary::Divide), 1),
            (b'%', ..) => (Token::Binary(Binary::Remainder), 1),
            (b'!', ..) => (Token::Not, 1),
            (b'~', ..) => (Token::BitNot, 1),
            (b'?', ..) => (Token::Question, 1),
            (b':', ..) => (Token::Colon, 1),
            (b';', ..) => (Token::Semicolon, 1),
            (b',', ..) => (Token::Comma, 1),
            (b'=', second, _) if second != b'?' => (Token::Assign, 1),
            (b'(', ..) => (Token::OpenParenthesis, 1),
            (b')', ..) => (Token::CloseParenthesis, 1),
            (b'[', ..) => (Token::OpenBracket, 1),
            (b']', ..) => (Token::CloseBracket, 1),
            (b'{', ..) => (Token::OpenBrace, 1),
            (b'}', ..) => (Token::CloseBrace, 1),
            _ => return Err(self.fail(start, "an operator or an operand")),
        };
        self.position += length;
        Ok(token)
    }
}

/// Replaces the escapes of a new text; `None` if one stands for a zero byte.
fn unescape(raw: &[u8]) -> Option<Vec<u8>> {
    let octal = |byte: Option<&u8>| byte.filter(|byte| (b'0'..=b'7').contains(*byte)).map(|byte| byte - b'0');
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let Some((&escaped, after)) = rest.split_first() else {
            bytes.push(byte);
            break;
        };
        rest = after;
        bytes.push(match escaped {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'0'..=b'7' => {
                let mut number = escaped - b'0';
                let mut digits = 1;
                while let Some(digit) = octal(rest.first())
                    && (digits == 1 || (digits == 2 && number < 0x20))
                {
                    number = (number << 3) | digit;
                    digits += 1;
                    rest = rest.get(1..).unwrap_or_default();
                }
                if number == 0 {
                    return None;
                }
                number
            }
            other => other,
        });
    }
    Some(bytes)
}
