use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::told_worker::ToldWorker;
use super::work_source::{DrainAnswer, DrainOrder, SourceError, WorkReading, WorkSource};
use crate::elastic::engine::{Demand, Host, JobGroup, MachineId, PoolMachine, Reading, Seconds, Wants};

/// A source that remembers the last fresh value of each part of its readings. A part that fails is stale from then on,
/// with the age of that value; it is failed only if there never was one.
pub struct LastKnown {
    source: Arc<dyn WorkSource>,
    known: Mutex<Known>,
}

/// The last fresh values.
#[derive(Default)]
struct Known {
    demand: Kept<Demand>,
    pool: Kept<Vec<Host>>,
    groups: Kept<Vec<JobGroup>>,
    slots: Kept<Vec<PoolMachine>>,
}

/// The last fresh value of a part, and the time at which it was read.
struct Kept<T>(Option<(T, Seconds)>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone> Kept<T> {
    /// Keeps a fresh value. Replaces a failure by the value that is kept, and returns its reason.
    fn take(&mut self, reading: &mut Reading<T>, now: Seconds) -> Option<String> {
        match reading {
            Reading::Fresh { value } => {
                self.0 = Some((value.clone(), now));
                None
            }
            Reading::Failed { reason } => {
                let (value, read_at) = self.0.as_ref()?;
                let reason = std::mem::take(reason);
                // The clock may have been set back.
                let age = now.saturating_sub(*read_at).max(0);
                *reading = Reading::Stale { value: value.clone(), age };
                Some(reason)
            }
            Reading::Stale { .. } | Reading::Unread => None,
        }
    }
}

impl LastKnown {
    /// Wraps a source.
    pub fn new(source: Arc<dyn WorkSource>) -> Self {
        Self { source, known: Mutex::default() }
    }
}

#[async_trait]
impl WorkSource for LastKnown {
    fn label(&self) -> String {
        self.source.label()
    }

    /// Reads the source. The reasons of parts that are stale are among the remarks, each once.
    async fn read(&self, wants: Wants, now: Seconds) -> WorkReading {
        let mut reading = self.source.read(wants, now).await;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let reasons = [
            known.demand.take(&mut reading.demand, now),
            known.pool.take(&mut reading.pool, now),
            known.groups.take(&mut reading.groups, now),
            known.slots.take(&mut reading.slots, now),
        ];
        for reason in reasons.into_iter().flatten() {
            if !reading.remarks.contains(&reason) {
                reading.remarks.push(reason);
            }
        }
        reading
    }

    async fn workers(&self, now: Seconds) -> Result<Option<Vec<ToldWorker>>, SourceError> {
        self.source.workers(now).await
    }

    fn has_pool(&self) -> bool {
        self.source.has_pool()
    }

    fn remembers_workers(&self) -> bool {
        self.source.remembers_workers()
    }

    async fn drain(&self, order: &DrainOrder) -> Vec<(MachineId, DrainAnswer)> {
        self.source.drain(order).await
    }

    async fn cancel_drain(&self, machines: &[MachineId], mark: &str) -> Vec<(MachineId, Result<(), SourceError>)> {
        self.source.cancel_drain(machines, mark).await
    }

    async fn worker_token(&self, lifetime: Duration) -> Result<Option<SecretString>, SourceError> {
        self.source.worker_token(lifetime).await
    }

    async fn forget(&self, machines: &[MachineId]) -> Result<(), SourceError> {
        self.source.forget(machines).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that gives each reading of a list once.
    struct Scripted(Mutex<Vec<WorkReading>>);

    #[async_trait]
    impl WorkSource for Scripted {
        fn label(&self) -> String {
            "a script".to_owned()
        }

        async fn read(&self, _wants: Wants, _now: Seconds) -> WorkReading {
            self.0.lock().unwrap().remove(0)
        }

        fn has_pool(&self) -> bool {
            true
        }
    }

    fn demand(waiting: u64) -> Reading<Demand> {
        Reading::Fresh { value: Demand { waiting, unservable: 0 } }
    }

    fn failed<T>(reason: &str) -> Reading<T> {
        Reading::Failed { reason: reason.to_owned() }
    }

    #[tokio::test]
    async fn a_failure_is_stale_as_soon_as_there_was_a_value() {
        let script = [
            WorkReading { demand: failed("down"), ..WorkReading::default() },
            WorkReading { demand: demand(7), pool: failed("down"), ..WorkReading::default() },
            WorkReading { demand: failed("gone"), pool: failed("gone"), ..WorkReading::default() },
            WorkReading::default(),
            WorkReading { demand: failed("gone"), ..WorkReading::default() },
            WorkReading { demand: demand(0), ..WorkReading::default() },
            WorkReading { demand: failed("again"), ..WorkReading::default() },
        ];
        let source = LastKnown::new(Arc::new(Scripted(Mutex::new(script.into()))));
        let wants = Wants { demand: true, pool: true, ..Wants::default() };
        assert!(source.has_pool());
        assert_eq!(source.read(wants, 100).await.demand, failed("down"));
        let second = source.read(wants, 110).await;
        assert_eq!((second.demand, second.pool), (demand(7), failed("down")));
        let third = source.read(wants, 125).await;
        let stale = |waiting, age| Reading::Stale { value: Demand { waiting, unservable: 0 }, age };
        assert_eq!((third.demand, third.pool), (stale(7, 15), failed("gone")));
        assert_eq!(third.remarks, ["gone"]);
        assert_eq!(source.read(wants, 130).await.demand, Reading::Unread);
        assert_eq!(source.read(wants, 140).await.demand, stale(7, 30));
        assert_eq!(source.read(wants, 150).await.demand, demand(0));
        // The clock was set back.
        assert_eq!(source.read(wants, 90).await.demand, stale(0, 0));
    }
}
