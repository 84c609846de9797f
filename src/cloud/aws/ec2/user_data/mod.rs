//! The user data of an instance: the user's own, and what hoist adds to it.
//!
//! Hoist adds a host key, so that the first connection is made to the right machine, and the end of a lease. Where
//! there is something to add, or the user's own is stored elsewhere because it is too large, everything becomes one
//! MIME message of several parts, which cloud-init takes apart (cloud-init's documentation, "User data formats"). What
//! cloud-init does not read stays as it is: then no host key is passed, and a lease, which nothing could keep, is
//! refused.

mod host_key;
mod lease;

use std::fmt;

use jiff::Timestamp;

use crate::user_data::{Part, PartKind, fit, write_message};

/// What is to be put together.
pub(super) struct UserDataParts<'a> {
    /// The user's own.
    pub(super) own: Option<&'a [u8]>,
    /// What is given instead of it, where it is stored elsewhere.
    pub(super) first_stage: Option<[Part; 2]>,
    /// The private and the public host key.
    pub(super) host_key: Option<(&'a str, &'a str)>,
    /// When the instance powers itself off.
    pub(super) expires_at: Option<Timestamp>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UserData {
    /// What the instance is given, raw; none where there is nothing.
    pub(super) bytes: Option<Vec<u8>>,
    /// Whether it carries the host key.
    pub(super) has_host_key: bool,
}

/// Why parts cannot be put together, with what a person can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UserDataError {
    /// They are too large; stored elsewhere, they may be not.
    TooLarge(String),
    /// They cannot be used like this.
    Wrong(String),
}

impl fmt::Display for UserDataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::TooLarge(reason) | Self::Wrong(reason)) = self;
        f.write_str(reason)
    }
}

/// Whether a host key can be passed along with this user data.
pub(super) fn takes_host_key(own: Option<&[u8]>) -> bool {
    own.is_none_or(|own| {
        let kind = PartKind::of(own);
        kind.is_combinable() && !kind.may_set_host_keys(own)
    })
}

/// Puts the parts together; the same parts give the same bytes.
pub(super) fn combine(parts: &UserDataParts<'_>) -> Result<UserData, UserDataError> {
    let own = parts.own.filter(|own| !own.is_empty());
    let kind = own.map(PartKind::of);
    let host_key = parts.host_key.filter(|_| takes_host_key(own));
    let has_host_key = host_key.is_some();
    if let (Some(kind), Some(_)) = (&kind, parts.expires_at)
        && !kind.is_combinable()
    {
        return Err(UserDataError::Wrong(format!(
            "cloud-init does not read this user data ({kind}), so nothing on the machine can end its lease; leave the lease out, \
             or write the user data as a script (#!) or cloud-config (#cloud-config)"
        )));
    }
    let mut added = Vec::new();
    if let Some(expires_at) = parts.expires_at {
        added.push(lease::part(expires_at));
    }
    if let Some((private, public)) = host_key {
        added.push(host_key::part(private, public));
    }
    let bytes = match (own, kind) {
        (None, _) if added.is_empty() => return Ok(UserData { bytes: None, has_host_key }),
        (Some(own), Some(kind)) if added.is_empty() && parts.first_stage.is_none() => {
            fit(own.to_vec(), kind.is_combinable(), &[]).map_err(|error| UserDataError::TooLarge(error.to_string()))?
        }
        (own, kind) => {
            let own_part = || own.zip(kind).map(|(own, kind)| kind.part("user-data", "yours", own)).transpose();
            match &parts.first_stage {
                Some(first_stage) => added.extend(first_stage.iter().cloned()),
                None => added.extend(own_part().map_err(|error| UserDataError::Wrong(error.to_string()))?),
            }
            let sizes: Vec<(String, usize)> = added.iter().map(Part::size).collect();
            fit(write_message(added), true, &sizes).map_err(|error| UserDataError::TooLarge(error.to_string()))?
        }
    };
    Ok(UserData { bytes: Some(bytes), has_host_key })
}

#[cfg(test)]
mod tests;
