//! A slot of a pool.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::classad::ClassAd;

/// The attributes that are queried of each slot.
pub(super) const ATTRIBUTES: &[&str] = &[
    "Name",
    "MyAddress",
    "HoistInstance",
    "EC2InstanceID",
    "State",
    "Activity",
    "PartitionableSlot",
    "Cpus",
    "EnteredCurrentActivity",
];

/// A slot of a machine, in which jobs run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its name in the pool, such as `slot1_1@machine`.
    pub name: String,
    /// The instance id of its machine, if the machine reports one.
    pub instance: Option<String>,
    /// The address of its machine.
    pub address: Option<IpAddr>,
    /// `Unclaimed`, `Claimed`, `Drained`, …
    pub state: String,
    /// `Idle`, `Busy`, `Retiring`, …
    pub activity: String,
    /// Whether it is partitionable: jobs get parts of it, which are slots of their own.
    pub is_partitionable: bool,
    /// Whether all its resources are given away.
    pub is_used_up: bool,
    /// Since when it has had its activity.
    pub since: Option<Timestamp>,
}

impl Slot {
    /// Reads a slot's ad. No attribute is required, since HTCondor omits those that a daemon does not know.
    pub fn of(ad: &ClassAd) -> Self {
        let text = |name: &str| ad.text(name).map(str::to_owned);
        let is_partitionable = ad.is_true("PartitionableSlot");
        Self {
            name: text("Name").unwrap_or_default(),
            instance: text("HoistInstance").or_else(|| text("EC2InstanceID")).filter(|id| !id.is_empty()),
            address: ad.text("MyAddress").and_then(address_of),
            state: text("State").unwrap_or_else(|| "Unknown".to_owned()),
            activity: text("Activity").unwrap_or_else(|| "Unknown".to_owned()),
            is_partitionable,
            is_used_up: is_partitionable && ad.int("Cpus") == Some(0),
            since: ad.int("EnteredCurrentActivity").and_then(|second| Timestamp::from_second(second).ok()),
        }
    }

    /// Whether it belongs to a job: one runs there, is about to, or is being evicted.
    pub fn is_claimed(&self) -> bool {
        matches!(self.state.as_str(), "Claimed" | "Matched" | "Preempting")
    }
}

/// Returns the address in a "sinful string", as HTCondor calls it: `<10.0.0.7:9618?…>`, `<[fd00::7]:9618>`.
fn address_of(sinful: &str) -> Option<IpAddr> {
    let rest = sinful.strip_prefix('<')?;
    let host = match rest.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => rest.split([':', '?', '>']).next()?,
    };
    host.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_from_what_daemons_say_of_themselves() {
        let read = |text: &str| address_of(text).map(|address| address.to_string());
        assert_eq!(read("<10.0.0.7:9618?addrs=10.0.0.7-9618&noUDP>").as_deref(), Some("10.0.0.7"));
        assert_eq!(read("<[fd00::7]:9618>").as_deref(), Some("fd00::7"));
        for wrong in ["", "<", "10.0.0.7", "<host:1>", "<[fd00::7"] {
            assert_eq!(read(wrong).is_some(), wrong == "<[fd00::7", "{wrong}");
        }
    }

    #[test]
    fn an_ad_that_says_little_is_a_slot_nevertheless() {
        let slot = Slot::of(&ClassAd::new().with("Name", "slot1@a").with("EC2InstanceID", "i-1"));
        assert_eq!((slot.instance.as_deref(), slot.state.as_str(), slot.is_claimed()), (Some("i-1"), "Unknown", false));
    }
}
