//! Views that wait to be searched.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use super::view::View;

/// The limit of the total length of a text's views, as a multiple of its own; and the least limit, in bytes.
const MOST: usize = 128;
const LEAST: usize = 8 << 20;

/// The cost of a view besides its length.
const EACH: usize = 64;

/// The views of a text that are still to be searched, the shortest first: copies of the whole text should not prevent
/// the search of a few encoded lines in it.
///
/// The room is limited. Views beyond it are not searched; their places in the text are kept.
pub(super) struct PendingViews {
    views: BTreeMap<(usize, usize), (View, usize)>,
    known: HashSet<u64>,
    /// The cost of these views.
    waiting: usize,
    /// The cost that may still be spent.
    room: usize,
    left_out: Vec<Range<usize>>,
}

impl PendingViews {
    /// Creates the queue for the views of a text of this length.
    pub(super) fn for_text(length: usize) -> Self {
        Self::with_room(LEAST.max(MOST.saturating_mul(length)))
    }

    pub(super) fn with_room(room: usize) -> Self {
        Self { views: BTreeMap::new(), known: HashSet::new(), waiting: 0, room, left_out: Vec::new() }
    }

    /// Adds a view, `depth` forms deep, unless the same one was added before.
    pub(super) fn add(&mut self, view: View, depth: usize) {
        let mut hasher = DefaultHasher::new();
        view.hash(&mut hasher);
        if !self.known.insert(hasher.finish()) {
            return;
        }
        self.waiting += cost(&view);
        self.views.insert((view.bytes().len(), self.known.len()), (view, depth));
        // The longest views would have no turn: all others are before them.
        while self.waiting > self.room
            && let Some((_, (view, _))) = self.views.pop_last()
        {
            self.waiting -= cost(&view);
            self.left_out.extend(view.pieces());
        }
    }

    /// Takes the next view to search.
    pub(super) fn next(&mut self) -> Option<(View, usize)> {
        let (_, (view, depth)) = self.views.pop_first()?;
        self.waiting -= cost(&view);
        self.room -= cost(&view);
        Some((view, depth))
    }

    /// Returns the places in the text of the views that were left out.
    pub(super) fn left_out(self) -> Vec<Range<usize>> {
        self.left_out
    }
}

fn cost(view: &View) -> usize {
    EACH + view.bytes().len()
}
