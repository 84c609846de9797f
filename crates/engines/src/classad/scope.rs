//! What an expression is evaluated with.

use super::expression::ClassAd;

/// What an expression is evaluated with.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The ad that the expression belongs to.
    pub my: &'a ClassAd,
    /// The ad on the other side of the match.
    pub target: Option<&'a ClassAd>,
    /// The time, in seconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// The time zone of the daemon that would evaluate, in seconds east of Greenwich. Functions that need it are
    /// unknown without.
    pub zone: Option<i32>,
}

impl<'a> Scope<'a> {
    /// Makes a scope without a time zone.
    #[must_use]
    pub fn new(my: &'a ClassAd, target: Option<&'a ClassAd>, now: i64) -> Self {
        Self { my, target, now, zone: None }
    }

    /// Gives the scope a time zone, in seconds east of Greenwich.
    #[must_use]
    pub fn with_zone(self, zone: i32) -> Self {
        Self { zone: Some(zone), ..self }
    }
}
