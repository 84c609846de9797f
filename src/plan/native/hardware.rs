//! The keys for a machine's hardware and placement.

use super::super::hardware::{Disk, DiskKind, Tenancy};
use super::super::located::Located;
use super::table::Table;

/// The maximum size of a disk, in GiB (Amazon EBS User Guide, "Amazon EBS volume types").
const LARGEST_DISK: u64 = 65_536;

/// The maximum IOPS of any disk.
const MOST_IOPS: u64 = 256_000;

/// The maximum number of hops of the metadata service's answers (EC2 API reference, `InstanceMetadataOptionsRequest`).
const MOST_HOPS: u64 = 64;

/// Reads `disk = { size, type, iops, encrypted }`.
pub(super) fn disk(table: &Table<'_, '_>) -> Option<Located<Disk>> {
    let inner = table.table("disk")?;
    let (place, _) = table.get("disk")?;
    let number = |key, limits| inner.integer(key, limits).map(|n| n.map(|n| u32::try_from(n).unwrap_or(u32::MAX)));
    let size = number("size", 1..=LARGEST_DISK);
    let kind = inner.choice("type", &DiskKind::ALL);
    let iops = number("iops", 1..=MOST_IOPS);
    let encrypted = inner.boolean("encrypted");
    let is_empty = ["size", "type", "iops", "encrypted"].iter().all(|key| inner.get(key).is_none());
    if is_empty {
        table.invalid(&place, "disk", "it says nothing; size, type, iops and encrypted can be given");
    }
    match (&kind, &iops) {
        (Some(kind), None) if matches!(kind.value, DiskKind::Io1 | DiskKind::Io2) => {
            let problem = format!("type \"{}\" needs iops", kind.value.as_str());
            table.invalid(&kind.place, "disk", &problem);
        }
        (None, Some(iops)) => {
            table.invalid(&iops.place, "disk", "iops can be given with a type that takes them: gp3, io1 or io2");
        }
        (Some(kind), Some(iops)) => {
            let word = kind.value.as_str();
            match kind.value.iops() {
                None => {
                    let problem = format!("type \"{word}\" takes no iops; gp3, io1 and io2 do");
                    table.invalid(&iops.place, "disk", &problem);
                }
                Some((fewest, most)) if !(fewest..=most).contains(&iops.value) => {
                    let problem = format!("iops of type \"{word}\" must be from {fewest} to {most}");
                    table.invalid(&iops.place, "disk", &problem);
                }
                Some(_) => {}
            }
        }
        (_, None) => {}
    }
    inner.finish();
    let disk = Disk {
        size: size.map(|size| size.value),
        kind: kind.map(|kind| kind.value),
        iops: iops.map(|iops| iops.value),
        encrypted: encrypted.map(|encrypted| encrypted.value),
    };
    Some(Located::new(disk, place))
}

/// Reads `metadata_hop_limit = 2`.
pub(super) fn metadata_hop_limit(table: &Table<'_, '_>) -> Option<Located<u8>> {
    let hops = table.integer("metadata_hop_limit", 1..=MOST_HOPS)?;
    Some(hops.map(|hops| u8::try_from(hops).unwrap_or(u8::MAX)))
}

/// Reads `tenancy = "dedicated"`.
pub(super) fn tenancy(table: &Table<'_, '_>) -> Option<Located<Tenancy>> {
    table.choice("tenancy", &Tenancy::ALL)
}
