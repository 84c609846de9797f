use super::*;

const PARTITIONABLE: &str = "Name = \"slot1@a.lab\"\nMachine = \"a.lab\"\nSlotType = \"Partitionable\"\nPartitionableSlot = true\n\
    Start = true\nState = \"Unclaimed\"\nActivity = \"Idle\"\nCpus = 1\nDaemonStartTime = 100\nMyCurrentTime = 500\nLastHeardFrom = 501\n\
    NumDynamicSlots = 0\nNumDynamicSlotsTime = 300\nMaxJobRetirementTime = 100 * 86400\nJobStarts = 0\nUpdatesTotal = 7\n";

fn slot(more: &str) -> SlotFacts {
    SlotFacts::of(ClassAd::from_long_text(&format!("{PARTITIONABLE}{more}")).unwrap()).unwrap()
}

fn children(states: &str, activities: &str, left: &str) -> String {
    format!(
        "NumDynamicSlots = 2\nChildState = {{ {states} }}\nChildActivity = {{ {activities} }}\nChildRetirementTimeRemaining = {{ {left} }}"
    )
}

#[test]
fn an_idle_slot_is_open_and_tells_since_when() {
    let slot = slot("");
    assert_eq!((slot.id.as_str(), slot.startd(), slot.kind), ("a.lab", "a.lab", SlotKind::Partitionable));
    assert_eq!((slot.state, slot.claims, slot.has_room), (SlotState::Unclaimed, 0, true));
    assert_eq!((slot.joined_at, slot.idle_since, slot.has_served), (Some(100), Some(300), false));
    assert!(slot.spares_jobs && !slot.is_leaving && slot.draining.is_none());
    assert!(slot.ad.attribute("UpdatesTotal").is_none() && slot.ad.attribute("Cpus").is_some());
}

#[test]
fn the_identity_is_that_of_the_cloud_machine() {
    assert_eq!(slot("EC2InstanceID = \"i-2\"").id.as_str(), "i-2");
    assert_eq!(slot("EC2InstanceID = \"i-2\"\nHoistInstance = \"i-1\"").id.as_str(), "i-1");
    assert_eq!(slot("HoistInstance = \"\"").id.as_str(), "a.lab");
    assert!(SlotFacts::of(ClassAd::from_long_text("Name = \"slot1@x\"").unwrap()).is_none());
}

#[test]
fn claims_are_those_of_dynamic_slots_idle_ones_included() {
    let busy = slot(&children("\"Claimed\", \"Claimed\"", "\"Busy\", \"Idle\"", "99999, 0"));
    assert_eq!((busy.claims, busy.idle_since, busy.has_served), (2, None, true));
    assert!(busy.spares_jobs, "a claim without a job loses none");
    let ending = slot(&children("\"Unclaimed\", \"Claimed\"", "\"Idle\", \"Busy\"", "0, 5"));
    assert_eq!((ending.claims, ending.spares_jobs), (1, false));
    // Without the lists each dynamic slot is taken for a claim.
    assert_eq!(slot("NumDynamicSlots = 2").claims, 2);
    let left = slot(&children("\"Unclaimed\", \"Unclaimed\"", "\"Idle\", \"Idle\"", "0, 0"));
    assert_eq!((left.claims, left.idle_since), (0, None), "the clock tells of dynamic slots, not of claims");
}

#[test]
fn static_slots_have_one_claim_or_none() {
    let of = |state: &str, activity: &str| {
        slot(&format!(
            "SlotType = \"Static\"\nPartitionableSlot = false\nState = \"{state}\"\nActivity = \"{activity}\"\nEnteredCurrentState = 400\n\
             RetirementTimeRemaining = 0"
        ))
    };
    let free = of("Unclaimed", "Idle");
    assert_eq!((free.kind, free.claims, free.idle_since, free.spares_jobs), (SlotKind::Static, 0, Some(400), true));
    let busy = of("Claimed", "Busy");
    assert_eq!((busy.state, busy.claims, busy.idle_since, busy.spares_jobs), (SlotState::Claimed, 1, None, false));
    assert_eq!(of("Owner", "Idle").state, SlotState::Owner);
    assert_eq!(of("Matched", "Idle").claims, 1);
    assert_eq!(of("Backfill", "Busy").state, SlotState::Closed);
}

#[test]
fn drains_departures_and_broken_slots_close_it() {
    let drained = slot("State = \"Drained\"\nDraining = true\nDrainReason = \"m\"\nDrainingRequestId = \"7\"");
    let drain = drained.draining.unwrap();
    assert_eq!(
        (drained.state, drain.reason.as_deref(), drain.request.as_deref()),
        (SlotState::Drained, Some("m"), Some("7"))
    );
    let mut text = PARTITIONABLE.replace("Start = true\n", "");
    let leaving = SlotFacts::of(ClassAd::from_long_text(&text).unwrap()).unwrap();
    assert_eq!((leaving.state, leaving.is_leaving), (SlotState::Closed, true));
    text.push_str("Draining = true\n");
    assert!(!SlotFacts::of(ClassAd::from_long_text(&text).unwrap()).unwrap().is_leaving, "a drain undefines it too");
    assert_eq!(slot("SlotBrokenReason = \"no disk\"").state, SlotState::Closed);
}

#[test]
fn a_clock_that_is_off_is_put_right() {
    let slot = slot("MyCurrentTime = 500\nLastHeardFrom = 4100");
    assert_eq!((slot.joined_at, slot.idle_since), (Some(3700), Some(3900)));
}

#[test]
fn the_default_retirement_time_spares_nothing() {
    for retirement in ["0", "undefined", "TARGET.Long"] {
        assert!(!slot(&format!("MaxJobRetirementTime = {retirement}")).spares_jobs, "{retirement}");
    }
}
