//! The questions answered by ECM's `ecm.conf`.

use super::Question;

/// The keys (the guide of CloudVeneto, "The cluster configuration"), and their questions.
pub const ECM_KEYS: [(&str, Question); 6] = [
    ("FLAVOR_VMS", Question::WorkerType),
    ("MAX_VMS", Question::MaxWorkers),
    ("MIN_VMS", Question::MinWorkers),
    ("JOBS_PER_VM", Question::JobsPerWorker),
    ("IDLE_TIME", Question::IdleSeconds),
    ("KEY_NAME", Question::KeyName),
];

impl Question {
    /// Returns the key of `ecm.conf` that answers it, if any.
    pub fn ecm_key(self) -> Option<&'static str> {
        ECM_KEYS.iter().find(|(_, known)| *known == self).map(|(key, _)| *key)
    }
}
