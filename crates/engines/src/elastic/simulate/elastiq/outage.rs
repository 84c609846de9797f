use super::timeline::Entry;
use crate::elastic::engine::Seconds;

/// The sources and calls that fail, each until a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Outages {
    api: Seconds,
    run: Seconds,
    terminate: Seconds,
    status: Seconds,
    queue: Seconds,
}

impl Outages {
    /// Takes in a scripted outage; other events are passed over.
    pub(super) fn apply(&mut self, entry: &Entry) {
        let until = |at: &Seconds, length: &Seconds| at.saturating_add(*length);
        match entry {
            Entry::ApiDown { at, r#for } => self.api = self.api.max(until(at, r#for)),
            Entry::RunDown { at, r#for } => self.run = self.run.max(until(at, r#for)),
            Entry::TerminateDown { at, r#for } => self.terminate = self.terminate.max(until(at, r#for)),
            Entry::StatusDown { at, r#for } => self.status = self.status.max(until(at, r#for)),
            Entry::QueueDown { at, r#for } => self.queue = self.queue.max(until(at, r#for)),
            Entry::BatchDown { at, r#for } => {
                self.status = self.status.max(until(at, r#for));
                self.queue = self.queue.max(until(at, r#for));
            }
            _ => {}
        }
    }

    pub(super) fn api_answers(&self, now: Seconds) -> bool {
        now >= self.api
    }

    pub(super) fn launches(&self, now: Seconds) -> bool {
        now >= self.api.max(self.run)
    }

    pub(super) fn terminates(&self, now: Seconds) -> bool {
        now >= self.api.max(self.terminate)
    }

    pub(super) fn status_answers(&self, now: Seconds) -> bool {
        now >= self.status
    }

    pub(super) fn queue_answers(&self, now: Seconds) -> bool {
        now >= self.queue
    }
}
