//! Views that wait to be looked at.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use super::view::View;

/// How many times its own length all views of a text may have; and what those of a short one may have nevertheless.
const MOST: usize = 128;
const LEAST: usize = 8 << 20;

/// What a view costs besides its length.
const EACH: usize = 64;

/// The views of a text that are still to be looked at, the shortest first: copies of the whole text should not keep
/// what is encoded in a few lines of it from being looked at.
///
/// There is room for so much. What is left out because of it was not looked at; where that comes from is kept.
pub(super) struct PendingViews {
    views: BTreeMap<(usize, usize), (View, usize)>,
    known: HashSet<u64>,
    /// What these views cost.
    waiting: usize,
    /// What may still be looked at.
    room: usize,
    left_out: Vec<Range<usize>>,
}

impl PendingViews {
    /// Waits for what is read from a text of this length.
    pub(super) fn for_text(length: usize) -> Self {
        Self::with_room(LEAST.max(MOST.saturating_mul(length)))
    }

    pub(super) fn with_room(room: usize) -> Self {
        Self { views: BTreeMap::new(), known: HashSet::new(), waiting: 0, room, left_out: Vec::new() }
    }

    /// Takes a view in, `depth` forms deep, if the same was not there before.
    pub(super) fn add(&mut self, view: View, depth: usize) {
        let mut hasher = DefaultHasher::new();
        view.hash(&mut hasher);
        if !self.known.insert(hasher.finish()) {
            return;
        }
        self.waiting += cost(&view);
        self.views.insert((view.bytes().len(), self.known.len()), (view, depth));
        // The longest would have no turn: all others are before them.
        while self.waiting > self.room
            && let Some((_, (view, _))) = self.views.pop_last()
        {
            self.waiting -= cost(&view);
            self.left_out.extend(view.pieces());
        }
    }

    /// The next one to look at.
    pub(super) fn next(&mut self) -> Option<(View, usize)> {
        let (_, (view, depth)) = self.views.pop_first()?;
        self.waiting -= cost(&view);
        self.room -= cost(&view);
        Some((view, depth))
    }

    /// Where in the text that stands which was left out.
    pub(super) fn left_out(self) -> Vec<Range<usize>> {
        self.left_out
    }
}

fn cost(view: &View) -> usize {
    EACH + view.bytes().len()
}
