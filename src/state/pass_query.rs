//! Which passes of a fleet are read.

use jiff::Timestamp;

/// A choice of passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassQuery {
    /// The newest ones, at most this number.
    Newest(usize),
    /// The last one at or before the time, and the one after it.
    Around(Timestamp),
    /// Those at or after the time, repeats counted.
    Since(Timestamp),
}
