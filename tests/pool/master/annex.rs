//! An annex on hoist's local cloud, to a pool on it.

use std::time::Instant;

use hoist::template::{Templates, Values};
use serde_json::{Value, json};

use crate::master::answers::{FILE, PASSWORD, cluster};
use crate::master::local::{LONGEST, WITH_NAMESPACES, instance, local, machine, run};
use hoist_test_support::judges::{kept_by_htcondor, lint_shells};

fn rendered(more: &Value) -> String {
    let mut given: Values = json!({
        "annex": "near", "annex_tag": "near/0123456789ab", "pool": local().pool, "manager": "127.0.0.1", "slots": 1,
        "password_file": "/home/admin/it's the password"
    })
    .as_object()
    .unwrap()
    .clone()
    .into_iter()
    .collect();
    given.extend(more.as_object().unwrap().clone());
    Templates::built_in().get("annex-local-worker").unwrap().render(&given).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn its_script_is_read_by_shells_and_holds_no_password() {
    let full = json!({"config_files": ["/etc/it's", "/etc/$(id)"], "owners": ["admin"], "idle_seconds": 10});
    let scripts = [("least", rendered(&json!({}))), ("full", rendered(&full))];
    for (name, script) in &scripts {
        assert!(!script.contains("SECRET"), "{name}");
    }
    lint_shells(&scripts.map(|(name, script)| (name.to_owned(), script)).into_iter().collect());
}

#[test]
fn an_instance_joins_runs_its_owners_jobs_and_ends_when_it_has_been_idle() {
    let Some(machine) = machine(WITH_NAMESPACES) else { return };
    let began = Instant::now();
    let until = |what: &str, holds: &mut dyn FnMut() -> bool, logs: &dyn Fn() -> String| {
        while !holds() {
            assert!(began.elapsed() < LONGEST, "{what}, but not in time\n{}\n{}", machine.console(), logs());
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
    };
    until("it starts", &mut || run(&machine, "test -e /run/up").is_ok(), &String::new);
    let put = |name: &str, content: &str| {
        let quoted = content.replace('\'', "'\\''");
        run(&machine, &format!("printf %s '{quoted}' > \"{name}\"")).unwrap();
    };
    let made = cluster(&local());
    put(FILE, &String::from_utf8(made.master.clone()).unwrap());
    put(&format!("{FILE}.toml"), &made.plan);
    let (_, command) = made.next_steps[0].split_once(": ").unwrap();
    run(&machine, command).unwrap_or_else(|said| panic!("{said}"));
    let name = FILE.replace("master-", "cluster-");
    let (at_master, master) = instance(&machine, &name);

    // As the manager keeps it: with the end that older HTCondors need.
    let kept = kept_by_htcondor(&format!("{PASSWORD}\0"));
    run(&machine, &format!("printf '{kept}' > \"it's the password\"")).unwrap();
    put("more", "ANNEX_TEST = 7\nSTARTD_ATTRS = ANNEX_TEST");
    let user_data = rendered(&json!({
        "manager": at_master, "config_files": ["/home/admin/more"], "owners": ["admin"], "idle_seconds": 20
    }));
    put("worker", &user_data);
    put("worker.toml", &made.plan.replace(FILE, "worker").replace(&name, "one-worker"));
    run(&machine, &command.replace(FILE, "worker")).unwrap_or_else(|said| panic!("{said}"));
    let (_, worker) = instance(&machine, "one-worker");
    let condor =
        |command: &str| run(&machine, &format!("export CONDOR_CONFIG={master}/home/pool/condor_config; {command}"));
    let logs = || {
        let all = format!("tail -n 30 {worker}/home/pool/log/* {worker}/console*");
        run(&machine, &all).unwrap_or_else(|said| said)
    };
    let id = worker.rsplit('/').next().unwrap();
    let asked = "condor_status -constraint 'AnnexName =?= \"near\" && HoistAnnex =?= \"near/0123456789ab\"' -af HoistInstance ANNEX_TEST";
    until("it is in the pool", &mut || condor(asked).is_ok_and(|said| said.trim() == format!("{id} 7")), &logs);

    put(
        "job.sub",
        "executable = /bin/true\ntransfer_executable = False\nshould_transfer_files = YES\nlog = job.log\n\
         requirements = TARGET.AnnexName =?= \"near\"\nqueue\n",
    );
    condor("condor_submit -terse job.sub").unwrap_or_else(|said| panic!("{said}"));
    let ended = condor(&format!("condor_wait -wait {} job.log", LONGEST.as_secs()));
    assert!(ended.is_ok(), "{ended:?}\n{}", logs());
    // Then it has nothing to do, and ends: HTCondor, and the instance with it.
    let state = || run(&machine, "hoist plan status one-worker -o json || :").unwrap_or_else(|said| said);
    until("the instance ends", &mut || state().contains("\"terminated\"") || state().contains("\"gone\""), &logs);
    assert_eq!(condor(asked).unwrap().trim(), "", "the pool has forgotten it");
    for name in ["one-worker", &name] {
        run(&machine, &format!("hoist plan terminate {name} --yes")).unwrap_or_else(|said| panic!("{said}"));
    }
    assert_eq!(run(&machine, "pgrep -c condor || :").unwrap(), "0\n");
}
