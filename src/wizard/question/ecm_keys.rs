//! The questions that ECM's `ecm.conf` answers.

use super::Question;

/// The keys (the guide of CloudVeneto, "The cluster configuration"), and what they answer.
pub const ECM_KEYS: [(&str, Question); 6] = [
    ("FLAVOR_VMS", Question::WorkerType),
    ("MAX_VMS", Question::MaxWorkers),
    ("MIN_VMS", Question::MinWorkers),
    ("JOBS_PER_VM", Question::JobsPerWorker),
    ("IDLE_TIME", Question::IdleSeconds),
    ("KEY_NAME", Question::KeyName),
];

impl Question {
    /// The key of `ecm.conf` that answers it, if there is one.
    pub fn ecm_key(self) -> Option<&'static str> {
        ECM_KEYS.iter().find(|(_, known)| *known == self).map(|(key, _)| *key)
    }
}
