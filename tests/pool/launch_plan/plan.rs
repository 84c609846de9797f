//! The life of the pool.

use crate::launch_plan::lab::{Lab, PASSWORD, Watch, files_with};
use hoist_test_support::aws::REGION;

const BOOT: &str = "plan boot pool/htcondor-pool.toml --var key_name=mine --var key_file=../key";

/// What of the password can be found in the middle of other text.
const TRACE: &str = "with `every trace`";

#[test]
fn the_pool_runs_jobs_survives_a_lost_worker_and_goes() {
    let Some(lab) = Lab::new(|plan| plan) else { return };
    let watch = Watch::for_word(TRACE);
    let booted = lab.hoist(BOOT).exit(0);
    assert_eq!(watch.end(), Vec::<String>::new(), "the password is in command lines");
    assert!(booted.raw_stdout.starts_with("htcondor-pool is up: 4 services ready"), "{}", booted.all());
    assert_eq!(lab.machines.ids().len(), 3, "nothing is launched for the proof");

    lab.hoist("plan logs htcondor-pool").exit(0).says("a job ran on worker-0").says("a job ran on worker-1");
    assert_eq!(workers(&lab), ["worker-0", "worker-1"]);
    let history = lab.on("manager", "root", "condor_history -af Owner ExitCode LastRemoteHost | sort");
    let hosts: Vec<&str> = history.lines().map(|line| line.strip_prefix("admin 0 slot1_1@").unwrap()).collect();
    assert_eq!(hosts.len(), 2, "{history}");
    assert_ne!(hosts[0], hosts[1], "each worker ran a job");
    nothing_tells_the_password(&lab);
    only_the_manager_is_trusted(&lab);

    lab.hoist("plan status htcondor-pool").exit(0);
    let lost = lab.instance("worker-1");
    lab.proxy.interrupt(REGION, &lost);
    lab.hoist("plan status htcondor-pool").exit(1).says("worker-1");
    lab.hoist("plan repair htcondor-pool").exit(0);
    assert_ne!(lab.instance("worker-1"), lost);
    lab.hoist("plan status htcondor-pool").exit(0);
    assert!(workers(&lab).contains(&"worker-1".to_owned()));

    lab.hoist("plan terminate htcondor-pool --yes").exit(0).says("htcondor-pool is gone");
    assert_eq!(lab.machines.ids(), Vec::<String>::new());
    assert!(lab.proxy.instances().iter().all(|instance| instance.state == "terminated"));
}

/// The workers that the manager knows, as its users are told.
fn workers(lab: &Lab) -> Vec<String> {
    let told = lab.on("manager", "admin", "condor_status -af HoistService");
    let mut workers: Vec<String> = told.lines().map(str::to_owned).collect();
    workers.sort();
    workers
}

/// The password is with the manager's HTCondor, which keeps it scrambled, and nowhere else.
fn nothing_tells_the_password(lab: &Lab) {
    assert_eq!(files_with(&lab.path("state"), TRACE), Vec::<std::path::PathBuf>::new());
    for service in ["manager", "worker-0", "worker-1"] {
        let user_data = lab.machines.with(&lab.instance(service), |machine| machine.user_data.clone());
        assert!(!String::from_utf8_lossy(&user_data).contains(TRACE), "in the user data of {service}");
        let found = lab.on(service, "root", &format!("grep -rlF '{TRACE}' /etc /home /root /run /tmp /var"));
        assert_eq!(found, "", "on {service}");
        let key = lab.on(service, "root", "ls /etc/condor/passwords.d");
        assert_eq!(key, if service == "manager" { "POOL\n" } else { "" }, "on {service}");
    }
    assert!(!PASSWORD.is_empty() && PASSWORD.contains(TRACE));
}

/// A worker may announce itself and look; its users may not even that.
fn only_the_manager_is_trusted(lab: &Lab) {
    let ad = r#"printf 'MyType = "Scheduler"\nName = "evil"\nMyAddress = "<127.0.0.1:9618>"\n' > /tmp/ad"#;
    for kind in ["UPDATE_SCHEDD_AD", "UPDATE_NEGOTIATOR_AD"] {
        let said = lab.on("worker-0", "root", &format!("{ad}; condor_advertise {kind} /tmp/ad"));
        assert!(said.contains("Sent 0 of 1 ad"), "{said}");
    }
    assert_eq!(allowed(lab, "worker-0", "root"), ["READ"]);
    assert_eq!(allowed(lab, "manager", "admin"), ["READ", "WRITE"]);
    assert_eq!(allowed(lab, "manager", "root"), ["READ", "WRITE", "DAEMON", "ADMINISTRATOR"]);
    let said = lab.on("worker-0", "nobody", "condor_status");
    assert!(said.contains("Failed to authenticate with any method"), "{said}");
}

/// What a user on the machine of a service may ask of the manager's queue.
fn allowed(lab: &Lab, service: &str, user: &str) -> Vec<String> {
    let queue = lab.on("manager", "admin", "condor_status -schedd -af MyAddress");
    let ping = format!("condor_ping -address '{}' -type SCHEDD -table READ WRITE DAEMON ADMINISTRATOR", queue.trim());
    let table = lab.on(service, user, &ping);
    let allowed = table.lines().filter(|line| line.contains(" ALLOW "));
    allowed.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn a_worker_without_the_password_is_refused_and_root_needs_no_sudo() {
    let change = |plan: String| {
        let worker = plan.find("[levels.services.worker]").unwrap();
        let (before, after) = plan.split_at(worker);
        format!("{before}{}", after.replace("env:POOL_PASSWORD", "env:ANOTHER"))
    };
    let Some(lab) = Lab::new(change) else { return };
    let refused = lab.hoist_with("ANOTHER", "guessed password", &format!("{BOOT} --var user=root")).exit(1);
    refused.says("worker-0 failed in stage boot").says("does not let worker-0 in: was it given the same password?");
    assert_eq!(lab.on("manager", "root", "condor_status -af Name"), "");

    // The same machines, of which the workers are set up once more.
    let machines = lab.machines.ids();
    lab.hoist_with("ANOTHER", PASSWORD, "plan resume htcondor-pool").exit(0);
    assert_eq!(lab.machines.ids(), machines);
    assert_eq!(workers(&lab), ["worker-0", "worker-1"]);
    let owners = lab.on("manager", "root", "condor_history -af Owner ExitCode");
    assert_eq!(owners, "nobody 0\nnobody 0\n");
    lab.hoist("plan terminate htcondor-pool --yes").exit(0);
    assert_eq!(lab.machines.ids(), Vec::<String>::new());
}
