//! A pool on hoist's local cloud: instances of an ordinary user's, in which this machine's own HTCondor runs.

use std::time::{Duration, Instant};

use hoist::diagnostics::Severity;
use hoist::user_data::{LintOptions, lint};
use hoist::wizard::{
    Answers, Binary, CloudKind, GRACE, LOCAL_PASSWORD_NAME, MANAGER_ADDRESS, PasswordSource, SYSTEMS, Scaler,
    WORKER_TOKEN,
};
use serde_json::Value;

use crate::master::answers::{FILE, cluster, compatible, try_cluster};
use crate::master::downloads::program;
use hoist_test_support::contained::{Contained, Seed};
use hoist_test_support::debian::debian;
use hoist_test_support::judges::{lint_shells, said};
use hoist_test_support::skip::skip;

/// The longest that two instances may take to find each other and a job to end.
pub(crate) const LONGEST: Duration = Duration::from_secs(300);

pub(crate) fn local() -> Answers {
    Answers {
        cloud: CloudKind::Local,
        endpoint: None,
        image: None,
        worker_type: None,
        master_type: None,
        key_name: None,
        key_file: None,
        master_group: None,
        worker_group: None,
        jobs_per_worker: 2,
        scaler: Scaler::Hoist(Binary::Own { bucket: None }),
        ..compatible(SYSTEMS[0])
    }
}

#[test]
fn its_scripts_are_read_by_shells_and_hold_only_the_secret_that_is_told_of() {
    let made = cluster(&local());
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let scripts = [("manager", text(&made.master)), ("worker", text(&made.worker))];
    lint_shells(&scripts.clone().map(|(name, script)| (name.to_owned(), script)).into_iter().collect());
    for (name, script) in &scripts {
        let found = lint(script.as_bytes(), &LintOptions::default()).findings;
        let serious: Vec<_> = found.iter().filter(|finding| finding.diagnostic.severity > Severity::Note).collect();
        assert_eq!(serious.is_empty(), *name == "worker", "{name}");
        assert!(serious.iter().all(|one| one.secret.as_deref() == Some(LOCAL_PASSWORD_NAME)), "{name}: {serious:?}");
    }
    assert!(made.next_steps[0].ends_with(&format!("{FILE}.toml --allow-secret {LOCAL_PASSWORD_NAME}")));
    let kept = PasswordSource::Kept("ssm:/pool".to_owned());
    for (answers, why) in [
        (Answers { scaler: Scaler::Elastiq, ..local() }, "scaler: elastiq knows no local cloud"),
        (Answers { password: kept, ..local() }, "password: machines of the local cloud have no role"),
    ] {
        let error = try_cluster(&answers).unwrap_err().to_string();
        assert!(error.starts_with(why), "{error}");
    }
}

/// How a machine runs on which the kernel gives no namespaces to ordinary users: it gives none below `chroot`.
const WITHOUT_NAMESPACES: &str = "exec chroot . sh -c 'touch /run/up; read -r _ <&3; kill -KILL -1'\n";

/// How one runs on which it does: its root is the root of its mounts.
pub(crate) const WITH_NAMESPACES: &str = "mkdir run/before
pivot_root . run/before
exec chroot . sh -c 'umount -l /run/before; touch /run/up; read -r _ <&3; kill -KILL -1'
";

/// A machine of an ordinary user's with HTCondor and hoist.
pub(crate) fn machine(how: &str) -> Option<Contained> {
    let debian = match debian() {
        Ok(debian) => debian,
        Err(why) => {
            skip(why);
            return None;
        }
    };
    let seed = Seed::new("hoist-local-", "127.0.0.1");
    seed.put("usr/local/bin/hoist", &std::fs::read(program()).unwrap(), 0o755);
    Some(seed.start(debian, how))
}

/// What a command of the user's prints.
pub(crate) fn run(machine: &Contained, command: &str) -> Result<String, String> {
    let command = format!("export HOME=/home/admin; cd && {command}");
    let output = machine.run("admin", &command).ok_or("it has not started")?;
    if output.status.success() { Ok(String::from_utf8(output.stdout).unwrap()) } else { Err(said(&output)) }
}

/// The address and the directory of a run's only instance.
pub(crate) fn instance(machine: &Contained, name: &str) -> (String, String) {
    let shown = run(machine, &format!("hoist plan show {name} -o json")).unwrap();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let service = &shown["levels"][0]["services"][0];
    let text = |key: &str| service[key].as_str().unwrap_or_else(|| panic!("{shown}")).to_owned();
    let found = run(machine, &format!("find .local -type d -name {}", text("instance_id"))).unwrap();
    (text("address"), format!("/home/admin/{}", found.lines().next().unwrap()))
}

#[test]
fn a_master_and_a_worker_on_the_local_cloud_run_a_job() {
    runs_a_job(WITHOUT_NAMESPACES);
}

#[test]
fn the_same_where_instances_have_namespaces_of_their_own() {
    runs_a_job(WITH_NAMESPACES);
}

fn runs_a_job(how: &str) {
    let Some(machine) = machine(how) else { return };
    let began = Instant::now();
    while run(&machine, "test -e /run/up").is_err() {
        assert!(began.elapsed() < LONGEST, "{}", machine.console());
        std::thread::sleep(Duration::from_millis(50));
    }
    let made = cluster(&local());
    let put = |name: &str, content: &str| {
        let quoted = content.replace('\'', "'\\''");
        run(&machine, &format!("printf %s '{quoted}' > {name}")).unwrap();
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    put(FILE, &text(&made.master));
    put(&format!("{FILE}.toml"), &made.plan);
    let (_, command) = made.next_steps[0].split_once(": ").unwrap();
    run(&machine, command).unwrap_or_else(|said| panic!("{said}"));
    let name = FILE.replace("master-", "cluster-");
    let (at_master, master) = instance(&machine, &name);
    // As hoist's scaler does it.
    let environment = format!("export CONDOR_CONFIG={master}/home/pool/condor_config");
    let made_by = "condor_token_create -key POOL -identity condor@pool.example.org -lifetime 3600";
    let rights = "-authz ADVERTISE_STARTD -authz ADVERTISE_MASTER -authz READ";
    let mut token = run(&machine, &format!("{environment}; {made_by} {rights}"));
    while token.is_err() {
        assert!(began.elapsed() < LONGEST, "{token:?}");
        std::thread::sleep(Duration::from_millis(200));
        token = run(&machine, &format!("{environment}; {made_by} {rights}"));
    }
    let worker = text(&made.worker).replace(MANAGER_ADDRESS, &at_master).replace(GRACE, "600");
    put("worker", &worker.replace(WORKER_TOKEN, token.unwrap().trim()));
    let plan = made.plan.replace(FILE, "worker").replace(&name, "one-worker");
    put("worker.toml", &plan.replace("user_data =", "lease = \"1h\"\nuser_data ="));
    run(&machine, &format!("{} --allow-secret jwt", command.replace(FILE, "worker")))
        .unwrap_or_else(|said| panic!("{said}"));
    let (at_worker, worker) = instance(&machine, "one-worker");

    let condor =
        |command: &str| run(&machine, &format!("export CONDOR_CONFIG={master}/home/pool/condor_config; {command}"));
    let logs = |home: &str| run(&machine, &format!("tail -n 30 {home}/home/pool/log/*")).unwrap_or_else(|said| said);
    let began = Instant::now();
    let slots = || condor("condor_status -af HoistInstance").unwrap_or_else(|said| said);
    while slots().lines().count() != 2 || !slots().starts_with("i-") {
        assert!(began.elapsed() < LONGEST, "{}\n{}\n{}", slots(), logs(&master), logs(&worker));
        std::thread::sleep(Duration::from_millis(200));
    }
    put(
        "job.sub",
        "executable = /bin/sh\narguments = \"-c 'echo ran in $$(HoistInstance)'\"\ntransfer_executable = False\nshould_transfer_files = YES\noutput = job.out\nerror = job.err\nlog = job.log\nqueue\n",
    );
    condor("condor_submit -terse job.sub").unwrap_or_else(|said| panic!("{said}"));
    let ended = condor(&format!("condor_wait -wait {} job.log", LONGEST.as_secs()));
    assert!(ended.is_ok(), "{ended:?}\n{:?}\n{}\n{}", run(&machine, "cat job.log"), logs(&master), logs(&worker));
    let printed = run(&machine, "cat job.out job.err").unwrap();
    assert_eq!(printed, format!("ran in {}\n", worker.rsplit('/').next().unwrap()));
    assert_ne!(at_master, at_worker);
    // The worker has never had the key, and the master's users have theirs from the master.
    assert_eq!(run(&machine, &format!("ls {worker}/home/pool/passwords.d")).unwrap(), "");
    // In the last part of its lease it takes no jobs, and when it has none it ends.
    run(&machine, &format!("date -u -d '5 minutes' +%Y-%m-%dT%H:%M:%SZ > {worker}/lease")).unwrap();
    let began = Instant::now();
    let state = || run(&machine, "hoist plan status one-worker -o json || :").unwrap_or_else(|said| said);
    while !(state().contains("\"terminated\"") || state().contains("\"gone\"")) {
        assert!(began.elapsed() < LONGEST, "{}\n{}", state(), logs(&worker));
        std::thread::sleep(Duration::from_millis(500));
    }
    for name in ["one-worker", &name] {
        run(&machine, &format!("hoist plan terminate {name} --yes")).unwrap_or_else(|said| panic!("{said}"));
    }
    assert_eq!(run(&machine, "pgrep -c condor || :").unwrap(), "0\n");
}
