use serde::Deserialize;
use serde_json::{Map, Value};

use crate::elastic::engine::{ElastiqConfig, Seconds};

/// `elastiq.conf` as JSON. Sections that do not decide are passed over.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct Config {
    elastiq: Section,
    quota: Quota,
    #[serde(rename = "ec2")]
    _ec2: Map<String, Value>,
    #[serde(rename = "debug")]
    _debug: Map<String, Value>,
    #[serde(rename = "substitute")]
    _substitute: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    sleep_s: Seconds,
    check_queue_every_s: Seconds,
    check_vms_every_s: Seconds,
    check_vms_in_error_every_s: Seconds,
    waiting_jobs_threshold: i64,
    waiting_jobs_time_s: Seconds,
    n_jobs_per_vm: i64,
    idle_for_time_s: Seconds,
    estimated_vm_deploy_time_s: Seconds,
    #[serde(rename = "batch_plugin")]
    _batch_plugin: Value,
    #[serde(rename = "log_level")]
    _log_level: Value,
}

impl Default for Section {
    fn default() -> Section {
        Section {
            sleep_s: 5,
            check_queue_every_s: 15,
            check_vms_every_s: 45,
            check_vms_in_error_every_s: 20,
            waiting_jobs_threshold: 0,
            waiting_jobs_time_s: 40,
            n_jobs_per_vm: 4,
            idle_for_time_s: 3600,
            estimated_vm_deploy_time_s: 600,
            _batch_plugin: Value::Null,
            _log_level: Value::Null,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Quota {
    min_vms: i64,
    max_vms: i64,
}

impl Default for Quota {
    fn default() -> Quota {
        Quota { min_vms: 0, max_vms: 3 }
    }
}

impl Config {
    /// Returns the engine's settings.
    pub(in super::super) fn engine(&self) -> ElastiqConfig {
        ElastiqConfig {
            queue_every: self.elastiq.check_queue_every_s,
            machines_every: self.elastiq.check_vms_every_s,
            errors_every: self.elastiq.check_vms_in_error_every_s,
            waiting_threshold: self.elastiq.waiting_jobs_threshold,
            waiting_time: self.elastiq.waiting_jobs_time_s,
            jobs_per_machine: self.elastiq.n_jobs_per_vm,
            idle_for: self.elastiq.idle_for_time_s,
            deploy_time: self.elastiq.estimated_vm_deploy_time_s,
            minimum: self.quota.min_vms,
            maximum: self.quota.max_vms,
        }
    }

    /// Returns the time between two passes of the daemon, in seconds.
    pub(super) fn sleep(&self) -> Seconds {
        self.elastiq.sleep_s.max(1)
    }

    /// Returns the number of jobs that a machine is said to take.
    pub(super) fn jobs_per_machine(&self) -> u32 {
        u32::try_from(self.elastiq.n_jobs_per_vm.clamp(1, 1 << 20)).unwrap_or(1)
    }
}
