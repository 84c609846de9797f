//! Presigned URLs, with which any holder may fetch an object for a while.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_s3::presigning::PresigningConfig;
use jiff::{SignedDuration, Timestamp};

use super::Store;
use crate::cloud::aws::s3::LaunchAddress;
use crate::plan::local_time;
use crate::provider::{CloudError, CloudErrorKind};

/// Minimum useful validity of a URL: an instance boots within minutes, and retries for five if the store does not
/// answer; launches repeated after a lost answer or by `resume` carry the same URL.
pub const SHORTEST_VALIDITY: SignedDuration = SignedDuration::from_mins(30);

/// Maximum validity of a signature (Amazon S3 API reference, "Authenticating requests: using query parameters").
const LONGEST_VALIDITY: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Store {
    /// Returns a URL that fetches an object for `validity`, or until the credentials expire, if that is earlier.
    ///
    /// # Errors
    /// The credentials expire too soon ([`SHORTEST_VALIDITY`]): signatures expire with their credentials.
    pub async fn sign(&self, key: &str, validity: SignedDuration) -> Result<LaunchAddress, CloudError> {
        let credentials = self.session.credentials().await?;
        let now = Timestamp::now();
        let until = until(now, validity, &credentials)?;
        let refused = |error: String| {
            CloudError::new(
                CloudErrorKind::Rejected,
                format!("cannot sign the address of {}: {error}", self.url_of(key)),
            )
        };
        let seconds = u64::try_from(until.duration_since(now).as_secs()).unwrap_or_default();
        let terms = PresigningConfig::builder()
            .start_time(SystemTime::from(now))
            .expires_in(Duration::from_secs(seconds))
            .build()
            .map_err(|error| refused(error.to_string()))?;
        // Sign with these very credentials: the client's may expire at another time.
        let client = self.session.s3().await?;
        let config = client.config().to_builder().credentials_provider(credentials).build();
        let request = aws_sdk_s3::Client::from_conf(config).get_object().bucket(self.bucket.name()).key(key);
        let signed = request.presigned(terms).await.map_err(|error| refused(error.to_string()))?;
        Ok(LaunchAddress { url: signed.uri().into(), until })
    }
}

fn until(now: Timestamp, validity: SignedDuration, credentials: &Credentials) -> Result<Timestamp, CloudError> {
    let wanted = now + validity.min(LONGEST_VALIDITY);
    let end = credentials.expiry().and_then(|end| Timestamp::try_from(end).ok());
    let until = end.map_or(wanted, |end| end.min(wanted));
    if until.duration_since(now) < SHORTEST_VALIDITY {
        let message = format!(
            "the credentials end at {}, and with them the address that machines would fetch their user data from; they may need \
             it for {} minutes",
            local_time(until),
            SHORTEST_VALIDITY.as_mins()
        );
        let hint = "renew the credentials (aws sso login, or a new session token), or make the user data smaller";
        return Err(CloudError::new(CloudErrorKind::Rejected, message).hint(hint));
    }
    Ok(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lives_no_longer_than_the_credentials() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let with = |end: Option<&str>| {
            let end = end.map(|end| SystemTime::from(end.parse::<Timestamp>().unwrap()));
            until(now, SignedDuration::from_hours(24), &Credentials::new("a", "b", None, end, "test"))
        };
        assert_eq!(with(None).unwrap().to_string(), "2026-11-21T12:00:00Z");
        assert_eq!(with(Some("2026-11-20T13:00:00Z")).unwrap().to_string(), "2026-11-20T13:00:00Z");
        assert_eq!(with(Some("2026-12-20T13:00:00Z")).unwrap().to_string(), "2026-11-21T12:00:00Z");
        let refused = with(Some("2026-11-20T12:20:00Z")).unwrap_err().message;
        let end = local_time("2026-11-20T12:20:00Z".parse().unwrap());
        assert!(refused.contains(&end), "{refused}");
    }
}
