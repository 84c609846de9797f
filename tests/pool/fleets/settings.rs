//! A cluster of the wizard's with shorter periods.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hoist::wizard::{Answers, Cluster};

use crate::master::answers::cluster;
use crate::master::local::local;

/// The fewest and the most workers.
pub(crate) const MIN: u64 = 1;
pub(crate) const MAX: u64 = 6;

/// Seconds without a job after which a worker may go.
pub(crate) const IDLE: i64 = 20;

/// Begin and end of the worker's user data in the master's.
const WORKER: (&str, &str) = ("<< 'END OF WORKER'\n", "\nEND OF WORKER");

/// The master's user data and its plan.
pub(crate) fn quick() -> (String, Cluster) {
    let idle_seconds = u32::try_from(IDLE).unwrap();
    let (min_workers, max_workers) = (u32::try_from(MIN).unwrap(), u32::try_from(MAX).unwrap());
    let made = cluster(&Answers { min_workers, max_workers, idle_seconds, ..local() });
    let text = String::from_utf8(made.master.clone()).unwrap();
    let (before, rest) = text.split_once(WORKER.0).unwrap();
    let (worker, after) = rest.split_once(WORKER.1).unwrap();
    let decoded = STANDARD.decode(worker.split_whitespace().collect::<String>()).unwrap();
    let worker = String::from_utf8(decoded).unwrap();
    // A startd would measure its processor first, which it shares with every other.
    let worker = with(
        &worker,
        &[
            ("UPDATE_INTERVAL = 60", "UPDATE_INTERVAL = 5"),
            ("START = True", "START = True\n      RunBenchmarks = False\n      ENABLE_URL_TRANSFERS = False"),
        ],
    );
    let master = with(
        &format!("{before}{}", after_worker(after)),
        &[
            ("UPDATE_INTERVAL = 60", "UPDATE_INTERVAL = 5"),
            ("NEGOTIATOR_INTERVAL = 20", "NEGOTIATOR_INTERVAL = 5\n      SCHEDD_INTERVAL = 5"),
            ("NEGOTIATOR_CYCLE_DELAY = 5", "NEGOTIATOR_CYCLE_DELAY = 2"),
            ("waiting_time = \"40s\"", "waiting_time = \"0s\""),
            ("launches_per_minute = 60", "launches_per_minute = 60\n      grace = \"20s\""),
            (MARK, &format!("{}{}{}", WORKER.0, STANDARD.encode(worker), WORKER.1)),
        ],
    );
    (master, made)
}

/// Stands for the worker's user data.
const MARK: &str = "<< THE WORKER";

fn after_worker(after: &str) -> String {
    format!("{MARK}{after}")
}

/// Replaces texts, each of which must be there.
fn with(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old} in\n{text}");
        text.replace(old, new)
    })
}
