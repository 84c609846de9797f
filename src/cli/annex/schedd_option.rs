//! The option for a queue elsewhere.

use clap::Args;

use crate::batch::htcondor::Schedd;

/// The queue of the jobs.
#[derive(Args, Debug, Clone)]
pub(super) struct ScheddOption {
    /// The queue with the jobs, as `condor_status -schedd` lists it, perhaps with the pool that it is in: what you may
    /// do there is what your token allows [default: the queue of HTCondor's configuration here]
    #[arg(long, value_name = "NAME[@POOL]")]
    pub(super) schedd: Option<Schedd>,
}
