//! Decodes base64, base32 and hexadecimal digits.

use super::class::gap_end;
use super::view::View;

/// An alphabet of digits of `bits` bits each.
struct Alphabet {
    bits: usize,
    /// The number of digits that make whole bytes: bytes may begin at any of as many places.
    group: usize,
    /// The value of each byte as a digit, or [`NONE`].
    values: [u8; 256],
}

/// The value of a byte other than a digit.
const NONE: u8 = u8::MAX;

/// Base64 of mail and base64 of URLs are one; base32 is written in upper or in lower case, never mixed, and so
/// resembles other text much less.
static ALPHABETS: [Alphabet; 4] = [
    Alphabet::new(6, 4, &[b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", BASE64_URL]),
    Alphabet::new(5, 8, &[b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"]),
    Alphabet::new(5, 8, &[b"abcdefghijklmnopqrstuvwxyz234567"]),
    Alphabet::new(4, 2, &[b"0123456789abcdef", b"0123456789ABCDEF"]),
];

const BASE64_URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns the texts of at least `shortest` bytes that each alphabet decodes.
pub(super) fn said(view: &View, shortest: usize) -> impl Iterator<Item = View> {
    ALPHABETS.iter().map(move |alphabet| alphabet.said(view, shortest)).filter(|said| !said.bytes().is_empty())
}

impl Alphabet {
    const fn new(bits: usize, group: usize, digits: &[&[u8]]) -> Self {
        let mut values = [NONE; 256];
        let mut spelling = 0;
        while spelling < digits.len() {
            let mut value = 0;
            while value < 1 << bits {
                values[digits[spelling][value] as usize] = value as u8;
                value += 1;
            }
            spelling += 1;
        }
        Self { bits, group, values }
    }

    fn said(&self, view: &View, shortest: usize) -> View {
        let bytes = view.bytes();
        let shortest_run = (shortest * 8).div_ceil(self.bits);
        let mut said = View::new();
        let mut run = DigitRun::default();
        let mut at = 0;
        while at < bytes.len() {
            at = run.read(bytes, at, &self.values);
            if run.values.len() >= shortest_run {
                self.decode(&run, shortest, view, &mut said);
            }
            // Skips the byte that ended the run.
            at += 1;
        }
        said
    }

    /// Adds the texts of the run, decoded from each place where the first byte may begin.
    fn decode(&self, run: &DigitRun, shortest: usize, view: &View, said: &mut View) {
        let mut decoded = Vec::with_capacity(run.values.len());
        for skipped in 0..self.group {
            decoded.clear();
            let (mut kept, mut bits) = (0_u32, 0);
            for value in &run.values[skipped..] {
                kept = kept << self.bits | u32::from(*value);
                bits += self.bits;
                if bits >= 8 {
                    bits -= 8;
                    decoded.push((kept >> bits) as u8);
                    kept &= (1 << bits) - 1;
                }
            }
            said.push_texts(&decoded, shortest, view, |at| {
                let last = skipped + (at * 8 + 7) / self.bits;
                let end = if last + 1 == run.places.len() { run.end } else { run.places[last] + 1 };
                run.places[skipped + at * 8 / self.bits]..end
            });
        }
    }
}

/// Consecutive digits.
#[derive(Default)]
struct DigitRun {
    values: Vec<u8>,
    places: Vec<usize>,
    /// The end, with the padding.
    end: usize,
}

impl DigitRun {
    /// Reads the run that begins at `at`, and returns its end.
    fn read(&mut self, bytes: &[u8], mut at: usize, values: &[u8; 256]) -> usize {
        self.values.clear();
        self.places.clear();
        while at < bytes.len() {
            let value = values[usize::from(bytes[at])];
            if value != NONE {
                self.values.push(value);
                self.places.push(at);
                at += 1;
                continue;
            }
            let end = if self.values.is_empty() { at } else { gap_end(bytes, at) };
            if end == at {
                break;
            }
            at = end;
        }
        let last = self.places.last().map_or(at, |place| place + 1);
        self.end = last + bytes[last..].iter().take(6).take_while(|byte| **byte == b'=').count();
        at
    }
}
