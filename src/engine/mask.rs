//! Finds secrets in text, in every form in which programs write them.
//!
//! A text is read in several *views*: as it stands; as a terminal shows it; with one level of escapes undone; as what
//! base64, base32, hexadecimal digits and dumps of bytes say. Each view is read in the same way again, so forms within
//! forms are found, to a depth. In each, a secret is its solid characters in their order, in either case, with whatever
//! quotes, line ends and control characters stand between them. What was found is masked where it comes from.
//!
//! There is a limit to how much is looked at. Views are looked at from the shortest on, so that it leaves out copies of
//! much text, if anything; and where those come from is masked too, since nobody knows what it says.

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

/// What stands in the place of a secret.
pub(super) const MASK: &str = "[secret]";

/// What stands in the place of text that says so much, in so many ways, that not all of it could be looked at.
const UNREAD: &str = "[not examined]";

/// How many forms may be within each other.
const DEEPEST: usize = 6;

/// The most characters that stand for one of a secret.
const WIDEST: usize = 12;

/// So many characters of a value of several lines may be looked for as one, besides each of its lines.
const TOGETHER: usize = 64;

/// How far from the beginning of a text that was cut a view of the rest of a secret may begin: a group of digits,
/// twice.
const CUT: usize = 16;

/// Takes secrets out of text.
#[derive(Clone, Default)]
pub(super) struct Mask {
    patterns: Vec<Pattern>,
    /// Those that are found by several characters.
    by_key: HashMap<u64, Vec<usize>>,
    /// Which keys there may be, by some of their bits.
    keys: Vec<bool>,
    /// Those that are found by one character.
    by_first: HashMap<u32, Vec<usize>>,
    /// What has too few solid characters, and is found only as it stands in a view.
    exact: Vec<Vec<u8>>,
    /// The fewest characters of any of them.
    shortest: usize,
    /// How far around an escape a secret may stand.
    reach: usize,
    /// Names and words within which nothing is masked where hoist speaks.
    kept: Vec<String>,
}

impl Mask {
    /// Looks for these values, and for the lines of those that have several.
    pub(super) fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut mask = Self { keys: vec![false; 1 << 12], shortest: usize::MAX, ..Self::default() };
        for value in values {
            mask.add_lines(value);
            // As a program shows that reads it as JSON, say: a key within a service account.
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

    /// An output may show a part, or another end, of what has several lines.
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

    /// Whether there is nothing to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.exact.is_empty()
    }

    /// The text with every secret masked.
    pub(super) fn text(&self, text: &str) -> String {
        self.masked(text, false, &[])
    }

    /// The same with a text that was cut at its beginning, which may be within a secret.
    pub(super) fn rest(&self, text: &str) -> String {
        self.masked(text, true, &[])
    }

    /// The same with what hoist says, where these stay as they are.
    pub(super) fn keeping(self, kept: Vec<String>) -> Self {
        Self { kept, ..self }
    }

    /// What hoist says with every secret masked, but within the names and words that it keeps.
    pub(super) fn said(&self, text: &str) -> String {
        let kept: Vec<&str> = self.kept.iter().map(String::as_str).collect();
        self.masked(text, false, &kept)
    }

    fn masked(&self, text: &str, is_cut: bool, kept: &[&str]) -> String {
        if self.is_empty() {
            return text.to_owned();
        }
        let (mut secrets, unread) = self.found(text, is_cut, PendingViews::for_text(text.len()));
        // Masked before; "secret" may be somebody's secret.
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

    /// Where secrets stand in the text, and what was not looked at because there was no room for it.
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

    /// What else can be read in a view, as far as there is room in it for what has at least so many characters.
    fn views(&self, view: &View, shortest: usize) -> impl Iterator<Item = View> {
        let terminal = terminal::shown(view).into_iter();
        let escapes = escapes::undone(view, self.reach);
        terminal.chain(escapes).chain(digits::said(view, shortest)).chain(dump::said(view, shortest))
    }

    /// Looks for everything in one view.
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

    /// Looks for ends of secrets where the view begins, or what was read from the beginning of the text.
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

/// A part of a text, and what is written in its place.
type MaskedText = (Range<usize>, &'static str);

/// The parts in order, those that have something in common as one, and whole characters. Where a secret is within what
/// was not looked at, all of it is that.
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
    /// Where each begins, and before it where the one before it ends.
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

    /// The place of the first of them.
    fn first(&self) -> (usize, usize) {
        self.places[self.count % KEY]
    }
}

/// What becomes of UTF-16, in either order of bytes, where it is read as UTF-8.
fn utf16_in_utf8(text: &str) -> [String; 2] {
    [u16::to_le_bytes, u16::to_be_bytes].map(|bytes_of| {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(bytes_of).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Nothing of what is looked for.
impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} patterns)", self.patterns.len())
    }
}

#[cfg(test)]
mod tests;
