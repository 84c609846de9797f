//! A central manager and a worker as the templates set them up form a pool that runs a job.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::builtins::rendered::{render, values};
use crate::master::leases;
use hoist_test_support::cloud_machine::{Machine, addresses};

/// The pool's password in these tests.
const PASSWORD: &str = "a \"pool's\" $password \\ with `everything` {{x}} %d";

/// What of it can be found in the middle of other text.
const TRACE: &str = "with `everything`";

/// The longest that two machines may take to find each other and a job to end.
const LONGEST: Duration = Duration::from_secs(300);

const JOB: &str = "\
executable = /bin/hostname
transfer_executable = False
should_transfer_files = YES
output = job.out
error = job.err
log = job.log
request_cpus = 1
request_memory = 64MB
request_disk = 16MB
queue
";

struct Pool {
    manager: Machine,
    worker: Machine,
}

/// A pool of machines that call themselves `os`; what they run on is Debian 13, which has HTCondor already.
fn pool(os: &str) -> Option<Pool> {
    pool_with(os, json!({"slots": 2}), &[])
}

/// The same with further values and files of the worker.
fn pool_with(os: &str, of_worker: serde_json::Value, files: &[(&str, &[u8], u32)]) -> Option<Pool> {
    let [manager, worker] = addresses::<2>();
    let start = |template: &str, address: &str, more: serde_json::Value, files: &[(&str, &[u8], u32)]| {
        let given = json!({
            "os": os, "pool": "hoist.test", "manager": manager, "pool_password": PASSWORD, "network_interface": address,
            "htcondor_series": "24.x"
        });
        Machine::start(address, render(template, &values(&[&given, &more])), files)
    };
    let pool = Pool {
        manager: start("htcondor-central-manager", &manager, json!({}), &[])?,
        worker: start("htcondor-worker", &worker, of_worker, files)?,
    };
    pool.manager.booted();
    pool.worker.booted();
    Some(pool)
}

impl Pool {
    /// Waits until the slots of the worker are in the pool; returns the worker's name.
    fn knows_its_worker(&self) -> String {
        let Self { manager, worker } = self;
        let name = format!("i-ip-{}", worker.address.replace('.', "-"));
        let slots = || manager.as_user("admin", "condor_status -af HoistInstance Cpus");
        let began = Instant::now();
        while slots().is_ok_and(|told| told.matches(&name).count() != 2) && began.elapsed() < LONGEST {
            std::thread::sleep(Duration::from_millis(200));
        }
        let told = slots().unwrap_or_else(|said| said);
        assert_eq!(told.matches(&name).count(), 2, "{told}\n{}\n{}", manager.logs(), worker.logs());
        name
    }

    fn runs_a_job(&self) {
        let manager = &self.manager;
        let name = self.knows_its_worker();
        manager.root(&format!("printf '%s' '{JOB}' > /home/admin/job.sub"));
        manager.as_user("admin", "condor_submit -terse job.sub").unwrap();
        let ended = manager.as_user("admin", &format!("condor_wait -wait {} job.log", LONGEST.as_secs()));
        assert!(ended.is_ok(), "{ended:?} {} {}", manager.logs(), self.worker.logs());
        let printed = manager.as_user("admin", "cat job.out job.err").unwrap();
        assert_eq!(printed.trim(), name.trim_start_matches("i-"), "it ran on the worker");
    }

    /// What HTCondor makes of the configuration that was rendered.
    fn reads_its_configuration(&self) {
        for (machine, daemons) in
            [(&self.manager, "MASTER COLLECTOR NEGOTIATOR SCHEDD"), (&self.worker, "MASTER STARTD")]
        {
            let dump = machine.root("condor_config_val -dump");
            for (name, value) in [
                ("UID_DOMAIN", "hoist.test"),
                ("CONDOR_HOST", &self.manager.address),
                ("NETWORK_INTERFACE", &machine.address),
                ("DAEMON_LIST", daemons),
                ("SEC_DEFAULT_ENCRYPTION", "REQUIRED"),
            ] {
                let line = format!("{name} = {value}");
                assert!(dump.lines().any(|one| one == line), "{line}\n{dump}");
            }
            assert!(!dump.contains(TRACE));
            let read = machine.root("condor_config_val -config");
            assert!(read.contains("/etc/condor/config.d/50-hoist.config"), "{read}");
        }
    }
}

#[test]
fn a_pool_with_tokens_runs_a_job_and_only_its_manager_keeps_the_key() {
    let Some(pool) = pool("debian-13") else { return };
    pool.reads_its_configuration();
    pool.runs_a_job();
    assert_eq!(pool.manager.root("ls /etc/condor/passwords.d"), "POOL\n");
    assert_eq!(pool.worker.root("ls /etc/condor/passwords.d"), "");
    // Nobody on either machine may do what takes the password.
    let ping = |machine: &Machine, user: &str| {
        let queue = pool.manager.as_user("admin", "condor_status -schedd -af MyAddress").unwrap();
        let ping =
            format!("condor_ping -address '{}' -type SCHEDD -table READ WRITE DAEMON ADMINISTRATOR || :", queue.trim());
        let table = machine.as_user(user, &ping).unwrap();
        let allowed = table.lines().filter(|line| line.contains(" ALLOW "));
        allowed.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ping(&pool.worker, "root"), ["READ"]);
    assert_eq!(ping(&pool.manager, "admin"), ["READ", "WRITE"]);
    assert_eq!(ping(&pool.manager, "root"), ["READ", "WRITE", "DAEMON", "ADMINISTRATOR"]);
    for machine in [&pool.manager, &pool.worker] {
        // cloud-init keeps the user data, as root's; nothing else has the password.
        let found = machine.root(&format!("grep -rlF '{TRACE}' /etc /home /root /run /tmp /var || :"));
        let strange: Vec<&str> = found.lines().filter(|file| !file.contains("cloud")).collect();
        assert_eq!(strange, [""; 0], "{found}");
        // Running it again changes nothing.
        let role = if machine.address == pool.manager.address { "manager" } else { "worker" };
        machine.root(&format!("bash /var/lib/hoist/htcondor.sh {role} hoist.test ''"));
    }
    assert_eq!(pool.worker.root("ls /etc/condor/passwords.d"), "");
}

#[test]
fn a_pool_with_passwords_runs_a_job() {
    let Some(pool) = pool("ucernvm") else { return };
    pool.reads_its_configuration();
    pool.runs_a_job();
}

/// What a worker with a lease is turned off with.
const POWEROFF: (&str, &[u8], u32) = ("usr/local/sbin/poweroff", b"#!/bin/sh\ntouch /run/off\n", 0o755);

#[test]
fn a_worker_that_keeps_the_password_ends_by_its_lease() {
    let with_lease = json!({"slots": 2, "grace": "600", "noclaim_shutdown": 7200});
    let Some(pool) = pool_with("ucernvm", with_lease, &[POWEROFF]) else { return };
    pool.knows_its_worker();
    leases::jobs_end_before_their_worker_does(&pool.manager, &pool.worker);
}

/// The `condor_drain` of HTCondor 8, which knows no such end.
const OLD_DRAIN: &[u8] = b"#!/bin/sh
case \" $* \" in
*' -exit-on-completion '*) echo \"$0: unknown option\" >&2; exit 1 ;;
esac
exec /usr/bin/condor_drain \"$@\"
";

#[test]
fn with_an_old_htcondor_a_worker_ends_by_its_lease_too() {
    let drain = ("usr/local/bin/condor_drain", OLD_DRAIN, 0o755);
    let with_lease = json!({"slots": 2, "grace": "600", "noclaim_shutdown": 7200});
    let Some(pool) = pool_with("ucernvm", with_lease, &[POWEROFF, drain]) else { return };
    pool.knows_its_worker();
    leases::the_last_job_ends_before_its_worker_does(&pool.manager, &pool.worker);
}
