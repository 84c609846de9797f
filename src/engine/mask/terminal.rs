//! Text as a terminal shows it: without escape sequences, and without characters that backspaces remove.

use super::view::View;

/// The longest title or other string that an escape sequence sets.
const LONGEST_STRING: usize = 4096;

/// Returns the view as a terminal shows it; `None` if nothing in it acts on terminals.
pub(super) fn shown(view: &View) -> Option<View> {
    let bytes = view.bytes();
    let acts = |byte: &u8| matches!(byte, 0x8 | 0x1b | 0x9b);
    let first = bytes.iter().position(acts)?;
    let mut shown = View::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = if at < first { at } else { sequence_end(bytes, at) };
        if end > at {
            at = end;
            continue;
        }
        if bytes[at] == 0x8 {
            shown.erase();
        } else {
            shown.push(bytes[at], view, at..at + 1);
        }
        at += 1;
    }
    Some(shown)
}

/// Returns the end of the escape sequence that begins at `at`, or `at`.
fn sequence_end(bytes: &[u8], at: usize) -> usize {
    let skip = |from: usize, what: fn(&u8) -> bool| from + bytes[from..].iter().take_while(|byte| what(byte)).count();
    let (kind, after) = match bytes[at..] {
        [0x1b, ..] => {
            // Line ends act within a sequence, and do not end it.
            let kind = skip(at + 1, |byte| matches!(byte, b'\r' | b'\n'));
            match bytes.get(kind) {
                Some(0x1b) | None => return at + 1,
                Some(byte) => (*byte, kind + 1),
            }
        }
        [0xc2, 0x9b, ..] => (b'[', at + 2),
        _ => return at,
    };
    match kind {
        b'[' => {
            let end = skip(after, |byte| matches!(byte, b' '..=b'?' | b'\r' | b'\n'));
            end + usize::from(matches!(bytes.get(end), Some(b'@'..=b'~')))
        }
        b']' | b'P' | b'X' | b'^' | b'_' => {
            let string = &bytes[after..bytes.len().min(after + LONGEST_STRING)];
            match string.iter().position(|byte| matches!(byte, 0x7 | 0x1b)) {
                Some(length) if string[length] == 0x7 => after + length + 1,
                Some(length) if bytes.get(after + length + 1) == Some(&b'\\') => after + length + 2,
                _ => after,
            }
        }
        b' '..=b'/' => (skip(after, |byte| matches!(byte, b' '..=b'/')) + 1).min(bytes.len()),
        _ => after,
    }
}
