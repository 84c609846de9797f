//! Annexes whose jobs are in a queue that is not their user's: one elsewhere, and one of another pool.

use hoist_test_support::judges::said;
use serde_json::Value;

use crate::annex_tokens::machine::Machine;

/// The configuration of somebody who has HTCondor's programs, a token, and no pool.
const NO_POOL: &str = "COLLECTOR_HOST = 127.0.0.9:9\nSEC_CLIENT_AUTHENTICATION_METHODS = IDTOKENS\n";

/// A job that tells where it runs.
const JOB: &str = "executable = job.sh\narguments = $$(HoistInstance)\nshould_transfer_files = YES\nrequest_disk = 16\n\
                   request_memory = 16\noutput = job.out\nerror = job.err\nlog = job.log\nqueue";

/// Another pool of the same machine, which owns a queue and no machines: with the packages' security, and a key of its
/// own. It flocks as the documentation says, but for where it is.
const OTHER_POOL: &str = r#"set -e
cp -r /etc/condor /etc/other
rm -f /etc/other/passwords.d/* /etc/other/tokens.d/* /etc/other/config.d/95-lab.config
sed -i 's,/etc/condor,/etc/other,g' /etc/other/condor_config /etc/other/config.d/*
cat > /etc/other/config.d/95-lab.config << END
DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD
LOCAL_DIR = /var/lib/other
LOG = /var/log/other
LOCK = /var/lock/other
RUN = /run/other
SPOOL = /var/lib/other/spool
EXECUTE = /var/lib/other/execute
CONDOR_HOST = $other
NETWORK_INTERFACE = $other
BIND_ALL_INTERFACES = False
ENABLE_IPV6 = False
SCHEDD_NAME = other
TRUST_DOMAIN = other
SEC_PASSWORD_DIRECTORY = /etc/other/passwords.d
SEC_TOKEN_POOL_SIGNING_KEY_FILE = /etc/other/passwords.d/POOL
SEC_TOKEN_SYSTEM_DIRECTORY = /etc/other/tokens.d
SCHEDD_INTERVAL = 2
SCHEDD_MIN_INTERVAL = 1
FLOCK_INCREMENT = 1
FLOCK_TO = $manager
END
mkdir -p /var/lib/other/spool /var/lib/other/execute /var/log/other /var/lock/other /run/other
chown -R condor: /var/lib/other /var/log/other /var/lock/other /run/other
(umask 077; condor_token_create -key POOL -identity condor@$(condor_config_val TRUST_DOMAIN) -authz ADVERTISE_SCHEDD -authz READ > /etc/other/tokens.d/flock)
CONDOR_CONFIG=/etc/other/condor_config condor_master 3<&-
"#;

/// What a command of hoist's says in JSON, as somebody with this configuration of HTCondor's runs it.
fn asked(machine: &Machine, config: &str, command: &str) -> Value {
    let output = machine.output("admin", &format!("export CONDOR_CONFIG={config}; hoist annex {command} -o json"));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{command}: {}", said(&output)))
}

/// What a command of hoist's says, and its exit code, as the user runs it with this configuration of HTCondor's.
fn ran(machine: &Machine, config: &str, command: &str) -> (String, i32) {
    let output = machine.output("admin", &format!("export CONDOR_CONFIG={config}; hoist annex {command}"));
    (said(&output), output.status.code().unwrap())
}

#[test]
fn jobs_of_a_queue_elsewhere_flock_to_the_annex() {
    let Some(machine) = Machine::start() else { return };
    machine.make_token("given", "-lifetime 7200");
    let joining = machine.joining();
    machine.hoist(&format!("create far --lease 1h --token-file given --wait pool {joining}"), 0);
    let other = hoist_test_support::loopback::next_address();
    machine.must("root", &format!("other={other} manager={}; {OTHER_POOL}", machine.manager));
    let config = "/etc/other/condor_config";
    let theirs = format!("export CONDOR_CONFIG={config};");
    let mut queue = String::new();
    machine.until("the other pool is up", || {
        let listed = machine.run("admin", &format!("{theirs} condor_status -schedd -af Name"));
        queue = listed.unwrap_or_default().trim().to_owned();
        !queue.is_empty()
    });
    machine.note("the other pool is up");
    machine.write("job.sh", "#!/bin/sh\necho \"ran in $1\"");
    machine.must("admin", "chmod +x job.sh");
    machine.write("far.sub", JOB);
    let there = format!("ran in {}", machine.instances("far")[0]);

    // Whoever is where that queue is submits to it as ever.
    let jobs = asked(&machine, config, "submit far.sub --annex far --yes");
    let cluster = jobs["clusters"][0]["cluster"].as_u64().unwrap_or_else(|| panic!("{jobs}"));
    machine.until("the job is done", || {
        machine.must("admin", &format!("{theirs} condor_q {cluster} -af JobStatus")).trim().is_empty()
    });
    assert_eq!(machine.must("admin", "cat job.out").trim(), there);
    let whose = machine.must("admin", &format!("{theirs} condor_history {cluster} -af TargetAnnexName NumJobStarts"));
    assert_eq!(whose.trim(), "far 1");
    machine.note("its job has flocked");
    whoever_has_a_token_submits_from_elsewhere(&machine, &format!("--schedd {queue}@{other}"), &there);
    machine.hoist("delete far --yes", 0);
}

/// The user owns no pool and no queue here: HTCondor's programs, and a token for that queue.
fn whoever_has_a_token_submits_from_elsewhere(machine: &Machine, schedd: &str, there: &str) {
    machine.write("none.conf", NO_POOL);
    let config = "$HOME/none.conf";
    let submit = |file: &str, more: &str| ran(machine, config, &format!("submit {file} --yes {more}"));
    // Without a token nobody is anybody, which is told before an annex is made.
    let make = format!("--annex new --token-file given {} {schedd}", machine.joining().replace("--yes", ""));
    let (told, code) = submit("far.sub", &make);
    assert!(code == 1 && told.contains("for the right to submit") && told.contains("ALLOW_WRITE"), "{code}: {told}");
    assert!(!machine.hoist("list", 0).contains("new"), "nothing is made");
    machine.must(
        "root",
        "export CONDOR_CONFIG=/etc/other/condor_config; umask 077; mkdir -p /home/admin/.condor/tokens.d; \
         condor_token_create -key POOL -identity admin@other -authz READ -authz WRITE > /home/admin/.condor/tokens.d/mine; \
         chown -R admin: /home/admin/.condor",
    );
    let (told, code) = submit("far.sub", &format!("--annex far {}", schedd.replace("other@", "nowhere@")));
    assert!(code != 0 && told.contains("nowhere@"), "{code}: {told}");
    machine.write("one.dag", "JOB A far.sub\n");
    let (told, code) = submit("one.dag", &format!("--annex far {schedd}"));
    assert!(code == 64 && told.contains("a DAG cannot be handed over"), "{code}: {told}");
    let (told, code) = submit("far.sub", &format!("--annex far {schedd} -- -interactive"));
    assert!(code == 64 && told.contains("an interactive job cannot be handed over"), "{code}: {told}");

    machine.must("admin", "rm -f job.out");
    let (told, code) = submit("far.sub", &format!("--annex far {schedd}"));
    assert!(code == 0, "{told}");
    let cluster =
        told.split_once("as cluster ").unwrap_or_else(|| panic!("{told}")).1.lines().next().unwrap().to_owned();
    let fetch = told.split_once("when they have ended, ").unwrap_or_else(|| panic!("{told}")).1;
    let fetch = fetch.split_once(" fetches").unwrap().0.to_owned();
    let queued = "export CONDOR_CONFIG=/etc/other/condor_config; condor_q";
    machine.until("it is done", || {
        machine.must("admin", &format!("{queued} {cluster} -af JobStatus TargetAnnexName")).trim() == "4 far"
    });
    machine.must("admin", &format!("export CONDOR_CONFIG={config}; {fetch}"));
    assert_eq!(machine.must("admin", "cat job.out").trim(), there);
    machine.note("a job was handed over, and what it made is back");

    // What can never run is told, counted and removed there as here.
    machine.write("large.sub", &JOB.replace("request_memory = 16", "request_memory = 900GB"));
    let (told, code) = submit("large.sub", &format!("--annex far {schedd}"));
    assert!(code == 5 && told.contains("TARGET.Memory >= RequestMemory"), "{code}: {told}");
    let (told, code) = submit("large.sub", &format!("--annex far {schedd} --force"));
    assert_eq!(code, 0, "{told}");
    machine.until("its files are there", || {
        asked(machine, config, &format!("status far {schedd}"))["jobs"]["never"][0]["count"] == 1
    });
    let listed = asked(machine, config, &format!("list --jobs {schedd}"));
    assert_eq!((&listed["annexes"][0]["annex"], &listed["annexes"][0]["idle"]), (&"far".into(), &1.into()), "{listed}");
    let released = asked(machine, config, &format!("release-jobs far {schedd} --yes"));
    assert_eq!(released["freed"], 1, "{released}");

    // Whose jobs they are there is known before, too.
    machine.hoist(&format!("create others --owner guest --lease 1h --token-file given {}", machine.joining()), 0);
    let (told, code) = submit("far.sub", &format!("--annex others {schedd}"));
    assert!(code == 5 && told.contains("are admin's") && told.contains("--owner admin"), "{code}: {told}");
    machine.hoist("delete others --yes", 0);
}
