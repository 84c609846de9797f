//! What a daemon takes while nothing happens.

use std::time::Duration;

use hoist_test_support::process::{computed, kilobytes};
use nix::sys::signal::Signal;

use crate::station::{FLEET, Station};

/// Largest memory of its own, in kB. The program itself comes to it, of which a release has at most 24 MB and the build
/// of the tests far more.
const MOST_MEMORY: u64 = 10 * 1024;

/// Largest share of a core that a release takes at the default periods.
const MOST_OF_A_CORE: f64 = 0.005;

/// How many times as long as a release the build of the tests computes, at most: it is not optimized, and what else the
/// machine does takes its caches from it.
const SLOWNESS: f64 = 3.0;

/// Time that is measured: two looks at the queue, one for failed machines, and thirty for requests.
const MEASURED: Duration = Duration::from_secs(30);

/// At the default periods, a daemon at rest stays small and quiet.
#[test]
fn a_daemon_at_rest_is_small_and_quiet() {
    let settings =
        ["idle = \"2s\"\n", "queue_every = \"1s\"\n", "machines_every = \"1s\"\n", "errors_every = \"1s\"\n"];
    let fleet = settings.iter().fold(FLEET.to_owned(), |fleet, setting| fleet.replace(setting, ""));
    let station = Station::new(&fleet);
    let daemon = station.start();
    station.await_instances(1);
    let before = computed(daemon.id());
    std::thread::sleep(MEASURED);
    let share = (computed(daemon.id()) - before).as_secs_f64() / MEASURED.as_secs_f64();
    let memory = kilobytes(daemon.id(), "RssAnon").unwrap();
    use std::io::Write as _;
    writeln!(std::io::stderr(), "at rest: {memory} kB, {:.2} % of a core", share * 100.0).unwrap();
    assert!(memory <= MOST_MEMORY, "{memory} kB");
    assert!(share <= MOST_OF_A_CORE * SLOWNESS, "{:.2} % of a core", share * 100.0);
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
}
