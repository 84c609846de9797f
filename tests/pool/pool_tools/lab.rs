//! The pool as hoist sees it.

use hoist::annex::AnnexId;
use hoist::batch::htcondor::HTCondor;

use hoist_test_support::condor_pool;

pub(crate) use hoist_test_support::condor_pool::{Machine, manager, programs};

/// HTCondor as a user of a machine has it there.
pub(crate) fn condor(machine: &Machine, user: &str) -> HTCondor {
    HTCondor::new(None).with_search_path(machine.programs_of(user).into_os_string())
}

/// A machine of an annex, in the pool of `manager`.
pub(crate) fn worker(manager: &Machine, annex: &AnnexId, instance: &str) -> Machine {
    condor_pool::worker(manager, (annex.name.as_str(), &annex.tag()), instance)
}

/// The same, whose master has not told the pool whose it is.
pub(crate) fn worker_with_silent_master(manager: &Machine, annex: &AnnexId, instance: &str) -> Machine {
    condor_pool::worker_with_silent_master(manager, (annex.name.as_str(), &annex.tag()), instance)
}

/// An annex that no other test has.
pub(crate) fn annex(name: &str) -> AnnexId {
    AnnexId { name: name.parse().unwrap(), nonce: "0123456789ab".to_owned() }
}

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
