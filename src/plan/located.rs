//! Values with their places in the source.

use std::sync::Arc;

use crate::diagnostics::Place;

/// A value with its place in the source.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
    /// The environment variable that the value came from (`env.NAME`), if any.
    pub(crate) env: Option<Arc<str>>,
}

impl<T> Located<T> {
    pub(crate) fn new(value: T, place: Place) -> Self {
        Self { value, place, env: None }
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: change(self.value), place: self.place, env: self.env }
    }
}
