//! The user data of an instance of EC2 or Compute Engine: the user's own, and hoist's additions.
//!
//! Hoist adds a host key, so that the first connection reaches the right instance, and the end of a lease. With
//! additions, or if the user's own data is stored elsewhere because it is too large, the result is one MIME message of
//! several parts, which cloud-init takes apart (cloud-init's documentation, "User data formats"). Data that cloud-init
//! does not read is left unchanged: no host key is passed then, and a lease, which nothing could enforce, is refused.

mod host_key;
mod lease;
mod scaler_parent;

#[cfg(feature = "aws")]
pub(in crate::cloud) use lease::part as lease_part;
pub(in crate::cloud) use lease::{LeaseSource, renewed_part};

use std::fmt;

use crate::user_data::{Part, PartKind, SizeLimit, write_message};
pub(in crate::cloud) use scaler_parent::ScalerParent;

/// Parts of the user data.
pub(in crate::cloud) struct UserDataParts<'a> {
    /// The user's own data.
    pub(in crate::cloud) own: Option<&'a [u8]>,
    /// Replacement of the user's own data, if that is stored elsewhere.
    pub(in crate::cloud) first_stage: Option<[Part; 2]>,
    /// Private and public host key.
    pub(in crate::cloud) host_key: Option<(&'a str, &'a str)>,
    /// What ends the instance at the end of its lease.
    pub(in crate::cloud) lease: Option<Part>,
    /// The run and the service of the scaler that the instance runs, if it runs one.
    pub(in crate::cloud) scaler: Option<ScalerParent<'a>>,
    /// How much the cloud takes.
    pub(in crate::cloud) limit: SizeLimit,
}

/// The combined user data.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cloud) struct UserData {
    /// Raw user data of the instance; `None` if there is none.
    pub(in crate::cloud) bytes: Option<Vec<u8>>,
    /// Whether it contains the host key.
    pub(in crate::cloud) has_host_key: bool,
}

/// Why parts cannot be combined, with advice for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cloud) enum UserDataError {
    /// The parts are too large; storing the user's own elsewhere may help.
    TooLarge(String),
    /// The parts cannot be used like this.
    Wrong(String),
}

impl fmt::Display for UserDataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::TooLarge(reason) | Self::Wrong(reason)) = self;
        f.write_str(reason)
    }
}

/// Returns whether a host key can be added to this user data.
pub(in crate::cloud) fn takes_host_key(own: Option<&[u8]>) -> bool {
    own.is_none_or(|own| {
        let kind = PartKind::of(own);
        kind.is_combinable() && !kind.may_set_host_keys(own)
    })
}

/// Combines the parts; the same parts give the same bytes.
pub(in crate::cloud) fn combine(parts: &UserDataParts<'_>) -> Result<UserData, UserDataError> {
    let own = parts.own.filter(|own| !own.is_empty());
    let kind = own.map(PartKind::of);
    let host_key = parts.host_key.filter(|_| takes_host_key(own));
    let has_host_key = host_key.is_some();
    if let (Some(kind), Some(_)) = (&kind, &parts.lease)
        && !kind.is_combinable()
    {
        return Err(UserDataError::Wrong(format!(
            "cloud-init does not read this user data ({kind}), so nothing on the machine can end its lease; leave the lease out, \
             or write the user data as a script (#!) or cloud-config (#cloud-config)"
        )));
    }
    let mut added: Vec<Part> = parts.lease.iter().cloned().collect();
    // Without cloud-init, only the programs that the run starts on the instance learn it.
    if let Some(parent) = parts.scaler
        && kind.as_ref().is_none_or(PartKind::is_combinable)
    {
        added.push(scaler_parent::part(parent));
    }
    if let Some((private, public)) = host_key {
        added.push(host_key::part(private, public));
    }
    let bytes = match (own, kind) {
        (None, _) if added.is_empty() => return Ok(UserData { bytes: None, has_host_key }),
        (Some(own), Some(kind)) if added.is_empty() && parts.first_stage.is_none() => parts
            .limit
            .fit(own.to_vec(), kind.is_combinable(), &[])
            .map_err(|error| UserDataError::TooLarge(error.to_string()))?,
        (own, kind) => {
            let own_part = || own.zip(kind).map(|(own, kind)| kind.part("user-data", "yours", own)).transpose();
            match &parts.first_stage {
                Some(first_stage) => added.extend(first_stage.iter().cloned()),
                None => added.extend(own_part().map_err(|error| UserDataError::Wrong(error.to_string()))?),
            }
            let sizes: Vec<(String, usize)> = added.iter().map(Part::size).collect();
            parts
                .limit
                .fit(write_message(added), true, &sizes)
                .map_err(|error| UserDataError::TooLarge(error.to_string()))?
        }
    };
    Ok(UserData { bytes: Some(bytes), has_host_key })
}

#[cfg(all(test, feature = "aws"))]
mod tests;
