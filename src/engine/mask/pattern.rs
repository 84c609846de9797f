//! Patterns of secrets: their characters, and the gaps between them.

use std::ops::Range;

use super::class::{Class, class_at, gap_end};

/// The number of solid characters by which most patterns are found.
pub(super) const KEY: usize = 4;

/// The fewest elements of a pattern with fewer solid characters than that.
const FEWEST: usize = 6;

/// How far before its first solid character a secret may begin.
const LONGEST_LEAD: usize = 1024;

/// The shortest end of a secret that is worth hiding: anything shorter occurs everywhere.
const SHORTEST_REST: usize = 3;

/// One element of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Solid(u32),
    Quote(u8),
    Blank,
    /// A letter with a mark, or several; or anything beyond ASCII.
    Foreign,
}

/// The way in which a pattern is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyPattern {
    /// By its first solid ASCII characters. If there are enough of them, the others may be broken.
    Ascii(u64),
    /// By its first solid characters of any kind.
    Any(u64),
    /// By its first solid character, and only whole, with all its quotes and blanks.
    First(u32),
}

/// A secret, or a line of one, in this order or backwards.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    key: KeyPattern,
    /// The elements before the first solid character.
    lead: Vec<Element>,
    /// The elements from the first solid character to the last.
    body: Vec<Element>,
    /// The elements after the last solid character.
    trail: Vec<Element>,
}

impl Pattern {
    /// Creates the pattern of a text; `None` if it has too few solid characters.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut body = elements(text.as_bytes());
        let is_ascii = |element: &Element| matches!(element, Element::Solid(code) if *code < 128);
        if body.iter().filter(|element| is_ascii(element)).count() >= KEY {
            body.iter_mut().filter(|element| !is_ascii(element)).for_each(|element| {
                if matches!(element, Element::Solid(_)) {
                    *element = Element::Foreign;
                }
            });
            body.dedup_by(|next, last| *next == Element::Foreign && next == last);
        }
        let solid: Vec<u32> = body.iter().filter_map(Element::solid).collect();
        let key = match solid.as_slice() {
            [a, b, c, d, ..] => {
                let key = [*a, *b, *c, *d].into_iter().fold(0, with);
                if solid.iter().all(|code| *code < 128) { KeyPattern::Ascii(key) } else { KeyPattern::Any(key) }
            }
            [first, ..] if body.len() >= FEWEST => KeyPattern::First(*first),
            _ => return None,
        };
        let trail = body.split_off(body.iter().rposition(|element| element.solid().is_some())? + 1);
        let lead: Vec<Element> = body.drain(..body.iter().position(|element| element.solid().is_some())?).collect();
        Some(Self { key, lead, body, trail })
    }

    pub(super) fn key(&self) -> KeyPattern {
        self.key
    }

    /// Returns its place in `text` if its first solid character is at `at`; no other solid character is between
    /// `before` and that.
    pub(super) fn at(&self, text: &[u8], before: usize, at: usize) -> Option<Range<usize>> {
        let end = matched(&self.body, text, at)?;
        let leads = |start: &usize| matched(&self.lead, text, *start).is_some_and(|end| end <= at);
        let start = (before.max(at.saturating_sub(LONGEST_LEAD))..=at).rev().find(leads);
        let whole = (start, matched(&self.trail, text, end));
        match (self.key, whole) {
            (_, (Some(start), Some(end))) => Some(start..end),
            (KeyPattern::First(_), _) => None,
            (_, (start, trail)) => Some(start.unwrap_or(at)..trail.unwrap_or(end)),
        }
    }

    /// Returns the place of the longest end of the secret with which `text` begins at `at`.
    pub(super) fn rest_at(&self, text: &[u8], at: usize) -> Option<Range<usize>> {
        let start = gap_end(text, at);
        let (Class::Solid(first), _) = (start < text.len()).then(|| class_at(text, start))? else { return None };
        let begins = |from: &usize| self.body[*from] == Element::Solid(first);
        let starts = 0..(self.body.len() + 1).saturating_sub(SHORTEST_REST);
        let end = starts.filter(begins).find_map(|from| matched(&self.body[from..], text, start))?;
        Some(at..matched(&self.trail, text, end).unwrap_or(end))
    }
}

impl Element {
    fn solid(&self) -> Option<u32> {
        match self {
            Self::Solid(code) => Some(*code),
            _ => None,
        }
    }
}

/// Adds one more solid character to the key.
pub(super) fn with(key: u64, code: u32) -> u64 {
    key << (64 / KEY) | u64::from(code & 0xffff)
}

fn elements(text: &[u8]) -> Vec<Element> {
    let mut elements = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (class, length) = class_at(text, at);
        match class {
            Class::Solid(code) => elements.push(Element::Solid(code)),
            Class::Quote => elements.push(Element::Quote(text[at])),
            // Runs of them are one element.
            Class::Foreign if elements.last() != Some(&Element::Foreign) => elements.push(Element::Foreign),
            // The secret's own line ends cannot be told from places where it was cut and indented.
            Class::Blank | Class::LineEnd => {
                let end = blanks_end(text, at);
                if !text[at..end].iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
                    elements.push(Element::Blank);
                }
                at = end;
                continue;
            }
            Class::Foreign | Class::Control => {}
        }
        at += length;
    }
    elements
}

/// Returns the end of these elements in the text from `at` on, with only gaps between them.
fn matched(elements: &[Element], text: &[u8], at: usize) -> Option<usize> {
    elements.iter().try_fold(at, |at, element| match element {
        Element::Solid(wanted) => {
            let at = gap_end(text, at);
            let (class, length) = (at < text.len()).then(|| class_at(text, at))?;
            (class == Class::Solid(*wanted)).then_some(at + length)
        }
        Element::Foreign => {
            let start = gap_end(text, at);
            let mut end = start;
            while end < text.len()
                && let (class, length) = class_at(text, end)
                && is_foreign(class)
            {
                end = gap_within(text, end + length);
            }
            (end > start).then_some(end)
        }
        Element::Quote(wanted) => {
            let end = gap_end(text, at);
            let quote = text[at..end].iter().position(|byte| byte == wanted)?;
            Some(at + quote + 1)
        }
        Element::Blank => {
            let mut at = at;
            while at < text.len() {
                let (class, length) = class_at(text, at);
                match class {
                    Class::Blank | Class::LineEnd => return Some(blanks_end(text, at)),
                    Class::Quote | Class::Control => at += length,
                    Class::Solid(_) | Class::Foreign => return None,
                }
            }
            None
        }
    })
}

/// Returns the end of the gap at `at` if letters with marks follow it, otherwise `at`.
fn gap_within(text: &[u8], at: usize) -> usize {
    let end = gap_end(text, at);
    match text.get(end).map(|_| class_at(text, end).0) {
        Some(class) if is_foreign(class) => end,
        _ => at,
    }
}

fn is_foreign(class: Class) -> bool {
    match class {
        Class::Foreign => true,
        Class::Solid(code) => code >= 128 && code != u32::MAX,
        Class::Quote | Class::Blank | Class::LineEnd | Class::Control => false,
    }
}

fn blanks_end(text: &[u8], mut at: usize) -> usize {
    while at < text.len()
        && let (Class::Blank | Class::LineEnd, length) = class_at(text, at)
    {
        at += length;
    }
    at
}
