//! Values with their places in the source.

use std::sync::Arc;

use crate::diagnostics::Place;

/// A value with its place in the source.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) place: Place,
    /// The environment variable that the value came from (`env.NAME`), if any.
    pub(super) env: Option<Arc<str>>,
}

impl<T> Located<T> {
    pub(super) fn new(value: T, place: Place) -> Self {
        Self { value, place, env: None }
    }

    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: change(self.value), place: self.place, env: self.env }
    }
}
