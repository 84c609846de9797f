//! ClassAds that describe an annex and its instances to HTCondor.

use jiff::Timestamp;

use super::state_names::{annex_words, instance_word};
use super::status::{AnnexStatus, MemberIssue, Row};
use crate::classad::ClassAd;
use crate::provider::InstanceState;

/// The `MyType` of an annex's ad.
pub const ANNEX_AD: &str = "HoistAnnex";

/// The `MyType` of an instance's ad.
pub const INSTANCE_AD: &str = "HoistAnnexInstance";

/// Returns the ad of an annex as a whole. Points in time are in seconds since 1970, durations in seconds, as in
/// HTCondor's own ads.
pub fn annex_ad(status: &AnnexStatus) -> ClassAd {
    let in_state =
        |state: InstanceState| Some(status.rows.iter().filter(|row| row.instance.state == state).count() as i64);
    let slots = |pick: fn(&super::SlotSummary) -> usize| -> Option<i64> {
        let count: usize = status.rows.iter().filter_map(|row| row.slots.as_ref()).map(pick).sum();
        status.is_pool_known.then_some(count as i64)
    };
    let marked = |mark: MemberIssue| {
        let count = status.rows.iter().filter(|row| row.mark == Some(mark)).count();
        status.is_pool_known.then_some(count as i64)
    };
    let (state, reason) = annex_words(&status.seen.state);
    ClassAd::new()
        .with("MyType", ANNEX_AD)
        .with("Name", status.id.tag())
        .with("AnnexName", status.id.name.as_str())
        .with("HoistAnnex", status.id.tag())
        .with("AnnexState", state)
        .with("AnnexStateReason", reason)
        .with("InstancesWanted", status.seen.wanted)
        .with("InstancesPending", in_state(InstanceState::Pending))
        .with("InstancesRunning", in_state(InstanceState::Running))
        .with("InstancesNotJoined", marked(MemberIssue::NotJoined))
        .with("Slots", slots(|slots| slots.count))
        .with("SlotsClaimed", slots(|slots| slots.claimed))
        .with(
            "SlotsAstray",
            status.is_pool_known.then(|| status.strays.iter().map(|stray| stray.slots.count).sum::<usize>() as i64),
        )
        .with("LeaseExpiration", status.seen.expires_at.map(Timestamp::as_second))
        .with("LeaseLeft", lease_left(status))
        .with("StatusTime", status.now.as_second())
}

/// Returns one ad for each instance.
pub fn instance_ads(status: &AnnexStatus) -> Vec<ClassAd> {
    status.rows.iter().map(|row| instance_ad(status, row)).collect()
}

fn instance_ad(status: &AnnexStatus, row: &Row) -> ClassAd {
    let instance = &row.instance;
    let slots = row.slots.as_ref();
    ClassAd::new()
        .with("MyType", INSTANCE_AD)
        .with("Name", format!("{}@{}", instance.id, status.id.tag()))
        .with("AnnexName", status.id.name.as_str())
        .with("HoistAnnex", status.id.tag())
        .with("HoistInstance", instance.id.as_str())
        .with("InstanceState", instance_word(instance.state))
        .with("InstancePool", instance.pool as i64)
        .with("InstanceType", instance.instance_type.as_deref())
        .with("Zone", instance.zone.as_deref())
        .with("IsSpot", instance.spot)
        .with("PricePerHour", instance.price.and_then(|price| price.to_string().parse::<f64>().ok()))
        .with("PrivateAddress", instance.private_address.as_deref())
        .with("Address", instance.address.as_deref())
        .with("LaunchTime", instance.launched_at.as_second())
        .with("Age", (status.now.as_second() - instance.launched_at.as_second()).max(0))
        .with("LeaseLeft", lease_left(status))
        .with("HasJoined", status.is_pool_known.then_some(slots.is_some()))
        .with("Slots", slots.map(|slots| slots.count as i64))
        .with("SlotsClaimed", slots.map(|slots| slots.claimed as i64))
        .with("State", slots.map(|slots| slots.state.as_str()))
        .with("Activity", slots.map(|slots| slots.activity.as_str()))
        .with("Mark", row.mark.map(MemberIssue::as_str))
}

fn lease_left(status: &AnnexStatus) -> Option<i64> {
    status.seen.expires_at.map(|end| (end.as_second() - status.now.as_second()).max(0))
}
