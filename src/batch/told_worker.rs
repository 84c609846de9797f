use jiff::Timestamp;

use crate::elastic::engine::{Host, MachineId};

/// A worker as its server tells of it, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct ToldWorker {
    /// Its name at the server: the identity of its machine.
    pub id: MachineId,
    /// The server's own word for its state, or `idle`, `busy` or `silent`.
    pub state: String,
    /// Whether it has no job, and the server hears of it.
    pub idle: bool,
    /// Whether it is given jobs.
    pub active: bool,
    /// The address from which it asks for work.
    pub address: Option<String>,
    /// The number of the job that it had last.
    pub last_job: Option<i64>,
    /// When it last asked.
    pub pinged_at: Option<Timestamp>,
    /// Number of jobs that it finished.
    pub finished: Option<u64>,
    /// Number of jobs that failed on it.
    pub failed: Option<u64>,
}

impl ToldWorker {
    /// Creates what a host tells: whether it is busy.
    pub(super) fn of_host(host: &Host) -> Self {
        let state = match host {
            Host { silent: true, .. } => "silent",
            Host { busy: 0, .. } => "idle",
            _ => "busy",
        };
        Self {
            id: host.id.clone(),
            state: state.to_owned(),
            idle: state == "idle",
            active: true,
            address: None,
            last_job: None,
            pinged_at: None,
            finished: None,
            failed: None,
        }
    }
}
