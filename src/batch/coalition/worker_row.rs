use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;

use super::job::flag;
use crate::batch::told_worker::ToldWorker;
use crate::elastic::engine::MachineId;

/// A worker with what the server's web page shows of it (`GET /api/workers`).
#[derive(Debug, Deserialize)]
pub(super) struct WorkerRow {
    name: String,
    state: String,
    #[serde(default, deserialize_with = "flag")]
    active: bool,
    #[serde(default)]
    ip: Json,
    #[serde(default)]
    last_job: Json,
    /// Seconds since 1970.
    #[serde(default)]
    ping_time: Json,
    #[serde(default)]
    finished: Json,
    #[serde(default)]
    error: Json,
}

impl WorkerRow {
    /// Returns it for people. What the server writes in another form is unknown.
    pub(super) fn told(self) -> ToldWorker {
        let ping = self.ping_time.as_f64().filter(|ping| *ping > 0.0);
        ToldWorker {
            idle: self.state == "WAITING",
            active: self.active,
            address: self.ip.as_str().filter(|ip| !ip.is_empty()).map(str::to_owned),
            // -1: it had none.
            last_job: self.last_job.as_i64().filter(|job| *job >= 0),
            #[expect(clippy::cast_possible_truncation, reason = "seconds; a time out of range is unknown")]
            pinged_at: ping.and_then(|ping| Timestamp::from_second(ping as i64).ok()),
            finished: self.finished.as_u64(),
            failed: self.error.as_u64(),
            id: MachineId::new(self.name),
            state: self.state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_far_as_it_is_written_as_usual() {
        let read = |row: &str| serde_json::from_str::<WorkerRow>(row).unwrap().told();
        let usual = read(
            r#"{"name": "i-1", "state": "WAITING", "active": 1, "affinity": "", "ip": "10.0.0.7", "last_job": 12,
                "ping_time": 1700000000, "finished": 3, "error": 1, "cpu": "[0]"}"#,
        );
        assert_eq!((usual.idle, usual.active, usual.last_job), (true, true, Some(12)));
        assert_eq!((usual.address.as_deref(), usual.finished, usual.failed), (Some("10.0.0.7"), Some(3), Some(1)));
        assert_eq!(usual.pinged_at, Some(Timestamp::from_second(1_700_000_000).unwrap()));
        let new =
            read(r#"{"name": "i-2", "state": "TIMEOUT", "active": 0, "last_job": -1, "ping_time": null, "ip": ""}"#);
        assert_eq!((new.idle, new.active, new.last_job, new.pinged_at, new.address), (false, false, None, None, None));
    }
}
