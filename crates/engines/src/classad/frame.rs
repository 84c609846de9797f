//! Which ad an expression is evaluated in.

use std::sync::Arc;

use super::expression::ClassAd;

/// One of the two ads of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The ad that the expression belongs to.
    My,
    /// The ad on the other side.
    Target,
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Self::My => Self::Target,
            Self::Target => Self::My,
        }
    }
}

/// An ad at its place: the ads around it, in which its names are looked up as well.
#[derive(Clone, Debug)]
pub enum Frame {
    /// No ad: outside of both.
    Nothing,
    /// One of the two ads.
    Top(Side),
    /// An ad in an ad.
    Nested(Arc<NestedFrame>),
}

/// An ad in an ad.
#[derive(Debug)]
pub struct NestedFrame {
    /// The ad.
    pub(super) ad: Arc<ClassAd>,
    /// The ad around it.
    pub(super) parent: Frame,
    /// The ad of the match that names are looked up in last; for one that `evalInEachContext` evaluates in.
    pub(super) alternate: Option<Side>,
}

impl Frame {
    pub(super) fn nested(ad: Arc<ClassAd>, parent: Frame) -> Self {
        Self::Nested(Arc::new(NestedFrame { ad, parent, alternate: None }))
    }

    /// Whether two frames are one and the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::Top(left), Self::Top(right)) => left == right,
            (Self::Nested(left), Self::Nested(right)) => Arc::ptr_eq(left, right),
            _ => false,
        }
    }

    /// The outermost ad around this one, itself if there is none.
    pub(super) fn outermost(&self) -> &Self {
        let mut frame = self;
        while let Self::Nested(nested) = frame {
            if matches!(nested.parent, Self::Nothing) {
                break;
            }
            frame = &nested.parent;
        }
        frame
    }
}
