//! Difference between the server's clock and the local one, from the `Date` header of answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_ec2::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_ec2::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ec2::error::BoxError;
use jiff::{SignedDuration, Timestamp};

/// Clock difference at the last answer.
#[derive(Clone, Debug)]
pub(super) struct ClockSkew(Arc<AtomicI64>);

/// Value before the first answer.
const UNKNOWN: i64 = i64::MIN;

impl ClockSkew {
    pub(super) fn unknown() -> Self {
        Self(Arc::new(AtomicI64::new(UNKNOWN)))
    }

    /// Returns the server's clock less the local one, to the second; `None` before the first answer.
    pub(super) fn get(&self) -> Option<SignedDuration> {
        match self.0.load(Ordering::Relaxed) {
            UNKNOWN => None,
            seconds => Some(SignedDuration::from_secs(seconds)),
        }
    }

    fn learn(&self, date: &str) {
        if let Ok(zoned) = jiff::fmt::rfc2822::parse(date) {
            self.0.store((zoned.timestamp().as_second()) - Timestamp::now().as_second(), Ordering::Relaxed);
        }
    }
}

impl Intercept for ClockSkew {
    fn name(&self) -> &'static str {
        "ClockSkew"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.learn(date);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_tells_the_difference() {
        let skew = ClockSkew::unknown();
        assert_eq!(skew.get(), None);
        skew.learn("nonsense");
        assert_eq!(skew.get(), None);
        let ahead = Timestamp::now() + SignedDuration::from_hours(2);
        skew.learn(&jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&ahead).unwrap());
        let seconds = skew.get().unwrap().as_secs();
        assert!((7198..=7202).contains(&seconds), "{seconds}");
    }
}
