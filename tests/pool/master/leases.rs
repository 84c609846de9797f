//! How long a worker of hoist's scaler stays: its token, and its lease.

use crate::master::runs::LONGEST;
use hoist_test_support::cloud_machine::Machine;

/// Each of the pool's slots, with its state.
const SLOTS: &str = "condor_status -af Name State Activity";

/// The scaler's user may empty the worker and nothing of the manager's; users of the pool may do neither.
pub(crate) fn scaler_has_its_rights_and_nobody_else(master: &Machine, id: &str) {
    let machine = master.root("condor_status -limit 1 -af Machine");
    let machine = machine.trim();
    let may = |user: &str, command: &str| master.as_user(user, &format!("cd / && {command}"));
    may("hoist", &format!("condor_drain -graceful {machine}")).unwrap_or_else(|said| panic!("{said}"));
    let states = || master.root("condor_status -af State | sort -u");
    master.until("it is drained", LONGEST, || states() == "Drained\n");
    may("hoist", &format!("condor_drain -cancel {machine}")).unwrap_or_else(|said| panic!("{said}"));
    master.until("it accepts jobs again", LONGEST, || states() == "Unclaimed\n");
    let forget = format!(
        "printf 'MyType = \"Query\"\\nTargetType = \"Machine\"\\nRequirements = HoistInstance == \"{id}\"\\n' | \
         condor_advertise INVALIDATE_STARTD_ADS -"
    );
    let drain = format!("condor_drain -graceful {machine}");
    let tokens = "condor_token_create -identity condor@pool.example.org";
    for (user, command) in [
        ("hoist", "condor_off -schedd"),
        ("hoist", "condor_off -master"),
        ("hoist", "cat /etc/condor/passwords.d/POOL"),
        ("hoist", tokens),
        ("admin", drain.as_str()),
        ("admin", forget.as_str()),
    ] {
        let said = may(user, command).expect_err(command);
        assert!(!said.is_empty(), "{user}: {command}");
    }
    let asks = "condor_token_request_list -type COLLECTOR -json";
    assert!(may("hoist", asks).is_ok());
    may("hoist", &forget).unwrap_or_else(|said| panic!("{said}"));
    // Its next update brings it back.
    master.until("it reports again", LONGEST, || {
        master.root("condor_status -af HoistInstance").lines().any(|line| line == id)
    });
}

/// The worker's token ends, and the worker has the next one before, with which it finds its restarted manager.
pub(crate) fn tokens_are_renewed(master: &Machine, worker: &Machine) {
    let file = "/etc/condor/tokens.d/hoist";
    let first = worker.root(&format!("sha256sum < {file}"));
    let part = |name: &str| {
        let decode = format!("cut -d. -f2 {file} | tr '_-' '/+' | base64 -d 2> /dev/null; :");
        let text = worker.root(&decode);
        let (_, from) = text.split_once(&format!("\"{name}\":")).unwrap_or_else(|| panic!("{text}"));
        from.split([',', '}']).next().unwrap().trim_matches('"').to_owned()
    };
    let (first_end, identity) = (part("exp"), part("sub"));
    assert_eq!(identity, "hoist@pool.example.org");
    // Somebody who is no worker asks for one, too, and gets none.
    let asks = "(condor_token_request -type COLLECTOR -identity condor@pool.example.org -lifetime 60 > /tmp/asked 2>&1 < /dev/null &)";
    let asked = master.as_user("admin", &format!("cd / && {asks}"));
    assert!(asked.is_ok(), "{asked:?}");
    let approve = "cd / && (setsid python3 /var/lib/hoist/approve-tokens.py > /tmp/approved 2>&1 < /dev/null &)";
    master.as_user("hoist", approve).unwrap();
    worker.until("it has the next token", LONGEST, || worker.root(&format!("sha256sum < {file}")) != first);
    assert!(part("exp") > first_end);
    assert_eq!((part("sub"), part("scope").matches("condor:").count()), (identity, 3));
    assert_eq!(worker.root(&format!("stat -c %a {file}; ls -A /etc/condor/tokens.d")), "600\nhoist\n");
    assert!(!master.root("cat /tmp/asked").contains('.'), "no token");
    // Once the first has ended, a manager that knows nobody takes the worker in again.
    let over = format!("test $(date +%s) -gt {first_end}");
    worker.until("the first token has ended", LONGEST, || worker.try_root(&over).is_ok());
    let id = format!("i-{}", worker.root("hostname").trim());
    master.root("pkill -KILL -x condor_collecto; :");
    master.until("the restarted collector knows it", LONGEST, || {
        master.try_root("condor_status -af HoistInstance").is_ok_and(|said| said.lines().any(|line| line == id))
    });
}

/// Sets the end of a worker's lease to so many seconds from now.
fn lease(worker: &Machine, seconds: i64) {
    worker
        .root(&format!("mkdir -p /run/hoist && date -u -d '{seconds} seconds' +%Y-%m-%dT%H:%M:%SZ > /run/hoist/lease"));
}

/// Submits a job of 90 seconds.
fn submit(master: &Machine) {
    let submit = "printf 'executable = /bin/sleep\\narguments = 90\\ntransfer_executable = False\\nshould_transfer_files = YES\\n\
                  request_memory = 16\\nrequest_disk = 16\\nlog = /tmp/long.log\\nqueue\\n' > /tmp/long.sub && condor_submit -terse /tmp/long.sub";
    master.as_user("admin", submit).unwrap_or_else(|said| panic!("{said}"));
}

/// The states of the jobs in the queue.
fn jobs(master: &Machine) -> String {
    master.as_user("admin", "condor_q -af JobStatus").unwrap()
}

/// In the last part of its lease a worker takes no job, takes them again if it is renewed, and goes when its jobs have.
pub(crate) fn jobs_end_before_their_worker_does(master: &Machine, worker: &Machine) {
    submit(master);
    master.until("the job runs", LONGEST, || jobs(master) == "2\n");
    let slots = |are: &str| master.root(SLOTS).contains(are);
    lease(worker, 300);
    master.until("it accepts no jobs but runs one", LONGEST, || slots(" Claimed Retiring") && !slots("Unclaimed"));
    lease(worker, 3600);
    master.until("it accepts jobs again", LONGEST, || slots(" Claimed Busy") && slots("Unclaimed Idle"));
    lease(worker, 300);
    master.until("it accepts none once more", LONGEST, || slots(" Claimed Retiring") && !slots("Unclaimed"));
    goes_with_its_job(master, worker);
}

/// The same where the end cannot be revoked.
pub(crate) fn the_last_job_ends_before_its_worker_does(master: &Machine, worker: &Machine) {
    submit(master);
    master.until("the job runs", LONGEST, || jobs(master) == "2\n");
    lease(worker, 300);
    master.until("it accepts no jobs but runs one", LONGEST, || !master.root(SLOTS).contains("Unclaimed"));
    goes_with_its_job(master, worker);
}

/// A worker that accepts no more jobs lets its job end and is turned off; what was submitted last still waits.
fn goes_with_its_job(master: &Machine, worker: &Machine) {
    submit(master);
    worker.until("the machine is turned off", LONGEST, || worker.try_root("test -e /run/off").is_ok());
    let done = master.as_user("admin", "condor_history -limit 1 -af JobStatus ExitCode NumJobStarts").unwrap();
    assert_eq!(done, "4 0 1\n", "the job ended as it would have");
    assert_eq!(jobs(master), "1\n", "and the other one waits");
    assert_eq!(worker.root("pgrep -c condor_startd || :"), "0\n");
}
