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
    assert!(health.ends_with("\r\n\r\nevery fleet is served\n"), "{health}");

    // A queue that falls silent is told, once, and is no reason to start the daemon again.
    std::fs::remove_file(station.path("waiting")).unwrap();
    let down = "hoist_elastic_source_up{fleet=\"crunch\",source=\"demand\"} 0.0\n";
    eventually("the queue is down", || get(&daemon, "/metrics").contains(down).then_some(()));
    let health = get(&daemon, "/healthz");
    assert!(health.starts_with("HTTP/1.1 200 OK\r\n"), "{health}");
    assert!(health.contains("fleet crunch: no answer from the source of demand"), "{health}");
    let status = station.hoist("elastic status crunch").exit(2);
    assert!(status.raw_stdout.contains("\n! the last answer of the queue is "), "{status}");
    station.file("waiting", "5");
    let up = "hoist_elastic_source_up{fleet=\"crunch\",source=\"demand\"} 1.0\n";
    eventually("the queue is back", || get(&daemon, "/metrics").contains(up).then_some(()));
    let log = daemon.stderr();
    assert_eq!(log.matches("the source of demand does not answer").count(), 1, "{log}");
    assert_eq!(log.matches("the source of demand answers again").count(), 1, "{log}");
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
}

#[test]
fn who_holds_connections_keeps_nobody_from_the_metrics() {
    let station = Station::new(FLEET);
    let daemon = station.start_with("--listen 127.0.0.1:0");
    let held: Vec<TcpStream> = (0..145)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", port(&daemon))).unwrap();
            stream.write_all(b"GET /metrics HT").unwrap();
            stream
        })
        .collect();
    let page = get(&daemon, "/metrics");
    assert!(page.ends_with("# EOF\n"), "{page}");
    drop(held);
    let address = format!("127.0.0.1:{}", port(&daemon));
    let refused = station.hoist(&format!("elastic run --listen {address}")).exit(1);
    assert!(refused.raw_stderr.contains("try: choose another port"), "{refused}");
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

/// Returns the port of a daemon, which its log tells.
fn port(daemon: &Running) -> u16 {
    let log = daemon.stderr();
    let port = log.split("http://127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next());
    port.expect("it tells its port").parse().unwrap()
}

/// Returns the answer of the daemon to a request.
fn get(daemon: &Running, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port(daemon))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
