//! Workers whose daemon is dead.

use hoist_test_support::eventually::eventually;

use crate::station::{FLEET, Station};

#[test]
fn workers_are_gone_by_their_lease_when_the_daemon_is_dead() {
    let station = Station::new(&format!("{FLEET}[lease]\nlength = \"6s\"\ngrace = \"2s\"\n"));
    let daemon = station.start();
    let first = station.await_instances(1);
    // Renewed over and over, it outlives its first lease.
    std::thread::sleep(std::time::Duration::from_secs(12));
    assert_eq!(station.instances(), first);
    daemon.kill();
    eventually("no process of the worker is left", || {
        let left = crate::station::processes(&station.path("state/local/instances"));
        left.is_empty().then_some(())
    });
}
