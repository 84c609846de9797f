//! Where the names in an expression are looked up.

use super::context::Found;
use super::expression::{Base, ClassAd, Expression, Node};
use super::frame::{Frame, Side};
use super::name::{Name, Special};
use super::scope::Scope;
use super::value::Value;

impl<'a> Scope<'a> {
    /// Whether there are two ads.
    pub(super) fn is_match(&self) -> bool {
        self.target.is_some()
    }

    /// The ad of a frame.
    pub(super) fn ad<'b>(&'b self, frame: &'b Frame) -> Option<&'b ClassAd> {
        match frame {
            Frame::Nothing => None,
            Frame::Top(side) => self.top(*side),
            Frame::Nested(nested) => Some(&nested.ad),
        }
    }

    /// The ad of a side.
    pub(super) fn top(&self, side: Side) -> Option<&'a ClassAd> {
        match side {
            Side::My => Some(self.my),
            Side::Target => self.target,
        }
    }

    /// Whether a name of a scope means that scope in an ad: no attribute has such a name.
    fn is_plain(&self, side: Side) -> bool {
        self.top(side).is_some_and(|ad| !ad.shadows_scopes())
    }

    /// A scope's own ad or the other one, for `MY.name` and `TARGET.name` in most ads.
    pub(super) fn quick_side(&self, of: &Expression, frame: &Frame) -> Option<Side> {
        let (Expression::Node(node), Frame::Top(side)) = (of, frame) else { return None };
        let Node::Reference { base: Base::Scope, name } = &**node else { return None };
        if !self.is_plain(*side) {
            return None;
        }
        match name.special() {
            Special::Own => Some(*side),
            Special::Other if self.is_match() => Some(side.other()),
            _ => None,
        }
    }

    /// Looks a name up in an ad and those around it.
    pub(super) fn look_up(&self, name: &Name, frame: &Frame) -> Option<Found> {
        let mut place = frame;
        let mut first = true;
        loop {
            if let Some(expression) = self.ad(place).and_then(|ad| ad.get(name)) {
                return Some(Found::Expression(expression.clone(), place.clone()));
            }
            if first {
                first = false;
                match name.special() {
                    Special::Own if self.is_match() || !matches!(place, Frame::Nothing) => {
                        return Some(Found::Value(Value::Ad(place.clone())));
                    }
                    Special::Parent => {
                        return match place {
                            Frame::Nested(nested) if !matches!(nested.parent, Frame::Nothing) => {
                                Some(Found::Value(Value::Ad(nested.parent.clone())))
                            }
                            // Around the ads of a match is one that has none of their attributes.
                            Frame::Top(_) if self.is_match() => Some(Found::Value(Value::Ad(Frame::Nothing))),
                            _ => None,
                        };
                    }
                    Special::Root => {
                        return match place.outermost() {
                            // The ad around those of a match.
                            Frame::Nothing | Frame::Top(_) if self.is_match() => {
                                Some(Found::Value(Value::Ad(Frame::Nothing)))
                            }
                            Frame::Nothing => None,
                            outermost => Some(Found::Value(Value::Ad(outermost.clone()))),
                        };
                    }
                    Special::CurrentTime => return Some(Found::Value(Value::Integer(self.now))),
                    _ => {}
                }
            }
            match place {
                Frame::Nested(nested) => place = &nested.parent,
                Frame::Top(side) if self.is_match() => {
                    return match name.special() {
                        Special::Other => Some(Found::Value(Value::Ad(Frame::Top(side.other())))),
                        Special::Ad => Some(Found::Value(Value::Ad(place.clone()))),
                        _ => None,
                    };
                }
                Frame::Top(_) | Frame::Nothing => return None,
            }
        }
    }

    /// The ad in which a search ends that finds nothing.
    pub(super) fn end_of_search(&self, frame: &Frame) -> Frame {
        match frame.outermost() {
            Frame::Top(_) if self.is_match() => Frame::Nothing,
            outermost => outermost.clone(),
        }
    }

    /// The side of the match whose ad names are looked up in last, from an ad.
    pub(super) fn alternate(&self, frame: &Frame) -> Option<Side> {
        match frame {
            Frame::Top(side) if self.is_match() => Some(side.other()),
            Frame::Nested(nested) => nested.alternate,
            _ => None,
        }
    }
}
