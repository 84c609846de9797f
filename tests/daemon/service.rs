//! The daemon and systemd.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use hoist_test_support::skip::skip;
use nix::sys::signal::Signal;

use crate::station::{FLEET, Station};

#[test]
fn systemd_is_told_of_start_life_reload_and_end() {
    let station = Station::new(FLEET);
    let socket = UnixDatagram::bind(station.path("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let mut seen = String::new();
    let mut hear = |text: &str| {
        let mut buffer = [0; 4096];
        while !seen.contains(text) {
            let length = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("{text}: {error}: {seen}"));
            seen.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        seen.clear();
    };
    let daemon =
        station.hoist("elastic run").env("NOTIFY_SOCKET", station.path("notify")).env("WATCHDOG_USEC", "400000");
    let daemon = daemon.spawn();
    hear("READY=1\nSTATUS=serving 1 fleet\n");
    hear("WATCHDOG=1\n");
    daemon.signal(Signal::SIGHUP);
    hear("RELOADING=1\nMONOTONIC_USEC=");
    hear("READY=1\n");
    daemon.signal(Signal::SIGTERM);
    hear("STOPPING=1\n");
    daemon.wait().exit(143);
}

#[test]
fn systemd_takes_the_unit() {
    let station = Station::new(FLEET);
    let far = FLEET.replace("provider = \"local\"", "provider = \"ec2\"\nregion = \"eu-south-1\"");
    station.file("far.toml", &far);
    for config in ["elastic.toml", "far.toml"] {
        let words = format!("elastic unit --user root --config {config} --listen 127.0.0.1:9188");
        let unit = station.hoist(&words).exit(0).raw_stdout;
        assert!(
            unit.contains("Type=notify\n") && unit.contains(&format!("/{config} --listen 127.0.0.1:9188\n")),
            "{unit}"
        );
        station.file("hoist-elastic.service", &unit);
        let verified =
            Command::new("systemd-analyze").arg("verify").arg(station.path("hoist-elastic.service")).output();
        let verified = match verified {
            Ok(verified) => verified,
            Err(error) => return skip(&format!("the unit is not verified: systemd-analyze: {error}")),
        };
        let said = String::from_utf8_lossy(&verified.stderr);
        let about_it: Vec<&str> = said.lines().filter(|line| line.contains("hoist-elastic")).collect();
        assert!(about_it.is_empty(), "{about_it:?}\n{unit}");
    }
    let refused = station.hoist("elastic unit --user").arg("a b").exit(64);
    assert!(refused.raw_stderr.contains("is no name of a user"), "{refused}");
}
