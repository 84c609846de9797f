//! Undoes one level of escapes, which write characters as others.

use std::ops::Range;

use super::class::BREAK;
use super::view::View;

/// A kind of escape.
struct Escape {
    /// The bytes of which one begins the escape.
    leads: [u8; 2],
    read: Read,
}

/// Reads the escape at a place; returns its plain text and its end.
type Read = fn(&[u8], usize) -> Option<(Plain, usize)>;

/// The plain text of an escape.
#[derive(Clone, Copy)]
enum Plain {
    Byte(u8),
    Char(char),
    /// A sign that is found without undoing the escape: gaps may contain it, or it stands there itself.
    Quoted(u8),
    Nothing,
}

/// The length of the longest escape, nearly.
const LONGEST: usize = 10;

/// The kinds of escapes, each undone by itself: an escape of one language is plain text in another.
const ESCAPES: [Escape; 7] = [
    Escape { leads: [b'\\'; 2], read: backslash },
    Escape { leads: [b'%'; 2], read: percent },
    Escape { leads: [b'+'; 2], read: plus },
    Escape { leads: [b'&'; 2], read: entity },
    Escape { leads: [b'='; 2], read: quoted_printable },
    Escape { leads: [b'^', b'M'], read: caret },
    Escape { leads: [b'\r', b'\n'], read: fold },
];

/// Returns the view's parts around escapes, up to `reach` bytes before and after them, with each kind undone once.
pub(super) fn undone(view: &View, reach: usize) -> impl Iterator<Item = View> {
    ESCAPES.iter().flat_map(move |escape| escape.undone(view, reach)).filter(|undone| !undone.bytes().is_empty())
}

/// Returns the text with backslash escapes undone once.
pub(super) fn without_backslashes(text: &str) -> Option<String> {
    let undone = ESCAPES[0].undone(&View::of(text), text.len()).pop()?;
    std::str::from_utf8(undone.bytes()).ok().map(str::to_owned)
}

impl Escape {
    /// Keeps each part separate: other notations in one part do not multiply the readings of others.
    fn undone(&self, view: &View, reach: usize) -> Vec<View> {
        let bytes = view.bytes();
        let found = self.found(bytes);
        let mut rest = found.as_slice();
        let undone = windows(bytes, &found, reach).into_iter().map(|window| {
            let mut undone = View::new();
            let mut at = window.start;
            rest = &rest[rest.partition_point(|written| written.place.start < at)..];
            while let Some((written, others)) = rest.split_first()
                && written.place.end <= window.end
            {
                undone.push_part(view, at..written.place.start);
                written.plain.push(&mut undone, view, &written.place);
                at = written.place.end;
                rest = others;
            }
            undone.push_part(view, at..window.end);
            undone
        });
        undone.collect()
    }

    /// Returns all escapes of this kind.
    fn found(&self, bytes: &[u8]) -> Vec<Written> {
        let mut found = Vec::new();
        let mut at = 0;
        let [first, other] = self.leads;
        while let Some(next) = bytes[at..].iter().position(|byte| *byte == first || *byte == other) {
            at += next;
            match (self.read)(bytes, at) {
                Some((plain, end)) => {
                    found.push(Written { place: at..end, plain });
                    at = end;
                }
                None => at += 1,
            }
        }
        found
    }
}

/// An escape in a text.
struct Written {
    place: Range<usize>,
    plain: Plain,
}

/// Returns the parts of a text around its escapes, each within what belongs together.
fn windows(bytes: &[u8], found: &[Written], reach: usize) -> Vec<Range<usize>> {
    let mut windows: Vec<Range<usize>> = Vec::new();
    for Written { place, .. } in found.iter().filter(|written| !matches!(written.plain, Plain::Quoted(_))) {
        let known = windows.last().map_or(0, |window| window.end);
        let first = place.start.saturating_sub(reach).max(known.min(place.start));
        let before = bytes[first..place.start].iter().rposition(|byte| *byte == BREAK);
        let from = place.end.max(known);
        let last = bytes.len().min(place.end + reach).max(from);
        let after = bytes[from..last].iter().position(|byte| *byte == BREAK);
        let window = before.map_or(first, |at| first + at + 1)..after.map_or(last, |at| from + at);
        match windows.last_mut() {
            Some(known) if window.start <= known.end => known.end = known.end.max(window.end),
            _ => windows.push(window),
        }
    }
    windows
}

impl Plain {
    fn push(self, undone: &mut View, view: &View, place: &Range<usize>) {
        match self {
            Self::Byte(byte) | Self::Quoted(byte) => undone.push(byte, view, place.clone()),
            Self::Char(c) => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| undone.push(byte, view, place.clone())),
            Self::Nothing => {}
        }
    }
}

/// Escapes of shells, JSON and other languages: `\\`, `\n`, `\044`, `\x24`, `\u0024`, `\ud83d\ude00`, `\U00000024`,
/// `\u{24}`.
fn backslash(bytes: &[u8], at: usize) -> Option<(Plain, usize)> {
    let letter = *bytes.get(at + 1)?;
    let byte = match letter {
        b'a' => 0x7,
        b'b' => 0x8,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0xb,
        b'f' => 0xc,
        b'r' => b'\r',
        b'e' | b'E' => 0x1b,
        b'0'..=b'7' => {
            let digits = bytes[at + 1..].iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
            let byte = u8::try_from(number(bytes, at + 1, digits, 8)?).ok()?;
            return Some((Plain::Byte(byte), at + 1 + digits));
        }
        b'x' => return Some((Plain::Byte(hex_byte(bytes, at + 2)?), at + 4)),
        b'U' => return Some((Plain::Char(char::from_u32(number(bytes, at + 2, 8, 16)?)?), at + 10)),
        b'u' => return unicode(bytes, at + 2),
        b'\\' if bytes.get(at + 2).is_some_and(|next| *next == b'\\' || next.is_ascii_alphanumeric()) => letter,
        b'!'..=b'/' | b':'..=b'@' | b'['..=b'`' | b'{'..=b'~' => return Some((Plain::Quoted(letter), at + 2)),
        _ => return None,
    };
    Some((Plain::Byte(byte), at + 2))
}

/// Reads the code after `\u`.
fn unicode(bytes: &[u8], at: usize) -> Option<(Plain, usize)> {
    if bytes.get(at) == Some(&b'{') {
        let digits = bytes[at + 1..].iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let c = char::from_u32(number(bytes, at + 1, digits, 16)?)?;
        return (bytes.get(at + 1 + digits) == Some(&b'}')).then_some((Plain::Char(c), at + 2 + digits));
    }
    let unit = |at| number(bytes, at, 4, 16).and_then(|unit| u16::try_from(unit).ok());
    let first = unit(at)?;
    if let Some(c) = char::from_u32(first.into()) {
        return Some((Plain::Char(c), at + 4));
    }
    let second = bytes[at + 4..].starts_with(b"\\u").then(|| unit(at + 6)).flatten()?;
    let c = char::decode_utf16([first, second]).next()?.ok()?;
    Some((Plain::Char(c), at + 10))
}

/// `%24`
fn percent(bytes: &[u8], at: usize) -> Option<(Plain, usize)> {
    Some((Plain::Byte(hex_byte(bytes, at + 1)?), at + 3))
}

/// `+`, a blank in a form's fields.
fn plus(_: &[u8], at: usize) -> Option<(Plain, usize)> {
    Some((Plain::Byte(b' '), at + 1))
}

/// `&amp;`, `&#36;`, `&#x24;`
fn entity(bytes: &[u8], at: usize) -> Option<(Plain, usize)> {
    let length = bytes[at..].iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&bytes[at + 1..at + length]).ok()?;
    let c = match name.strip_prefix('#') {
        Some(number) => char::from_u32(match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => number.parse().ok()?,
        })?,
        None => match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" => ' ',
            _ => return None,
        },
    };
    Some((Plain::Char(c), at + length + 1))
}

/// Quoted-printable of mail: `=3D`, and a continued line.
fn quoted_printable(bytes: &[u8], at: usize) -> Option<(Plain, usize)> {
    match &bytes[at + 1..] {
        [b'\r', b'\n', ..] => Some((Plain::Nothing, at + 3)),
        [b'\n', ..] => Some((Plain::Nothing, at + 2)),
        _ => Some((Plain::Byte(hex_byte(bytes, at + 1)?), at + 3)),
    }
}

/// `cat -v`'s notation for anything but printable ASCII: `^[`, `M-C`, `M-^@`.
fn caret(bytes: &[u8], at: usize) -> Option<(Plain, usize)> {
    let control = |at: usize| match bytes.get(at..at + 2) {
        Some([b'^', letter @ b'?'..=b'_']) => Some(letter ^ 0x40),
        _ => None,
    };
    if bytes[at] == b'^' {
        return Some((Plain::Byte(control(at)?), at + 2));
    }
    let after = bytes[at..].starts_with(b"M-").then_some(at + 2)?;
    match (control(after), bytes.get(after)) {
        (Some(byte), _) => Some((Plain::Byte(byte | 0x80), after + 2)),
        (None, Some(byte @ b' '..=b'~')) => Some((Plain::Byte(byte | 0x80), after + 1)),
        (None, _) => None,
    }
}

/// A line end, possibly within another escape, and the indentation after it.
fn fold(bytes: &[u8], at: usize) -> Option<(Plain, usize)> {
    let before = bytes[at.saturating_sub(LONGEST)..at].rsplit(|byte| *byte == b' ').next()?;
    before.iter().any(|byte| matches!(byte, b'\\' | b'%' | b'&')).then_some(())?;
    let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    Some((Plain::Nothing, at + length))
}

fn hex_byte(bytes: &[u8], at: usize) -> Option<u8> {
    number(bytes, at, 2, 16).and_then(|byte| u8::try_from(byte).ok())
}

/// Parses the number that this many digits make.
pub(super) fn number(bytes: &[u8], at: usize, digits: usize, radix: u32) -> Option<u32> {
    let digits = bytes.get(at..at + digits).filter(|digits| digits.iter().all(u8::is_ascii_alphanumeric))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}
