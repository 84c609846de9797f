use serde::{Deserialize, Serialize};

use super::super::seconds::Seconds;

/// Settings of the elastiq engine: `elastiq.conf`'s sections `elastiq` and `quota`, times in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ElastiqConfig {
    /// Time between two looks at the queue (`check_queue_every_s`).
    pub queue_every: Seconds,
    /// Time between two looks at the pool (`check_vms_every_s`).
    pub machines_every: Seconds,
    /// Time between two looks for failed machines (`check_vms_in_error_every_s`).
    pub errors_every: Seconds,
    /// Number of waiting jobs from which the fleet grows (`waiting_jobs_threshold`); at least one job in any case.
    pub waiting_threshold: i64,
    /// Time that so many jobs must have waited (`waiting_jobs_time_s`).
    pub waiting_time: Seconds,
    /// Number of jobs that one machine takes (`n_jobs_per_vm`).
    pub jobs_per_machine: i64,
    /// Time without a job after which a machine is ended (`idle_for_time_s`).
    pub idle_for: Seconds,
    /// Time in which a launched machine should join the pool (`estimated_vm_deploy_time_s`).
    pub deploy_time: Seconds,
    /// Minimum number of machines in the pool (`min_vms`).
    pub minimum: i64,
    /// Maximum number of own machines (`max_vms`). Below 1: no limit, unless the protection says otherwise.
    pub maximum: i64,
}

impl Default for ElastiqConfig {
    fn default() -> ElastiqConfig {
        ElastiqConfig {
            queue_every: 15,
            machines_every: 45,
            errors_every: 20,
            waiting_threshold: 0,
            waiting_time: 40,
            jobs_per_machine: 4,
            idle_for: 3600,
            deploy_time: 600,
            minimum: 0,
            maximum: 3,
        }
    }
}
