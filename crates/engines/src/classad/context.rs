//! What a built-in function may ask of the evaluation that calls it.

use super::expression::{ClassAd, Expression, Node};
use super::frame::Frame;
use super::name::Name;
use super::unknown::{Stop, Unknown};
use super::value::Value;

/// The result of an evaluation.
pub(super) type Outcome = Result<Value, Stop>;

/// An evaluation in progress.
pub(super) trait Context {
    /// Evaluates an expression in an ad, or in the one that the evaluation was moved to.
    ///
    /// # Errors
    ///
    /// Says why there is no value.
    fn evaluate(&mut self, expression: &Expression, frame: &Frame) -> Outcome;

    /// Evaluates an expression that stands in an ad as a part of the one that is being evaluated, like a list's item.
    ///
    /// # Errors
    ///
    /// Says why there is no value.
    fn evaluate_item(&mut self, item: &Expression, home: &Frame, frame: &Frame) -> Outcome;

    /// Evaluates an expression that stands in an ad in another one.
    ///
    /// # Errors
    ///
    /// Says why there is no value.
    fn evaluate_in(&mut self, expression: &Expression, home: &Frame, frame: &Frame) -> Outcome;

    /// The ad that the evaluation was moved to, or else the given one.
    fn current(&self, frame: &Frame) -> Frame;

    /// Moves the rest of the evaluation to another ad, until the end of the attribute that is being evaluated.
    ///
    /// HTCondor does so by mistake where a function looks a name up without evaluating it.
    fn move_to(&mut self, frame: &Frame);

    /// Seconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> i64;

    /// The time zone of the daemon that would evaluate, in seconds east of Greenwich.
    fn zone(&self) -> Option<i32>;

    /// The ad of a frame.
    fn ad<'a>(&'a self, frame: &'a Frame) -> Option<&'a ClassAd>;

    /// Whether there are two ads.
    fn is_match(&self) -> bool;

    /// Finds the expression that a reference means, and the ad that it stands in. Without one, gives the ad that the
    /// search ended in.
    ///
    /// # Errors
    ///
    /// Says why the ad before the dot has no value.
    fn find(&mut self, reference: &Node, frame: &Frame) -> Result<Found, Stop>;

    /// Finds a name in an ad and those around it.
    fn find_name(&self, name: &Name, frame: &Frame) -> Option<(Expression, Frame)>;

    /// The time zone, for a function.
    ///
    /// # Errors
    ///
    /// Says that it was not given.
    fn zone_for(&self, function: &str) -> Result<i32, Stop> {
        self.zone().ok_or_else(|| Unknown::TimeZone(function.to_owned()).into())
    }
}

/// What a reference means.
pub(super) enum Found {
    /// An expression in an ad.
    Expression(Expression, Frame),
    /// A value: an ad itself, or the attributes of the ads of a list.
    Value(Value),
    /// Nothing, with the ad that the search ended in.
    Nothing(Frame),
    /// The part before the dot is undefined.
    Undefined,
    /// The part before the dot is no ad.
    Error,
}
