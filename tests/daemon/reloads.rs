//! The fleet file is read again.

use nix::sys::signal::Signal;

use crate::station::{FLEET, Station, await_log};

#[test]
fn a_file_that_is_right_takes_the_place_of_the_old_and_one_that_is_wrong_does_not() {
    let station = Station::new(FLEET);
    let daemon = station.start();
    let first = station.await_instances(1);
    station.file("elastic.toml", &FLEET.replace("min = 1", "min = 4"));
    daemon.signal(Signal::SIGHUP);
    await_log(&daemon, "its file was read again and refused");
    await_log(&daemon, "\"min\" of [workers] is 4, more than \"max\", 3");

    station.file("elastic.toml", &FLEET.replace("min = 1", "min = 2"));
    daemon.signal(Signal::SIGHUP);
    await_log(&daemon, "its file was read again and holds");
    let two = station.await_instances(2);
    assert!(two.contains(&first[0]));

    // Another queue is another fleet.
    station.file("elastic.toml", &FLEET.replace("./pool", "/bin/true"));
    daemon.signal(Signal::SIGHUP);
    await_log(&daemon, "[queue] cannot change while the fleet is served");
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
}

#[test]
fn a_maximum_below_what_runs_is_confirmed_first() {
    let station = Station::new(&FLEET.replace("min = 1", "min = 2"));
    let daemon = station.start();
    station.await_instances(2);
    station.file("elastic.toml", &FLEET.replace("max = 3", "max = 1"));
    daemon.signal(Signal::SIGHUP);
    await_log(&daemon, "the maximum would be 1, so 1 of its workers would be drained and ended");
    assert_eq!(station.instances().len(), 2);
    station.hoist("elastic reload crunch --yes").exit(0);
    station.await_instances(1);
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
}
