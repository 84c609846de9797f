//! The slots of annexes.

use crate::pool_tools::lab::{annex, block_on, condor, manager, worker};
use hoist::annex::machines_of;

#[test]
fn the_slots_of_an_annex_are_listed_and_those_of_no_other() {
    let Some(shared) = manager() else { return };
    let manager = &*shared;
    // HTCondor compares texts without regard to case, and names begin alike.
    let names = ["Listed", "listed", "listed-2"].map(annex);
    let _machines: Vec<_> = names.iter().map(|annex| worker(manager, annex, &format!("i-{}", annex.name))).collect();
    let condor = condor(manager, "admin");
    for annex in &names {
        let slots = block_on(condor.slots(&machines_of(annex).unwrap())).unwrap();
        let ids: Vec<_> = slots.iter().map(|slot| slot.instance.clone().unwrap()).collect();
        assert_eq!(ids, [format!("i-{}", annex.name)], "{slots:?}");
        assert_eq!((slots[0].state.as_str(), slots[0].activity.as_str()), ("Unclaimed", "Idle"));
        assert!(slots[0].is_partitionable && !slots[0].is_used_up && slots[0].since.is_some());
        assert!(slots[0].address.unwrap().is_loopback());
    }
    // Somebody else's annex of the same name.
    let mut other = annex("listed");
    other.nonce = "ba9876543210".to_owned();
    assert_eq!(block_on(condor.slots(&machines_of(&other).unwrap())).unwrap(), []);
    assert_eq!(block_on(condor.slots(&machines_of(&annex("none-of-them")).unwrap())).unwrap(), []);
}
