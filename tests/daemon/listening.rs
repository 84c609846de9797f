//! Metrics and health.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use hoist_test_support::eventually::eventually;
use hoist_test_support::running::Running;
use nix::sys::signal::Signal;

use crate::station::{FLEET, Station};

#[test]
fn metrics_and_health_are_served() {
    let station = Station::new(FLEET);
    let daemon = station.start_with("--listen 127.0.0.1:0");
    station.await_instances(1);
    station.file("busy", "1").file("waiting", "5");
    station.await_instances(3);
    let serving =
        "hoist_elastic_machines{fleet=\"crunch\",kind=\"machine\",market=\"on-demand\",state=\"serving\"} 3.0\n";
    let page = eventually("three machines serve", || {
        let page = get(&daemon, "/metrics");
        page.contains(serving).then_some(page)
    });
    assert!(page.contains("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"), "{page}");
    for line in [
        "# TYPE hoist_elastic_launches counter\n",
        "hoist_elastic_launches_total{fleet=\"crunch\",kind=\"machine\",result=\"launched\"} 3\n",
        "hoist_elastic_demand_jobs{fleet=\"crunch\",state=\"matched\"} 5.0\n",
        "hoist_elastic_limit_machines{fleet=\"crunch\",kind=\"\",bound=\"max\"} 3.0\n",
        "hoist_elastic_source_up{fleet=\"crunch\",source=\"demand\"} 1.0\n",
        "hoist_elastic_paused{fleet=\"crunch\"} 0.0\n",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    assert!(page.ends_with("# EOF\n"), "{page}");
    let health = get(&daemon, "/healthz");
    assert!(health.starts_with("HTTP/1.1 200 OK\r\n"), "{health}");
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
}

#[test]
fn an_address_that_others_reach_needs_consent() {
    let station = Station::new(FLEET);
    let refused = station.hoist("elastic run --listen 0.0.0.0:0").exit(64);
    assert!(refused.raw_stderr.contains("--listen-publicly allows it"), "{refused}");
    let daemon = station.start_with("--listen 0.0.0.0:0 --listen-publicly");
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
}

/// Returns the answer of the daemon, whose log tells its port.
fn get(daemon: &Running, path: &str) -> String {
    let log = daemon.stderr();
    let port =
        log.split("http://127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next()).expect("it tells its port");
    let mut stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
