//! Classes of characters in the search for secrets.

/// The class of a character. Solid ones make a secret; the others come, go and change where a text is quoted, cut into
/// lines or shown on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A character that every notation keeps, in lower case.
    Solid(u32),
    /// A quoting character of shells and programming languages.
    Quote,
    Blank,
    LineEnd,
    /// Other control characters, and characters without width.
    Control,
    /// A letter with a mark, in any composition, or invalid UTF-8: `é`, `e` with an accent after it, `\xe9`.
    Foreign,
}

/// Separates unrelated parts of a text; no text contains this byte.
pub(super) const BREAK: u8 = 0xff;

/// Returns the class of the character at `at`, and its length.
pub(super) fn class_at(bytes: &[u8], at: usize) -> (Class, usize) {
    let byte = bytes[at];
    if byte.is_ascii() && bytes.get(at + 1).is_none_or(u8::is_ascii) {
        return (ascii(byte), 1);
    }
    let (class, mut length) = if byte.is_ascii() { (ascii(byte), 1) } else { beyond_ascii(bytes, at) };
    let marks_at = at + length;
    while is_mark(bytes, at + length) {
        length += 2;
    }
    if at + length > marks_at { (Class::Foreign, length) } else { (class, length) }
}

/// Returns the end of the gap at `at`: quotes, control characters, and line ends with the blanks around them, which may
/// stand between two characters of a secret.
pub(super) fn gap_end(bytes: &[u8], at: usize) -> usize {
    let (mut end, mut is_after_line_end) = (at, false);
    while end < bytes.len() {
        let (class, length) = class_at(bytes, end);
        match class {
            Class::Quote | Class::Control => is_after_line_end = false,
            Class::LineEnd => is_after_line_end = true,
            Class::Blank => {
                let blanks = bytes[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                let is_before_line_end = matches!(bytes.get(end + blanks), Some(b'\n' | b'\r'));
                if !is_after_line_end && !is_before_line_end {
                    return end;
                }
                end += blanks;
                continue;
            }
            Class::Solid(_) | Class::Foreign => return end,
        }
        end += length;
    }
    end
}

/// Returns the length of the character at `at` if it is a text character, otherwise 0.
pub(super) fn text_length(bytes: &[u8], at: usize) -> usize {
    match bytes[at] {
        b' '..=b'~' | b'\t' | b'\n' | b'\r' | b'\0' | 0x8 | 0x1b => 1,
        byte if byte.is_ascii() => 0,
        _ => utf8_length(bytes, at),
    }
}

fn ascii(byte: u8) -> Class {
    ASCII[usize::from(byte)]
}

/// The classes of ASCII characters, which are most of a text.
static ASCII: [Class; 128] = {
    let mut classes = [Class::Control; 128];
    let mut byte = b' ';
    while byte <= b'~' {
        classes[byte as usize] = match byte {
            b'\\' | b'\'' | b'"' | b'$' => Class::Quote,
            b' ' => Class::Blank,
            _ => Class::Solid(byte.to_ascii_lowercase() as u32),
        };
        byte += 1;
    }
    classes[b'\t' as usize] = Class::Blank;
    let mut byte = b'\n';
    while byte <= b'\r' {
        classes[byte as usize] = Class::LineEnd;
        byte += 1;
    }
    classes
};

fn beyond_ascii(bytes: &[u8], at: usize) -> (Class, usize) {
    if bytes[at] == BREAK {
        return (Class::Solid(u32::MAX), 1);
    }
    let Some(c) = utf8_at(bytes, at) else { return (Class::Foreign, 1) };
    let class = match u32::from(c) {
        0xa0 => Class::Blank,
        0xad | 0x200b..=0x200f | 0xfeff => Class::Control,
        // Latin letters, composed Greek and Cyrillic ones, and the replacement character of broken text.
        0x80..=0x37f | 0x1e00..=0x1fff | 0xfffd => Class::Foreign,
        0x386..=0x390 | 0x3aa..=0x3b0 | 0x3ca..=0x3ce => Class::Foreign,
        0x400 | 0x401 | 0x403 | 0x407 | 0x40c..=0x40e | 0x419 | 0x439 => Class::Foreign,
        0x450 | 0x451 | 0x453 | 0x457 | 0x45c..=0x45e => Class::Foreign,
        code => Class::Solid(code),
    };
    (class, c.len_utf8())
}

/// Whether a combining mark of the letter before (U+0300 to U+036F) is at `at`.
fn is_mark(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at..at + 2), Some([0xcc, 0x80..=0xbf] | [0xcd, 0x80..=0xaf]))
}

fn utf8_at(bytes: &[u8], at: usize) -> Option<char> {
    std::str::from_utf8(&bytes[at..at + utf8_length(bytes, at)]).ok()?.chars().next()
}

/// Returns the length in bytes of the character beyond ASCII at `at`; 0 if there is none.
fn utf8_length(bytes: &[u8], at: usize) -> usize {
    let length = match bytes[at] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return 0,
    };
    let rest = bytes.get(at + 1..at + length);
    if rest.is_some_and(|rest| rest.iter().all(|byte| byte & 0xc0 == 0x80)) { length } else { 0 }
}
