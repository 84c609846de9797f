//! A machine with a pool of root's, with the packages' own security and key, and an ordinary user with hoist.

use std::io::Write as _;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::Value;

use hoist_test_support::contained::{Contained, FREQUENT, Seed};
use hoist_test_support::debian::debian;
use hoist_test_support::judges::said;
use hoist_test_support::loopback::next_address;
use hoist_test_support::place;
use hoist_test_support::skip::skip;

/// The longest that anything takes, on a machine that others use too.
const LONGEST: Duration = Duration::from_secs(300);

/// Its root is the root of its mounts, so that the kernel gives its users namespaces.
const START: &str = "mkdir run/before
pivot_root . run/before
exec chroot . sh -c 'umount -l /run/before; condor_master 3<&-; touch /run/up; read -r _ <&3; kill -KILL -1'
";

/// A machine with a pool.
pub(crate) struct Machine {
    contained: Contained,
    /// Where the pool's collector is.
    pub(crate) manager: String,
    began: Instant,
}

impl Machine {
    /// Starts it; none where that cannot be.
    pub(crate) fn start() -> Option<Self> {
        let debian = match debian() {
            Ok(debian) => debian,
            Err(why) => {
                skip(why);
                return None;
            }
        };
        let manager = next_address().to_string();
        let seed = Seed::new("hoist-annex-tokens-", &manager);
        // Of security nothing: what the packages bring is what is tried.
        let own = format!(
            "DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD\nCONDOR_HOST = {manager}\nNETWORK_INTERFACE = {manager}\n\
             BIND_ALL_INTERFACES = False\nENABLE_IPV6 = False\nNEGOTIATOR_INTERVAL = 2\nNEGOTIATOR_CYCLE_DELAY = 1\n\
             NEGOTIATOR_MIN_INTERVAL = 1\nSCHEDD_INTERVAL = 2\nSCHEDD_MIN_INTERVAL = 1\n{FREQUENT}"
        );
        seed.put("etc/condor/config.d/95-lab.config", own.as_bytes(), 0o644);
        seed.put("usr/local/bin/hoist", &std::fs::read(place::hoist()).unwrap(), 0o755);
        let machine = Self { contained: seed.start(debian, START), manager, began: Instant::now() };
        machine.until("it starts", || machine.run("root", "test -e /run/up").is_ok());
        machine.until("the pool is up", || {
            machine.run("admin", "condor_status -schedd -af Name").is_ok_and(|said| !said.trim().is_empty())
        });
        machine.write("fast.conf", FREQUENT);
        assert_eq!(machine.must("root", "condor_config_val SECURITY_MODEL").trim(), "9.0");
        machine.note("the pool is up");
        Some(machine)
    }

    /// What comes of a command of a user's.
    pub(crate) fn output(&self, user: &str, command: &str) -> Output {
        self.contained.run(user, &format!("export HOME=/home/{user}; cd && {{ {command}\n}}")).expect("it has started")
    }

    /// What a command of a user's prints, or all that it said when it failed.
    pub(crate) fn run(&self, user: &str, command: &str) -> Result<String, String> {
        let home = if user == "root" { "/root" } else { "/home/admin" };
        let output = self.contained.run(user, &format!("export HOME={home}; cd /home/admin && {{ {command}\n}}"));
        let output = output.ok_or("it has not started")?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(said(&output))
        }
    }

    /// The same, where it must not fail.
    #[track_caller]
    pub(crate) fn must(&self, user: &str, command: &str) -> String {
        self.run(user, command).unwrap_or_else(|said| panic!("{command}: {said}\n{}", self.logs()))
    }

    /// All that a command of hoist's says, which ends with this exit code.
    #[track_caller]
    pub(crate) fn hoist(&self, command: &str, code: i32) -> String {
        let output = self.output("admin", &format!("hoist annex {command}"));
        assert_eq!(output.status.code(), Some(code), "{command}: {}\n{}", said(&output), self.logs());
        said(&output)
    }

    /// The ids of an annex's instances that run, as hoist shows them.
    #[track_caller]
    pub(crate) fn instances(&self, annex: &str) -> Vec<String> {
        let output = self.output("admin", &format!("hoist annex status {annex} -o json"));
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
        let rows = shown["instances"].as_array().unwrap_or_else(|| panic!("{shown}"));
        let running = rows.iter().filter(|row| row["state"] == "running");
        running.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The same, as the pool has it.
    pub(crate) fn members(&self, annex: &str) -> Vec<String> {
        let asked = format!(
            "condor_status -constraint 'AnnexName =?= \"{annex}\" && SlotType =!= \"Dynamic\"' -af HoistInstance"
        );
        self.run("admin", &asked).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// The options with which an annex extends this pool from this machine.
    pub(crate) fn joining(&self) -> String {
        format!("--cloud local --central-manager {} --config-file fast.conf --idle 0 --yes", self.manager)
    }

    /// Does, as root, what hoist said word for word that the pool's administrator should do.
    #[track_caller]
    pub(crate) fn approve(&self, said: &str) -> String {
        let command = said.split_once("condor_token_request_approve").unwrap_or_else(|| panic!("{said}")).1;
        let command = format!("condor_token_request_approve{}", command.lines().next().unwrap());
        self.must("root", &format!("echo yes | {command}"));
        command
    }

    /// Has the collector's administrator make a token, for the user to read.
    pub(crate) fn make_token(&self, file: &str, more: &str) {
        let rights = "-authz ADVERTISE_STARTD -authz ADVERTISE_MASTER -authz READ";
        let make =
            format!("condor_token_create -key POOL -identity condor@$(condor_config_val TRUST_DOMAIN) {rights} {more}");
        self.must("root", &format!("umask 077; {make} > {file}; chown admin: {file}"));
    }

    /// Writes a file of the user's.
    pub(crate) fn write(&self, name: &str, text: &str) {
        assert!(!text.contains("END OF FILE"));
        self.must("admin", &format!("cat > '{name}' << 'END OF FILE'\n{text}\nEND OF FILE"));
    }

    /// Submits a job to an annex that runs until a file is there; its output is `job.out`.
    pub(crate) fn submit(&self, annex: &str) {
        let arguments =
            "-c 'echo begun in $$(HoistInstance); while ! test -e /home/admin/go; do sleep 0.2; done; echo done'";
        let job = format!(
            "executable = /bin/sh\narguments = \"{arguments}\"\ntransfer_executable = False\nshould_transfer_files = YES\n\
             request_disk = 16\nrequest_memory = 16\noutput = job.out\nerror = job.err\nlog = job.log\nqueue"
        );
        self.write("job.sub", &job);
        self.must("admin", "rm -f go job.log job.out job.err");
        self.hoist(&format!("submit job.sub --annex {annex} --yes"), 0);
        self.until("the job runs", || {
            self.run("admin", "condor_q -constraint 'JobStatus == 2' -af ClusterId")
                .is_ok_and(|said| !said.trim().is_empty())
        });
    }

    /// Asks again and again.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < LONGEST, "{what}, but not in time\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Says how long it took to come so far.
    pub(crate) fn note(&self, what: &str) {
        let _ = writeln!(std::io::stderr(), "{:>6.1} s  {what}", self.began.elapsed().as_secs_f64());
    }

    fn logs(&self) -> String {
        let logs = "condor_status -any 2>&1; condor_q -all -nobatch 2>&1; condor_q -all -better-analyze 2>&1 | head -40; \
                    find /home/admin -path '*/pool/log/*' -o -name console.log | xargs tail -n 40 2>&1; \
                    tail -n 40 /var/log/condor/*Log 2>&1";
        format!("{}\n{}", self.contained.console(), self.run("root", logs).unwrap_or_else(|said| said))
    }
}
