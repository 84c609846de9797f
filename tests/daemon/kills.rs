//! The daemon is killed anywhere.

use std::time::Duration;

use hoist_test_support::dice::Dice;
use hoist_test_support::eventually::eventually;
use nix::sys::signal::Signal;

use crate::station::{FLEET, Station};

/// Number of kills.
const KILLS: u32 = 20;

/// Longest time that a daemon lives.
const LONGEST_LIFE: Duration = Duration::from_millis(2500);

#[test]
fn whenever_it_is_killed_nothing_leaks_and_there_are_never_too_many() {
    let station = Station::new(&FLEET.replace("min = 1", "min = 0"));
    let mut dice = Dice::new(7, 0);
    for kill in 0..KILLS {
        // The work comes and goes, so that kills hit launches and ends.
        let (waiting, busy) = if kill % 2 == 0 { ("5", "1") } else { ("0", "0") };
        station.file("waiting", waiting).file("busy", busy);
        let daemon = station.hoist("elastic run").spawn();
        std::thread::sleep(dice.moment(LONGEST_LIFE));
        daemon.kill();
        let running = station.instances().len();
        assert!(running <= 3, "{running} instances after kill {kill}");
    }
    station.file("busy", "1").file("waiting", "5");
    let daemon = station.start();
    station.await_instances(3);
    station.file("busy", "0").file("waiting", "0");
    station.await_instances(0);
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
    eventually("no reservation is left", || {
        let left = std::fs::read_dir(station.path("state/local/reservations"));
        (left.into_iter().flatten().count() == 0).then_some(())
    });
    station.hoist("orphans").exit(0);
}
