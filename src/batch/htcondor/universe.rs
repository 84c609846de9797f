//! The universes of jobs.

/// The universes whose jobs run in slots (HTCondor's manual, "Job ClassAd Attributes", `JobUniverse`): vanilla with its
/// containers, java, parallel, and virtual machines. Others run beside the queue or at another site.
pub(super) const IN_SLOTS: [i64; 4] = [5, 10, 11, 13];

/// The universe of jobs without another one.
pub(super) const VANILLA: i64 = 5;

/// The universe of jobs that run on several slots at once.
pub(super) const PARALLEL: i64 = 11;

/// The universes whose jobs run beside the queue: scheduler and local.
pub(super) const BESIDE_QUEUE: [i64; 2] = [7, 12];
