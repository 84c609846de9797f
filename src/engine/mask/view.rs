//! Readings of a text that keep the source of each part.

use std::ops::Range;

use super::class::{BREAK, text_length};

/// A reading of a text, or of another view of it.
#[derive(Hash)]
pub(super) struct View {
    bytes: Vec<u8>,
    /// The source of each byte in the text; `None` for the text itself.
    spans: Option<Vec<Span>>,
}

#[derive(Clone, Copy, Hash)]
struct Span {
    start: u32,
    end: u32,
}

impl View {
    /// Creates the view of a text as it stands.
    pub(super) fn of(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), spans: None }
    }

    /// Creates an empty view.
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), spans: Some(Vec::new()) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the source in the text of this part of the view.
    pub(super) fn source(&self, part: Range<usize>) -> Range<usize> {
        match &self.spans {
            Some(spans) if !part.is_empty() => spans[part.start].start as usize..spans[part.end - 1].end as usize,
            _ => part,
        }
    }

    /// Returns the sources in the text of the view's separate parts.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Range<usize>> {
        let mut end = 0;
        self.bytes.split(|byte| *byte == BREAK).filter_map(move |piece| {
            let start = end;
            end += piece.len() + 1;
            (!piece.is_empty()).then(|| self.source(start..start + piece.len()))
        })
    }

    /// Adds a byte that was read from this part of `other`.
    pub(super) fn push(&mut self, byte: u8, other: &Self, part: Range<usize>) {
        let source = other.source(part);
        let place = |at| u32::try_from(at).unwrap_or(u32::MAX);
        self.bytes.push(byte);
        self.spans.get_or_insert_default().push(Span { start: place(source.start), end: place(source.end) });
    }

    /// Adds a part of `other` as it is.
    pub(super) fn push_part(&mut self, other: &Self, part: Range<usize>) {
        part.for_each(|at| self.push(other.bytes[at], other, at..at + 1));
    }

    /// Removes the last byte, unless it is a line end.
    pub(super) fn erase(&mut self) {
        if self.bytes.pop_if(|byte| *byte != b'\n').is_some()
            && let Some(spans) = &mut self.spans
        {
            spans.pop();
        }
    }

    /// Separates the following bytes from those before.
    pub(super) fn push_break(&mut self) {
        if self.bytes.last().is_some_and(|last| *last != BREAK) {
            let end = self.source(self.bytes.len() - 1..self.bytes.len()).end;
            self.bytes.push(BREAK);
            let end = u32::try_from(end).unwrap_or(u32::MAX);
            self.spans.get_or_insert_default().push(Span { start: end, end });
        }
    }

    /// Adds the texts in `bytes` of at least `shortest` bytes; `part` gives their places in `other`. Omits bytes that
    /// digits make by chance: they would cost time, and be read again and again.
    pub(super) fn push_texts(
        &mut self,
        bytes: &[u8],
        shortest: usize,
        other: &Self,
        part: impl Fn(usize) -> Range<usize>,
    ) {
        let mut at = 0;
        while at + shortest <= bytes.len() {
            let start = at;
            while at < bytes.len() {
                match text_length(bytes, at) {
                    0 => break,
                    length => at += length,
                }
            }
            if at - start >= shortest {
                (start..at).for_each(|at| self.push(bytes[at], other, part(at)));
                self.push_break();
            }
            at += 1;
        }
    }
}
