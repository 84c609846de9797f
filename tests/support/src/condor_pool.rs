//! A pool: a manager with a queue, and machines of annexes, each a Debian 13 in namespaces of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use crate::contained::{Contained, Seed};
use crate::debian::debian;
use crate::judges::said;
use crate::loopback::next_address;
use crate::skip::skip;

/// The longest that anything takes, on a machine that others use too.
const LONGEST: Duration = Duration::from_secs(300);

/// HTCondor's programs that hoist runs.
const PROGRAMS: [&str; 10] = [
    "condor_status",
    "condor_advertise",
    "condor_off",
    "condor_submit",
    "condor_q",
    "condor_history",
    "condor_config_val",
    "condor_drain",
    "condor_token_create",
    "condor_token_fetch",
];

/// The key that signs the pool's tokens.
const KEY: &[u8] = b"a key of the tests, and of nothing else";

/// Makes who may do what a member by a token, starts HTCondor, and goes when the test's process does.
const START: &str = "\
exec chroot . sh -c '
umask 077
mkdir -p /etc/condor/tokens.d
condor_token_create -key POOL -identity condor@lab > /etc/condor/tokens.d/pool
mkdir -p /home/admin/.condor/tokens.d
condor_token_create -key POOL -identity admin@lab > /home/admin/.condor/tokens.d/pool
chown -R admin: /home/admin/.condor
umask 022
condor_master 3<&-
touch /run/started
read -r _ <&3
'
";

/// What all machines are configured with.
fn config(manager: &str, address: &str) -> String {
    format!(
        "CONDOR_HOST = {manager}\nNETWORK_INTERFACE = {address}\nBIND_ALL_INTERFACES = False\nENABLE_IPV6 = False\nNO_DNS = True\n\
         DEFAULT_DOMAIN_NAME = lab\nUID_DOMAIN = lab\nTRUST_DOMAIN = lab\nFILESYSTEM_DOMAIN = {address}\n\
         SEC_DEFAULT_AUTHENTICATION = REQUIRED\nSEC_CLIENT_AUTHENTICATION = REQUIRED\nSEC_READ_AUTHENTICATION = REQUIRED\n\
         SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS\nSEC_CLIENT_AUTHENTICATION_METHODS = FS, IDTOKENS\n\
         SEC_READ_AUTHENTICATION_METHODS = FS, IDTOKENS\n\
         ALLOW_READ = *@lab\nALLOW_WRITE = *@lab\nALLOW_DAEMON = condor@lab admin@lab\nALLOW_NEGOTIATOR = condor@lab\n\
         ALLOW_ADMINISTRATOR = condor@lab admin@lab\nSTARTER_ALLOW_RUNAS_OWNER = False\n\
         UPDATE_INTERVAL = 2\nMASTER_UPDATE_INTERVAL = 2\nPOLLING_INTERVAL = 1\n"
    )
}

/// A machine of the pool.
pub struct Machine {
    contained: Contained,
    tools: tempfile::TempDir,
    pub address: String,
}

impl Machine {
    fn start(manager: Option<&str>, more: &str) -> Option<Self> {
        let debian = match debian() {
            Ok(debian) => debian,
            Err(why) => {
                skip(why);
                return None;
            }
        };
        let address = next_address().to_string();
        let seed = Seed::new("hoist-pool-tools-", &address);
        let config = config(manager.unwrap_or(&address), &address) + more;
        seed.put("etc/condor/config.d/95-lab.config", config.as_bytes(), 0o644);
        seed.put("etc/condor/passwords.d/POOL", KEY, 0o600);
        // Mounts of one directory made read-only at once are in each other's way.
        static STARTING: Mutex<()> = Mutex::new(());
        let starting = STARTING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let contained = seed.start(debian, START);
        let machine = Self { contained, tools: tempfile::tempdir().unwrap(), address };
        machine.until("it starts", || machine.run("root", "test -e /run/started").is_ok());
        drop(starting);
        Some(machine)
    }

    /// What a command prints, or all that it said when it failed.
    pub fn run(&self, user: &str, command: &str) -> Result<String, String> {
        let output = self.contained.run(user, command).ok_or("it has not started")?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(said(&output))
        }
    }

    /// The same, where it must not fail.
    #[track_caller]
    pub fn must(&self, user: &str, command: &str) -> String {
        self.run(user, command).unwrap_or_else(|said| panic!("{command}: {said}\n{}", self.logs()))
    }

    fn logs(&self) -> String {
        let logs = "condor_status -any 2>&1; condor_q -all -analyze 2>&1; tail -n 15 /var/log/condor/*Log";
        format!("{}\n{}", self.contained.console(), self.run("root", logs).unwrap_or_else(|said| said))
    }

    /// Asks again and again.
    #[track_caller]
    pub fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < LONGEST, "{}: {what}, but not in time\n{}", self.address, self.logs());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// A directory whose programs are HTCondor's on this machine, as one of its users runs them.
    pub fn programs_of(&self, user: &str) -> PathBuf {
        programs(self.tools.path(), &self.contained.enter(user).unwrap(), user)
    }

    /// Writes a file of `admin`'s there.
    pub fn write(&self, path: &Path, text: &str) {
        assert!(!text.contains("END OF FILE"));
        self.must("admin", &format!("cat > '{}' << 'END OF FILE'\n{text}\nEND OF FILE", path.display()));
    }
}

/// A directory below `tools` whose programs are HTCondor's where these words let a user in.
pub fn programs(tools: &Path, enter: &[String], user: &str) -> PathBuf {
    let directory = tools.join(user);
    // Tests of one process share them.
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if !directory.exists() {
        fs::create_dir(&directory).unwrap();
        let words: Vec<String> = enter.iter().map(|word| format!("'{word}'")).collect();
        for program in PROGRAMS {
            let script = format!("#!/bin/sh\nexec {} env HOME=/home/{user} {program} \"$@\"\n", words.join(" "));
            fs::write(directory.join(program), script).unwrap();
            fs::set_permissions(directory.join(program), fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    directory
}

/// The manager of those tests of this process that run at once; it goes with the last of them.
pub fn manager() -> Option<Arc<Machine>> {
    static MANAGER: Mutex<Weak<Machine>> = Mutex::new(Weak::new());
    let mut known = MANAGER.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(running) = known.upgrade() {
        return Some(running);
    }
    let machine = Arc::new(own_manager("")?);
    *known = Arc::downgrade(&machine);
    Some(machine)
}

/// A manager with a queue that no other test shares, configured further with `more`.
pub fn own_manager(more: &str) -> Option<Machine> {
    let config = "DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD\nNEGOTIATOR_INTERVAL = 2\nNEGOTIATOR_CYCLE_DELAY = 1\n\
                  NEGOTIATOR_MIN_INTERVAL = 1\nSCHEDD_INTERVAL = 2\nSCHEDD_MIN_INTERVAL = 1\n\
                  APPEND_REQUIREMENTS = (TARGET.Cpus > 0)\n";
    let machine = Machine::start(None, &format!("{config}{more}"))?;
    machine.until("the queue is in the pool", || {
        machine.run("admin", "condor_status -schedd -af Name").is_ok_and(|said| !said.trim().is_empty())
    });
    Some(machine)
}

/// A machine in the pool of `manager` with this configuration.
pub fn member(manager: &Machine, config: &str) -> Machine {
    Machine::start(Some(&manager.address), config).unwrap()
}

/// A machine of the annex of this name and tag, in the pool of `manager`. What it says of its slot is the same at any moment.
pub fn worker(manager: &Machine, annex: (&str, &str), instance: &str) -> Machine {
    let masters = "MASTER_ATTRS = $(MASTER_ATTRS) AnnexName HoistAnnex HoistInstance\n";
    let machine = start_worker(manager, annex, instance, masters);
    machine.until("it is in the pool", || is_known(manager, "", instance) && is_known(manager, "-master", instance));
    machine
}

/// The same, whose master has not told the pool whose it is.
pub fn worker_with_silent_master(manager: &Machine, annex: (&str, &str), instance: &str) -> Machine {
    let machine = start_worker(manager, annex, instance, "");
    machine.until("its slots are in the pool", || is_known(manager, "", instance));
    machine
}

/// Whether the collector has an ad of the instance, of this kind.
fn is_known(manager: &Machine, kind: &str, instance: &str) -> bool {
    let command = format!("condor_status {kind} -af Name -constraint 'HoistInstance == \"{instance}\"'");
    manager.run("admin", &command).is_ok_and(|said| !said.trim().is_empty())
}

fn start_worker(manager: &Machine, (name, tag): (&str, &str), instance: &str, masters: &str) -> Machine {
    let more = format!(
        "DAEMON_LIST = MASTER STARTD\nNUM_CPUS = 2\nNUM_SLOTS = 1\nNUM_SLOTS_TYPE_1 = 1\nSLOT_TYPE_1 = 100%\n\
         SLOT_TYPE_1_PARTITIONABLE = True\nSTART = True\nAnnexName = \"{name}\"\nHoistAnnex = \"{tag}\"\nHoistInstance = \"{instance}\"\n\
         STARTD_ATTRS = $(STARTD_ATTRS) AnnexName HoistAnnex HoistInstance\n{masters}"
    );
    Machine::start(Some(&manager.address), &more).unwrap()
}
