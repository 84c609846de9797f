//! The circumstances of a failed call.

use jiff::SignedDuration;

/// Circumstances of a call, for messages.
#[derive(Clone, Debug, Default)]
pub(in crate::cloud) struct ErrorContext {
    pub(in crate::cloud) region: String,
    /// Endpoint, where it is not AWS's own.
    pub(in crate::cloud) endpoint: Option<String>,
    pub(in crate::cloud) profile: Option<String>,
    pub(in crate::cloud) compatible: bool,
    /// The server's clock less the local one.
    pub(in crate::cloud) skew: Option<SignedDuration>,
    /// Whether the endpoint ever answered.
    pub(in crate::cloud) has_answered: bool,
}

impl ErrorContext {
    /// Returns the name of the answering cloud.
    pub(super) fn who(&self) -> String {
        self.endpoint.as_ref().map_or_else(|| "AWS".to_owned(), |endpoint| format!("the cloud at {endpoint}"))
    }

    /// Returns the place of the call: "in" and the region.
    pub(super) fn here(&self) -> String {
        format!("in {}", self.region)
    }

    /// Returns words that identify the credentials.
    pub(super) fn credentials(&self) -> String {
        self.profile.as_ref().map_or_else(|| "it was given".to_owned(), |profile| format!("of profile {profile}"))
    }

    /// Returns the command that renews the credentials.
    pub(super) fn login(&self) -> String {
        let profile = self.profile.as_ref().map(|profile| format!(" --profile {profile}")).unwrap_or_default();
        format!("aws sso login{profile}")
    }

    /// Returns how far this machine's clock is off, in words.
    pub(super) fn clock(&self) -> String {
        let Some(skew) = self.skew else { return "this machine's clock seems to be wrong".to_owned() };
        let direction = if skew.is_negative() { "ahead" } else { "behind" };
        let seconds = skew.as_secs().unsigned_abs();
        let length = match (seconds / 3600, seconds / 60 % 60) {
            (0, 0) => format!("{seconds} s"),
            (0, minutes) => format!("{minutes} min"),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        };
        format!("this machine's clock is {length} {direction}")
    }

    pub(super) fn compatible_hint(&self) -> &'static str {
        match (self.compatible, &self.endpoint) {
            (false, Some(_)) => {
                "if it is not AWS that answers there, `compatible = true` in the plan's cloud keeps to what all EC2-like \
                 clouds can do"
            }
            _ => "",
        }
    }
}
