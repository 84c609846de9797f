//! Turns a regular expression of PCRE into one that this program's own library reads the same way.

/// What a pattern is to PCRE and to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// PCRE does not accept it.
    Invalid,
    /// PCRE accepts it, but our library cannot do the same; with what it would need.
    Unsupported(&'static str),
}

/// A pattern in our library's syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Translation {
    pub(super) pattern: String,
    /// Whether there are anchors at a line's or the text's end, which PCRE lets match before a last newline too.
    pub(super) has_anchor: bool,
}

struct Translator<'a> {
    rest: &'a [u8],
    out: String,
    extended: bool,
    depth: usize,
    has_anchor: bool,
    /// Whether a quantifier may follow.
    repeatable: bool,
}

/// Translates a pattern of ASCII letters. `extended` is PCRE's option of that name.
pub(super) fn translate(pattern: &str, extended: bool) -> Result<Translation, Refusal> {
    if !pattern.is_ascii() {
        return Err(Refusal::Unsupported("letters outside of ASCII"));
    }
    let mut translator = Translator {
        rest: pattern.as_bytes(),
        out: String::with_capacity(pattern.len() + 8),
        extended,
        depth: 0,
        has_anchor: false,
        repeatable: false,
    };
    translator.run()?;
    Ok(Translation { pattern: translator.out, has_anchor: translator.has_anchor })
}

impl Translator<'_> {
    fn peek(&self, distance: usize) -> u8 {
        self.rest.get(distance).copied().unwrap_or(0)
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn push(&mut self, byte: u8) {
        self.out.push(char::from(byte));
    }

    fn literal(&mut self, byte: u8) {
        if !byte.is_ascii_alphanumeric() && byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>') {
            self.out.push('\\');
        }
        self.push(byte);
        self.repeatable = true;
    }

    fn run(&mut self) -> Result<(), Refusal> {
        while let Some(&byte) = self.rest.first() {
            match byte {
                b'\\' => self.escape()?,
                b'[' => self.class()?,
                b'(' => self.open()?,
                b')' => {
                    if self.depth == 0 {
                        return Err(Refusal::Invalid);
                    }
                    self.depth -= 1;
                    self.skip(1);
                    self.out.push(')');
                    self.repeatable = true;
                }
                b'*' | b'+' | b'?' => {
                    self.skip(1);
                    self.quantifier(char::from(byte).to_string())?;
                }
                b'{' => self.braces()?,
                b'|' => {
                    self.skip(1);
                    self.out.push('|');
                    self.repeatable = false;
                }
                b'^' | b'$' => {
                    self.skip(1);
                    self.has_anchor = true;
                    self.push(byte);
                    self.refuse_repetition()?;
                }
                b'.' => {
                    self.skip(1);
                    self.out.push('.');
                    self.repeatable = true;
                }
                b'#' if self.extended => {
                    let length = self.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.rest.len());
                    self.skip(length);
                }
                byte if self.extended && byte.is_ascii_whitespace() => self.skip(1),
                byte => {
                    self.skip(1);
                    self.literal(byte);
                }
            }
        }
        if self.depth == 0 { Ok(()) } else { Err(Refusal::Invalid) }
    }

    /// Refuses a quantifier after an assertion, which PCRE allows.
    fn refuse_repetition(&mut self) -> Result<(), Refusal> {
        self.repeatable = false;
        if matches!(self.peek(0), b'*' | b'+' | b'?' | b'{') {
            return Err(Refusal::Unsupported("a repeated assertion"));
        }
        Ok(())
    }

    fn quantifier(&mut self, quantifier: String) -> Result<(), Refusal> {
        if !self.repeatable {
            return Err(Refusal::Invalid);
        }
        self.repeatable = false;
        self.out.push_str(&quantifier);
        match self.peek(0) {
            b'?' => {
                self.skip(1);
                self.out.push('?');
            }
            b'+' => return Err(Refusal::Unsupported("a possessive quantifier")),
            _ => {}
        }
        if self.peek(0) == b'{' {
            return Err(Refusal::Unsupported("a quantifier of a quantifier"));
        }
        Ok(())
    }

    /// `{n}`, `{n,}` and `{n,m}` are quantifiers, any other brace is itself.
    fn braces(&mut self) -> Result<(), Refusal> {
        let end = self.rest.iter().position(|byte| *byte == b'}');
        let content = end.and_then(|end| self.rest.get(1..end)).and_then(|content| std::str::from_utf8(content).ok());
        let Some(content) = content else {
            self.skip(1);
            self.literal(b'{');
            return Ok(());
        };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (low, high) = content.split_once(',').unwrap_or((content, content));
        if is_number(low) && (is_number(high) || high.is_empty()) {
            let value = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
            if value(low) > 65_535 || (!high.is_empty() && (value(high) > 65_535 || value(high) < value(low))) {
                return Err(Refusal::Invalid);
            }
            let quantifier = format!("{{{content}}}");
            self.skip(content.len() + 2);
            return self.quantifier(quantifier);
        }
        if content.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b' ' | b'\t')) {
            return Err(Refusal::Unsupported("braces that newer versions of PCRE read in another way"));
        }
        self.skip(1);
        self.literal(b'{');
        Ok(())
    }

    fn open(&mut self) -> Result<(), Refusal> {
        let next = (self.peek(1), self.peek(2), self.peek(3));
        let length = match next {
            (b'?', b':', _) => 3,
            (b'?', b'P', b'<') => 4,
            (b'?', b'<', first) if first.is_ascii_alphabetic() || first == b'_' => 3,
            (b'?', b'=' | b'!', _) => return Err(Refusal::Unsupported("look-ahead")),
            (b'?', b'<', b'=' | b'!') => return Err(Refusal::Unsupported("look-behind")),
            (b'?', b'>', _) => return Err(Refusal::Unsupported("an atomic group")),
            (b'?', ..) => return self.flags(),
            (b'*', ..) => return Err(Refusal::Unsupported("a verb of PCRE")),
            _ => 1,
        };
        let opening = self.rest.get(..length).unwrap_or_default().to_vec();
        self.skip(length);
        self.out.push_str(&String::from_utf8_lossy(&opening));
        if length >= 3 && next.1 != b':' {
            let name = self.rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            if name == 0 || self.peek(name) != b'>' {
                return Err(Refusal::Invalid);
            }
            let text = self.rest.get(..=name).unwrap_or_default().to_vec();
            self.skip(name + 1);
            self.out.push_str(&String::from_utf8_lossy(&text));
        }
        self.depth += 1;
        self.repeatable = false;
        Ok(())
    }

    /// `(?i)` and the like.
    fn flags(&mut self) -> Result<(), Refusal> {
        let length = self.rest.iter().skip(2).take_while(|byte| matches!(byte, b'i' | b's' | b'm' | b'-')).count() + 2;
        if length == 2 || !matches!(self.peek(length), b')' | b':') {
            return Err(Refusal::Unsupported("a group of a kind that only PCRE has"));
        }
        let text = String::from_utf8_lossy(self.rest.get(..=length).unwrap_or_default()).into_owned();
        if text.matches('-').count() > 1 || text.contains("-)") || text.contains("-:") {
            return Err(Refusal::Unsupported("unusual flags of a group"));
        }
        if text.ends_with(':') {
            self.depth += 1;
        }
        self.skip(length + 1);
        self.out.push_str(&text);
        self.repeatable = false;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Refusal> {
        let escaped = self.peek(1);
        self.skip(2);
        match escaped {
            0 => return Err(Refusal::Invalid),
            b'd' | b'D' | b'w' | b'W' | b's' | b'S' => {
                self.out.push('\\');
                self.push(escaped);
                self.repeatable = true;
            }
            b'b' | b'B' | b'A' => {
                self.out.push('\\');
                self.push(escaped);
                self.refuse_repetition()?;
            }
            b'z' | b'Z' => {
                self.has_anchor |= escaped == b'Z';
                self.out.push_str("\\z");
                self.refuse_repetition()?;
            }
            b'n' | b't' | b'r' | b'f' | b'a' => {
                self.out.push('\\');
                self.push(escaped);
                self.repeatable = true;
            }
            b'e' => {
                self.out.push_str("\\x1B");
                self.repeatable = true;
            }
            b'1'..=b'9' => return Err(Refusal::Unsupported("a back-reference")),
            b'x' => {
                let digits = self.rest.iter().take(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
                let digits = self.rest.get(..digits).unwrap_or_default();
                let value = std::str::from_utf8(digits).ok().and_then(|text| u8::from_str_radix(text, 16).ok());
                let length = digits.len();
                match value {
                    Some(value) if value.is_ascii() && value != 0 && self.peek(0) != b'{' => {
                        self.skip(length);
                        self.out.push_str(&format!("\\x{value:02X}"));
                        self.repeatable = true;
                    }
                    _ => return Err(Refusal::Unsupported("a character by its number")),
                }
            }
            byte if byte.is_ascii_alphanumeric() => {
                return Err(Refusal::Unsupported("an escape that only PCRE has"));
            }
            byte => self.literal(byte),
        }
        Ok(())
    }

    /// `[…]`.
    fn class(&mut self) -> Result<(), Refusal> {
        // PCRE takes "[:alpha:]" outside of a class for a mistake.
        let mark = self.peek(1);
        let end = self.rest.iter().skip(2).position(|byte| matches!(byte, b']' | b'\\'));
        if matches!(mark, b':' | b'.' | b'=') && end.is_some_and(|end| end > 0 && self.peek(end + 1) == mark) {
            return Err(Refusal::Invalid);
        }
        self.skip(1);
        self.out.push('[');
        if self.peek(0) == b'^' {
            self.skip(1);
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let byte = self.peek(0);
            match byte {
                0 if self.rest.is_empty() => return Err(Refusal::Invalid),
                b']' if !first => break,
                b'[' if matches!(self.peek(1), b':' | b'.' | b'=') => self.named_class()?,
                b'\\' => self.class_escape()?,
                b'-' => {
                    self.skip(1);
                    let is_range = !first && self.peek(0) != b']';
                    self.out.push_str(if is_range { "-" } else { "\\-" });
                }
                byte => {
                    self.skip(1);
                    if byte.is_ascii_graphic() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'<' | b'>') {
                        self.out.push('\\');
                    }
                    self.push(byte);
                }
            }
            first = false;
        }
        self.skip(1);
        self.out.push(']');
        self.repeatable = true;
        Ok(())
    }

    fn named_class(&mut self) -> Result<(), Refusal> {
        let end = self.rest.iter().position(|byte| *byte == b']');
        let text = end.and_then(|end| self.rest.get(..=end)).map(|text| String::from_utf8_lossy(text).into_owned());
        let known = ["alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper"]
            .into_iter()
            .chain(["word", "xdigit", "ascii"]);
        if let Some(text) = text
            && known.into_iter().any(|name| text == format!("[:{name}:]"))
        {
            self.skip(text.len());
            self.out.push_str(&text);
            return Ok(());
        }
        Err(Refusal::Unsupported("an unusual class of characters"))
    }

    fn class_escape(&mut self) -> Result<(), Refusal> {
        let escaped = self.peek(1);
        self.skip(2);
        match escaped {
            0 => return Err(Refusal::Invalid),
            b'd' | b'D' | b'w' | b'W' | b's' | b'S' => {
                if self.peek(0) == b'-' && self.peek(1) != b']' {
                    return Err(Refusal::Unsupported("a class at the start of a range"));
                }
                self.out.push('\\');
                self.push(escaped);
            }
            b'n' | b't' | b'r' | b'f' | b'a' => {
                self.out.push('\\');
                self.push(escaped);
            }
            b'b' => self.out.push_str("\\x08"),
            byte if byte.is_ascii_alphanumeric() => {
                return Err(Refusal::Unsupported("an escape that only PCRE has"));
            }
            byte => {
                if !matches!(byte, b'<' | b'>') && byte.is_ascii_graphic() {
                    self.out.push('\\');
                }
                self.push(byte);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, translate};

    fn pattern(text: &str) -> String {
        translate(text, false).unwrap().pattern
    }

    #[test]
    fn common_patterns_keep_their_meaning() {
        assert_eq!(pattern("^slot[0-9]+@.*\\.example\\.org$"), "^slot[0-9]+\\@.*\\.example\\.org$");
        assert_eq!(pattern("a{2,3}b{x"), "a{2,3}b\\{x");
        assert_eq!(pattern("[]a[-]"), "[\\]a\\[\\-]");
        assert_eq!(pattern("\\<a\\/"), "<a\\/");
        assert_eq!(translate("a b # c", true).unwrap().pattern, "ab");
    }

    #[test]
    fn what_pcre_refuses_and_what_only_pcre_can_do_are_told_apart() {
        assert_eq!(translate("(a", false), Err(Refusal::Invalid));
        assert_eq!(translate("*a", false), Err(Refusal::Invalid));
        assert_eq!(translate("a)", false), Err(Refusal::Invalid));
        assert_eq!(translate("a{3,2}", false), Err(Refusal::Invalid));
        assert_eq!(translate("(a)\\1", false), Err(Refusal::Unsupported("a back-reference")));
        assert_eq!(translate("(?=a)", false), Err(Refusal::Unsupported("look-ahead")));
        assert_eq!(translate("a++", false), Err(Refusal::Unsupported("a possessive quantifier")));
    }
}
