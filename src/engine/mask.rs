//! Finds secrets in text, in every form in which programs write them.
//!
//! A text is read in several *views*: as it stands; as a terminal shows it; with one level of escapes undone; decoded
//! from base64, base32, hexadecimal digits and dumps of bytes. Each view is read in the same way again, so forms within
//! forms are found, to a depth. In each view, a secret is its solid characters in order, in either case, with any
//! quotes, line ends and control characters between them. A match is masked at its source in the text.
//!
//! The search is limited. It starts with the shortest views, so that the limit leaves out copies of much text, if
//! anything; the sources of those are masked, too, since their content is unknown.

use std::collections::HashMap;
use std::ops::Range;

use self::class::{BREAK, Class, class_at};
use self::pattern::{KEY, KeyPattern, Pattern, with};
use self::pending_views::PendingViews;
use self::view::View;
use crate::plan::SHORTEST_SECRET;

mod class;
mod digits;
mod dump;
mod escapes;
mod pattern;
mod pending_views;
mod terminal;
mod view;

/// Replaces a secret.
pub(super) const MASK: &str = "[secret]";

/// Replaces text with so many readings that not all of them could be searched.
const UNREAD: &str = "[not examined]";

/// The most forms within each other.
const DEEPEST: usize = 6;

/// The most characters that stand for one of a secret.
const WIDEST: usize = 12;

/// So many characters of a multi-line value can be found together, besides each of its lines.
const TOGETHER: usize = 64;

/// How far from the beginning of a cut text a view of the rest of a secret may begin: a group of digits, twice.
const CUT: usize = 16;

/// Masks secrets in text.
#[derive(Clone, Default)]
pub(super) struct Mask {
    patterns: Vec<Pattern>,
    /// Patterns that are found by several characters.
    by_key: HashMap<u64, Vec<usize>>,
    /// The keys that may exist, by some of their bits.
    keys: Vec<bool>,
    /// Patterns that are found by one character.
    by_first: HashMap<u32, Vec<usize>>,
    /// Values with too few solid characters, which are found only as they stand in a view.
    exact: Vec<Vec<u8>>,
    /// The fewest characters of any value.
    shortest: usize,
    /// How far a secret may extend around an escape.
    reach: usize,
    /// Names and words in hoist's own messages within which nothing is masked.
    kept: Vec<String>,
}

impl Mask {
    /// Creates a mask for these values, and for each line of those that have several.
    pub(super) fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut mask = Self { keys: vec![false; 1 << 12], shortest: usize::MAX, ..Self::default() };
        for value in values {
            mask.add_lines(value);
            // As shown by a program that reads the value as JSON, such as a key in a service account.
            escapes::without_backslashes(value).iter().for_each(|value| mask.add_lines(value));
            // A large number as JSON reads it.
            let number = serde_json::from_str::<serde_json::Number>(value);
            number.iter().for_each(|number| mask.add(&number.to_string()));
            if !value.is_ascii() {
                utf16_in_utf8(value).iter().for_each(|value| mask.add(value));
            }
        }
        mask
    }

    /// Adds a value and its lines: an output may show only a part of several lines, or end them differently.
    fn add_lines(&mut self, value: &str) {
        self.add(value);
        value.lines().map(str::trim).for_each(|line| self.add(line));
        let longest = value.lines().map(str::len).max().unwrap_or_default();
        self.reach = self.reach.max(WIDEST * longest.max(value.len().min(TOGETHER)));
    }

    fn add(&mut self, value: &str) {
        let length = value.chars().count();
        if length < SHORTEST_SECRET {
            return;
        }
        self.shortest = self.shortest.min(length);
        for value in [value.to_owned(), value.chars().rev().collect()] {
            match Pattern::of(&value) {
                Some(pattern) if self.patterns.contains(&pattern) => {}
                Some(pattern) => {
                    match pattern.key() {
                        KeyPattern::Ascii(key) | KeyPattern::Any(key) => {
                            let place = self.place(key);
                            self.keys[place] = true;
                            self.by_key.entry(key).or_default().push(self.patterns.len());
                        }
                        KeyPattern::First(code) => self.by_first.entry(code).or_default().push(self.patterns.len()),
                    }
                    self.patterns.push(pattern);
                }
                None => self.exact.push(value.into_bytes()),
            }
        }
    }

    /// Whether there are no values to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.exact.is_empty()
    }

    /// Returns the text with every secret masked.
    pub(super) fn text(&self, text: &str) -> String {
        self.masked(text, false, &[])
    }

    /// As [`Self::text`], for a text that was cut at its beginning, which may be within a secret.
    pub(super) fn rest(&self, text: &str) -> String {
        self.masked(text, true, &[])
    }

    /// Leaves these names and words unmasked in hoist's own messages.
    pub(super) fn keeping(self, kept: Vec<String>) -> Self {
        Self { kept, ..self }
    }

    /// Returns a message of hoist's with every secret masked, except within the names and words that it keeps.
    pub(super) fn said(&self, text: &str) -> String {
        let kept: Vec<&str> = self.kept.iter().map(String::as_str).collect();
        self.masked(text, false, &kept)
    }

    fn masked(&self, text: &str, is_cut: bool, kept: &[&str]) -> String {
        if self.is_empty() {
            return text.to_owned();
        }
        let (mut secrets, unread) = self.found(text, is_cut, PendingViews::for_text(text.len()));
        // Masked before; "secret" may itself be a secret.
        for name in kept.iter().chain([&MASK]) {
            let places: Vec<usize> = text.match_indices(name).map(|(at, _)| at).collect();
            secrets.retain(|part| {
                let before = places.partition_point(|at| *at <= part.start);
                before == 0 || part.end > places[before - 1] + name.len()
            });
        }
        let unread = unread.into_iter().map(|part| (part, UNREAD));
        let parts = secrets.into_iter().map(|part| (part, MASK)).chain(unread).collect();
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        for (Range { start, end }, mark) in apart(text, parts) {
            masked.push_str(&text[at..start]);
            masked.push_str(mark);
            at = end;
        }
        masked.push_str(&text[at..]);
        masked
    }

    /// Returns the places of secrets in the text, and of parts that were not searched for lack of room.
    fn found(&self, text: &str, is_cut: bool, mut waiting: PendingViews) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
        let mut secrets = Vec::new();
        let shortest = if is_cut { SHORTEST_SECRET } else { self.shortest };
        waiting.add(View::of(text), 0);
        while let Some((view, depth)) = waiting.next() {
            self.look(&view, is_cut, &mut secrets);
            if depth < DEEPEST {
                self.views(&view, shortest).for_each(|inner| waiting.add(inner, depth + 1));
            }
        }
        (secrets, waiting.left_out())
    }

    /// Returns the further readings of a view that have room for `shortest` characters.
    fn views(&self, view: &View, shortest: usize) -> impl Iterator<Item = View> {
        let terminal = terminal::shown(view).into_iter();
        let escapes = escapes::undone(view, self.reach);
        terminal.chain(escapes).chain(digits::said(view, shortest)).chain(dump::said(view, shortest))
    }

    /// Searches one view for all values.
    fn look(&self, view: &View, is_cut: bool, found: &mut Vec<Range<usize>>) {
        let text = view.bytes();
        let (mut ascii, mut any) = (Last::default(), Last::default());
        let mut at = 0;
        let mut look_at = |patterns: Option<&Vec<usize>>, (before, first): (usize, usize)| {
            let patterns = patterns.into_iter().flatten().map(|&pattern| &self.patterns[pattern]);
            let parts = patterns.filter_map(|pattern| pattern.at(text, before, first));
            found.extend(parts.map(|part| view.source(part)));
        };
        while at < text.len() {
            let (class, length) = class_at(text, at);
            if let Class::Solid(code) = class {
                let before = any.end;
                any.take(code, at, length);
                if self.keys[self.place(any.key)] {
                    look_at(self.by_key.get(&any.key), any.first());
                }
                if code < 128 {
                    ascii.take(code, at, length);
                    if ascii.key != any.key && self.keys[self.place(ascii.key)] {
                        look_at(self.by_key.get(&ascii.key), ascii.first());
                    }
                }
                if !self.by_first.is_empty() {
                    look_at(self.by_first.get(&code), (before, at));
                }
            }
            at += length;
        }
        for exact in &self.exact {
            let places = text.windows(exact.len()).enumerate().filter(|(_, part)| part == exact);
            found.extend(places.map(|(at, _)| view.source(at..at + exact.len())));
        }
        if is_cut {
            self.look_for_rests(view, found);
        }
    }

    /// Searches for ends of secrets at the beginning of the view, and of its parts read from the beginning of the text.
    fn look_for_rests(&self, view: &View, found: &mut Vec<Range<usize>>) {
        let text = view.bytes();
        let begins = |at: &usize| *at == 0 || text[*at - 1] == BREAK;
        for at in (0..text.len()).filter(begins).take_while(|at| view.source(*at..at + 1).start < CUT) {
            let rests = self.patterns.iter().filter_map(|pattern| pattern.rest_at(text, at));
            found.extend(rests.map(|part| 0..view.source(part).end));
        }
    }

    fn place(&self, key: u64) -> usize {
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        mixed as usize & (self.keys.len() - 1)
    }
}

/// A part of a text, and its replacement.
type MaskedText = (Range<usize>, &'static str);

/// Returns the parts in order, overlapping ones joined, extended to whole characters. A secret that overlaps a part
/// that was not searched counts as not searched.
fn apart(text: &str, mut parts: Vec<MaskedText>) -> Vec<MaskedText> {
    parts.sort_unstable_by_key(|(part, _)| (part.start, part.end));
    let mut apart: Vec<MaskedText> = Vec::new();
    for (part, mark) in parts {
        let part = text.floor_char_boundary(part.start)..text.ceil_char_boundary(part.end);
        match apart.last_mut() {
            Some((last, known)) if part.start < last.end => {
                last.end = last.end.max(part.end);
                *known = if mark == UNREAD { mark } else { known };
            }
            _ => apart.push((part, mark)),
        }
    }
    apart
}

/// The last solid characters of a text.
#[derive(Default)]
struct Last {
    key: u64,
    /// The end of the character before, and the beginning of this one.
    places: [(usize, usize); KEY],
    count: usize,
    end: usize,
}

impl Last {
    fn take(&mut self, code: u32, at: usize, length: usize) {
        self.key = with(self.key, code);
        self.places[self.count % KEY] = (self.end, at);
        self.count += 1;
        self.end = at + length;
    }

    /// Returns the place of the first of them.
    fn first(&self) -> (usize, usize) {
        self.places[self.count % KEY]
    }
}

/// Returns the text's UTF-16 bytes, in both byte orders, read as UTF-8.
fn utf16_in_utf8(text: &str) -> [String; 2] {
    [u16::to_le_bytes, u16::to_be_bytes].map(|bytes_of| {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(bytes_of).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Omits the values, which are secret.
impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} patterns)", self.patterns.len())
    }
}

#[cfg(test)]
mod tests;
