//! A pool of its own for each test, and the source that reads it.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use hoist::batch::htcondor::{HTCondor, HTCondorSource};
use hoist::batch::{WorkReading, WorkSource as _};
use hoist::elastic::engine::{JobGroup, PoolMachine, Wants};
use hoist_test_support::condor_pool::{Machine, member, own_manager};

use crate::pool_tools::lab::block_on;

/// The mark of the drains of the scaler in these tests.
pub(crate) const MARK: &str = "hoist fleet of \"tests\"";

pub(crate) const JOBS: Wants = Wants { demand: true, machines: false, pool: false, groups: true, slots: false };
pub(crate) const MACHINES: Wants = Wants { demand: false, machines: false, pool: true, groups: false, slots: true };
pub(crate) const ALL: Wants = Wants { demand: true, machines: false, pool: true, groups: true, slots: true };

/// A manager, and the source as its user `admin` has it.
pub(crate) struct Pool {
    pub(crate) manager: Machine,
    pub(crate) source: HTCondorSource,
}

impl Pool {
    pub(crate) fn start() -> Option<Self> {
        let manager = own_manager("")?;
        let source = source_of(&manager, "admin");
        Some(Self { manager, source })
    }

    pub(crate) fn read(&self, wants: Wants) -> WorkReading {
        block_on(self.source.read(wants, now()))
    }

    /// The groups of jobs, which must be told.
    #[track_caller]
    pub(crate) fn groups(&self) -> Vec<JobGroup> {
        let reading = self.read(JOBS);
        reading.groups.fresh().unwrap_or_else(|| panic!("{reading:?}")).clone()
    }

    /// The machine of this identity, if the pool tells its machines and has it.
    pub(crate) fn machine(&self, id: &str) -> Option<PoolMachine> {
        self.read(MACHINES).slots.fresh()?.iter().find(|machine| machine.id.as_str() == id).cloned()
    }

    /// Submits jobs; returns the cluster of the first.
    pub(crate) fn submit(&self, text: &str) -> String {
        submit(&self.manager, text)
    }

    /// Waits until the machine is as it should be.
    #[track_caller]
    pub(crate) fn until_machine(&self, id: &str, what: &str, mut is: impl FnMut(&PoolMachine) -> bool) {
        self.manager.until(what, || self.machine(id).is_some_and(|machine| is(&machine)));
    }

    /// A worker with one partitionable slot of two processors, once it is in the pool.
    pub(crate) fn worker(&self, id: &str, more: &str) -> Machine {
        let slot = "NUM_SLOTS = 1\nNUM_SLOTS_TYPE_1 = 1\nSLOT_TYPE_1 = 100%\nSLOT_TYPE_1_PARTITIONABLE = True";
        self.worker_with_slots(id, &format!("{slot}\n{more}"))
    }

    /// A worker with slots that `more` configures, once it is in the pool.
    pub(crate) fn worker_with_slots(&self, id: &str, more: &str) -> Machine {
        let worker = member(&self.manager, &worker_config(id, more));
        self.until_machine(id, "the worker is in the pool", |machine| !machine.slots.is_empty());
        self.manager.until("its master is, too", || {
            let command = format!("condor_status -master -af Name -constraint 'HoistInstance == \"{id}\"'");
            self.manager.run("admin", &command).is_ok_and(|said| !said.trim().is_empty())
        });
        worker
    }
}

/// The source as a user of the manager has it.
pub(crate) fn source_of(manager: &Machine, user: &str) -> HTCondorSource {
    let pool = HTCondor::new(None).with_search_path(manager.programs_of(user).into_os_string());
    HTCondorSource::new(pool).with_mark(MARK)
}

/// The configuration of a worker with this identity.
pub(crate) fn worker_config(id: &str, more: &str) -> String {
    format!(
        "DAEMON_LIST = MASTER STARTD\nNUM_CPUS = 2\nSTART = True\nHoistInstance = \"{id}\"\n\
         STARTD_ATTRS = $(STARTD_ATTRS) HoistInstance\nMASTER_ATTRS = $(MASTER_ATTRS) HoistInstance\n{more}\n"
    )
}

/// Submits jobs to the queue of a machine; returns the cluster of the first.
pub(crate) fn submit(machine: &Machine, text: &str) -> String {
    let common = "executable = /bin/sh\ntransfer_executable = False\nrequest_disk = 16\n";
    machine.write(Path::new("/home/admin/job.sub"), &format!("{common}{text}"));
    let said = machine.must("admin", "condor_submit -terse /home/admin/job.sub");
    said.split('.').next().unwrap().trim().to_owned()
}

pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}
