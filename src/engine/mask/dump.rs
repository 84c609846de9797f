//! Decodes dumps: bytes written one by one, as numbers or as characters, in lines of columns.
//!
//! `od`, `xxd` and `hexdump` print them, and languages that print a list of bytes.

use std::borrow::Cow;
use std::ops::Range;

use super::class::text_length;
use super::escapes::number;
use super::view::View;

/// The narrowest column of offsets with which dumps begin their lines.
const PLACE: usize = 6;

/// The width of `od`'s cell for a character, which is in the cell's last place.
const CELL: usize = 4;

/// A notation for bytes as numbers.
struct DumpFormat {
    radix: u32,
    /// The possible numbers of digits.
    digits: &'static [usize],
    /// The number of bytes for a number of digits.
    bytes: fn(usize) -> usize,
    is_little_endian: bool,
}

const NOTATIONS: [DumpFormat; 6] = [
    DumpFormat { radix: 16, digits: &[2, 4, 8, 16], bytes: |digits| digits / 2, is_little_endian: false },
    DumpFormat { radix: 16, digits: &[4, 8, 16], bytes: |digits| digits / 2, is_little_endian: true },
    DumpFormat { radix: 8, digits: &[3], bytes: |_| 1, is_little_endian: false },
    DumpFormat { radix: 8, digits: &[6], bytes: |_| 2, is_little_endian: true },
    DumpFormat { radix: 10, digits: &[1, 2, 3], bytes: |_| 1, is_little_endian: false },
    DumpFormat { radix: 2, digits: &[8], bytes: |_| 1, is_little_endian: false },
];

/// Returns the texts of at least `shortest` bytes that the view holds as a dump of each kind.
pub(super) fn said(view: &View, shortest: usize) -> impl Iterator<Item = View> {
    let numbers = fields(view.bytes(), |byte| byte.is_ascii_alphanumeric(), |field| digits(field).is_some());
    let is_blank = |byte| matches!(byte, b' ' | b'\t' | b'\r');
    let characters = fields(view.bytes(), |byte| !is_blank(byte), |field| character(field).is_some());
    let numbers = NOTATIONS.map(|notation| {
        said_by(&numbers, view, shortest, |field| notation.read(digits(&view.bytes()[field.place()])?))
    });
    let characters = [2, CELL].map(|cell| {
        said_by(&characters, view, shortest, |field| {
            let character = character(&view.bytes()[field.place()])?;
            let blank = (field.blanks >= 2 * cell - 1).then_some(b' ');
            Some(blank.into_iter().chain(character.iter().copied()).collect())
        })
    });
    numbers.into_iter().chain(characters).filter(|said| !said.bytes().is_empty())
}

impl DumpFormat {
    fn read(&self, digits: &[u8]) -> Option<Vec<u8>> {
        if !self.digits.contains(&digits.len()) {
            return None;
        }
        let text = std::str::from_utf8(digits).ok()?;
        let value = u64::from_str_radix(text, self.radix).ok()?;
        let count = (self.bytes)(digits.len());
        let bytes = value.to_be_bytes();
        let (unused, used) = bytes.split_at(8 - count);
        let mut bytes = unused.iter().all(|byte| *byte == 0).then(|| used.to_vec())?;
        if self.is_little_endian {
            bytes.reverse();
        }
        Some(bytes)
    }
}

/// Returns the digits of a number in any notation.
fn digits(field: &[u8]) -> Option<&[u8]> {
    let digits = field.strip_prefix(b"0x").or_else(|| field.strip_prefix(b"x")).unwrap_or(field);
    (digits.len() <= 16 && digits.iter().all(u8::is_ascii_hexdigit)).then_some(digits)
}

/// Reads one character as `od -c` and `od -a` write it, or as it is.
fn character(field: &[u8]) -> Option<Cow<'_, [u8]>> {
    let byte = match field {
        [_] => return Some(field.into()),
        [b'\\', b'n'] | b"nl" => b'\n',
        [b'\\', b't'] | b"ht" => b'\t',
        [b'\\', _] | b"nul" | b"esc" | b"cr" => 0,
        b"sp" => b' ',
        [b'0'..=b'3', _, _] => u8::try_from(number(field, 0, 3, 8)?).ok()?,
        _ => return (!field.is_ascii() && text_length(field, 0) == field.len()).then(|| field.into()),
    };
    Some(vec![byte].into())
}

/// A field of a dump's line.
struct Field {
    start: usize,
    end: usize,
    /// The number of blanks before it.
    blanks: usize,
    /// Whether only separators are between it and the field before, or the beginning of the line.
    is_next: bool,
    /// Whether it is the first field of its line.
    is_first: bool,
    /// The end of its line, if that begins with an offset: a text column with the same content may follow.
    line_end: Option<usize>,
}

impl Field {
    fn place(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// Returns the fields of a text that `is_meant` accepts, without the columns of offsets and of text.
fn fields(bytes: &[u8], is_field: impl Fn(u8) -> bool, is_meant: impl Fn(&[u8]) -> bool) -> Vec<Field> {
    let count = |part: &[u8], wanted: bool| part.iter().take_while(|byte| is_field(**byte) == wanted).count();
    let mut fields = Vec::new();
    let mut carried = 0;
    let mut line_start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let line_end = line_start + line.strip_suffix(b"\n").unwrap_or(line).len();
        let place = place_end(&bytes[line_start..line_end]);
        let mut at = line_start + place.unwrap_or_default();
        let (mut is_first, mut is_next) = (true, true);
        loop {
            let start = at + count(&bytes[at..line_end], false);
            let between = &bytes[at..start];
            let blanks = between.iter().filter(|byte| **byte == b' ').count();
            if start == line_end {
                // A dumped blank at the end of the line.
                carried = if blanks >= CELL { CELL } else { 0 };
                break;
            }
            let is_text_column = between.iter().any(|byte| b"|>".contains(byte))
                || bytes[line_start..].get(place.unwrap_or_default()) == Some(&b':') && !is_first && blanks > 1;
            if place.is_some() && is_text_column {
                carried = 0;
                break;
            }
            at = start + count(&bytes[start..line_end], true);
            if is_meant(&bytes[start..at]) {
                is_next &= is_first || between.iter().all(|byte| b" \t\r,:;-[](){}<>\\\"'".contains(byte));
                let (blanks, line_end) = (blanks + carried, place.map(|_| line_end));
                fields.push(Field { start, end: at, blanks, is_next, is_first, line_end });
                is_next = true;
            } else {
                is_next = false;
            }
            (is_first, carried) = (false, 0);
        }
        line_start += line.len();
    }
    fields
}

/// Returns the text of the fields that `read` understands.
fn said_by(fields: &[Field], view: &View, shortest: usize, read: impl Fn(&Field) -> Option<Vec<u8>>) -> View {
    let (mut bytes, mut places): (Vec<u8>, Vec<Range<usize>>) = Default::default();
    let mut said = View::new();
    let mut is_broken = false;
    for field in fields {
        let Some(read) = read(field) else {
            is_broken = true;
            continue;
        };
        if !field.is_next || is_broken && !field.is_first {
            said.push_texts(&bytes, shortest, view, |at| places[at].clone());
            bytes.clear();
            places.clear();
        }
        is_broken = false;
        places.extend(read.iter().map(|_| field.start..field.line_end.unwrap_or(field.end)));
        bytes.extend(read);
    }
    said.push_texts(&bytes, shortest, view, |at| places[at].clone());
    said
}

/// Returns the end of the offset that begins a dump's line: its length differs from the next number's, or a colon
/// follows.
fn place_end(line: &[u8]) -> Option<usize> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let rest = line.get(digits..).filter(|_| digits >= PLACE)?;
    match rest {
        [b':', b' ', ..] => Some(digits),
        [b' ', ..] => {
            let field = rest.iter().skip_while(|byte| **byte == b' ').take_while(|byte| **byte != b' ').count();
            (field != digits).then_some(digits)
        }
        _ => None,
    }
}
