//! Waits until a host answers for the first time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::action::Action;
use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::host_retry::WaitReporter;
use super::task_result::TaskResult;
use super::waits::Waits;
use crate::provider::{Complaint, Host, HostError};
use crate::retry::Pauses;

/// The first and the longest pause before a host that did not answer is asked again.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Waits until the host answers, at most `timeout`, and reports the wait meanwhile.
pub(super) async fn connect(
    teller: WaitReporter,
    host: Arc<dyn Host>,
    address: String,
    timeout: Duration,
) -> TaskResult {
    let position = teller.position;
    let give_up = Instant::now() + timeout;
    let mut waits = Waits::new();
    let mut pauses = Pauses::backoff(PAUSE.0, PAUSE.1, &address);
    let mut last = Complaint::from("it does not answer");
    loop {
        let complaint = match timeout_at(give_up, host.reach()).await {
            Ok(Ok(reached)) => {
                let result = TaskResult::of(position, ServiceEvent::Reachable { address });
                return TaskResult { notes: reached.notes, ..result };
            }
            Ok(Err(HostError::Unreachable(complaint))) => complaint,
            Ok(Err(error)) => return ended_by(position, error),
            Err(_) => return failed(position, not_ready(&address, timeout, last)),
        };
        if let Some(wait) = waits.failed(&complaint, Some(give_up)) {
            teller.tell(wait);
        }
        last = complaint;
        sleep(pauses.pause()).await;
    }
}

/// Returns the result of an error that ends the wait.
fn ended_by(position: usize, error: HostError) -> TaskResult {
    match error {
        HostError::Gone(complaint) => TaskResult::of(position, ServiceEvent::Lost { reason: complaint.reason }),
        HostError::Failed(complaint) if complaint.ours => {
            let failure = Failure::new(Stage::Reach, complaint.reason).hint(complaint.hint);
            TaskResult { held_up: vec![(Action::Reach(position), failure)], ..TaskResult::default() }
        }
        error => failed(position, Failure::of_host(Stage::Reach, error)),
    }
}

fn not_ready(address: &str, timeout: Duration, last: Complaint) -> Failure {
    let reason = format!("{address} was not ready after {} s: {last}", timeout.as_secs());
    let longer = "a longer `timeout` in the plan waits longer";
    let hint = last.hint.map_or_else(|| longer.to_owned(), |hint| format!("{hint}; {longer}"));
    Failure::new(Stage::Reach, reason).hint(Some(hint))
}

fn failed(position: usize, failure: Failure) -> TaskResult {
    TaskResult::of(position, ServiceEvent::Failed { failure })
}
