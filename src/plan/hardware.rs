//! An instance's hardware apart from its image and size: its disk and its placement.

use serde::{Deserialize, Serialize};

/// The disk that a machine starts from; what is not given is as the image has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Disk {
    /// In GiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
    /// The cloud's type of disk.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<DiskKind>,
    /// Reads and writes a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iops: Option<u32>,
    /// Whether what is on it is encrypted where it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
}

/// Kinds of disks that a machine can start from, in EC2's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum DiskKind {
    /// General purpose.
    Gp3,
    /// General purpose, of the generation before.
    Gp2,
    /// For many reads and writes.
    Io2,
    /// The same, of the generation before.
    Io1,
    /// Magnetic.
    Standard,
}

/// With whom a machine shares its hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Tenancy {
    /// With machines of others.
    Default,
    /// With machines of the same account.
    Dedicated,
    /// On a host that the account has to itself.
    Host,
}

impl DiskKind {
    /// All variants, with their names.
    pub const ALL: [(&str, Self); 5] =
        [("gp3", Self::Gp3), ("gp2", Self::Gp2), ("io2", Self::Io2), ("io1", Self::Io1), ("standard", Self::Standard)];

    /// Returns the variant's name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// The minimum and maximum IOPS that can be requested (Amazon EBS User Guide, "Amazon EBS volume types"); `None` if
    /// they depend on the size only.
    pub(super) fn iops(self) -> Option<(u32, u32)> {
        match self {
            Self::Gp3 => Some((3000, 80_000)),
            Self::Io2 => Some((100, 256_000)),
            Self::Io1 => Some((100, 64_000)),
            Self::Gp2 | Self::Standard => None,
        }
    }
}

impl Tenancy {
    /// All variants, with their names.
    pub const ALL: [(&str, Self); 3] =
        [("default", Self::Default), ("dedicated", Self::Dedicated), ("host", Self::Host)];

    /// Returns the variant's name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, tenancy)| *tenancy == self).map_or("", |(word, _)| word)
    }
}

/// `100 GiB gp3 4000 iops encrypted`
impl std::fmt::Display for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            self.size.map(|size| format!("{size} GiB")),
            self.kind.map(|kind| kind.as_str().to_owned()),
            self.iops.map(|iops| format!("{iops} iops")),
            self.encrypted.map(|encrypted| if encrypted { "encrypted" } else { "not encrypted" }.to_owned()),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}
