//! Machines of an annex as the template sets them up, in a pool as the template sets it up.

use std::path::Path;
use std::time::Duration;

use hoist::annex::{machines_of, target_of};
use hoist::batch::htcondor::{DrainReply, Draining, HTCondor, HTCondorError, Patience, Submission};
use hoist::template::{Templates, Values};
use serde_json::{Value, json};

use crate::pool_tools::lab::{annex, block_on, programs};
use hoist_test_support::cloud_machine::{Machine, addresses};
use hoist_test_support::judges::kept_by_htcondor;

const PASSWORD: &str = "a \"pool's\" $password";

const LONGEST: Duration = Duration::from_secs(300);

/// What AWS would be asked, in place of the program that asks it: the real one is run against moto elsewhere. KEPT is the
/// pool's password.
const PYTHON: &str = r#"#!/bin/sh
case "$1 $2" in
"/var/lib/hoist/secret.py take") echo "take $3" >> /run/asked; printf 'KEPT' ;;
"/var/lib/hoist/secret.py fetch") echo "fetch $3" >> /run/asked; printf 'ANNEX_TEST = yes\nDOCKER = /usr/local/bin/docker\nSTARTD_ATTRS = ANNEX_TEST\nSTART = TARGET.Never =?= undefined\n' ;;
"/var/lib/hoist/secret.py leave") echo leave >> /run/asked ;;
*) exec /usr/bin/python3 "$@" ;;
esac
"#;

/// No rules of this machine's are touched, whose network the tests' machines share.
const NFT: &str = "#!/bin/sh\necho \"nft, HTCondor runs: $(pgrep -x condor_startd > /dev/null && echo yes || echo no)\" >> /run/asked\ncat > /dev/null\n";

const POWEROFF: &str = "#!/bin/sh\necho poweroff >> /run/asked\n";

/// What HTCondor asks of Docker, and its test of whether an image runs, which ends with exit code 37.
const DOCKER: &str = "#!/bin/sh\ncase $1 in\n-v) echo 'Docker version 26.1.5, build 1' ;;\n\
                      load) echo 'Loaded image: test' ;;\nrun) exit 37 ;;\nesac\n";

/// The system of the tests' machines has no group of Docker's.
const USERMOD: &str = "#!/bin/sh\necho \"usermod $*\" >> /run/usermod\n";

fn start(template: &str, address: &str, more: &Value) -> Option<Machine> {
    let given: Values = more.as_object().unwrap().clone().into_iter().collect();
    let rendered = Templates::built_in().get(template).unwrap().render(&given).unwrap();
    let python = PYTHON.replace("KEPT", &kept_by_htcondor(PASSWORD));
    let mut files: Vec<(&str, &[u8], u32)> = vec![
        ("usr/local/bin/python3", python.as_bytes(), 0o755),
        ("usr/local/sbin/nft", NFT.as_bytes(), 0o755),
        ("usr/local/sbin/poweroff", POWEROFF.as_bytes(), 0o755),
    ];
    if more["docker"] == true {
        files.extend([
            ("usr/local/bin/docker", DOCKER.as_bytes(), 0o755),
            ("usr/local/sbin/usermod", USERMOD.as_bytes(), 0o755),
        ]);
    }
    Machine::start(address, rendered, &files)
}

#[test]
fn machines_join_run_their_owners_jobs_and_go_when_they_are_idle_or_drained() {
    let [at, idle, drained] = addresses::<3>();
    let id = annex("joined");
    let common =
        |address: &str| json!({"os": "debian-13", "pool": "hoist.test", "manager": at, "network_interface": address});
    let merged = |mut one: Value, more: Value| {
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    };
    let manager = merged(common(&at), json!({"pool_password": PASSWORD}));
    let Some(manager) = start("htcondor-central-manager", &at, &manager) else { return };
    let worker = |address: &str, more: Value| {
        let given = json!({
            "annex": id.name, "annex_tag": id.tag(), "pool_password_from": "s3://bucket/annexes/joined/password",
            "config_from": ["s3://bucket/annexes/joined/it's one"], "owners": ["admin", "bob"]
        });
        start("annex-worker", address, &merged(merged(common(address), given), more)).unwrap()
    };
    let (idle, drained) =
        (worker(&idle, json!({"idle_seconds": 25, "docker": true, "gpus": true})), worker(&drained, json!({})));
    [&manager, &idle, &drained].into_iter().for_each(Machine::booted);
    let name = |machine: &Machine| format!("i-ip-{}", machine.address.replace('.', "-"));

    let tools = tempfile::tempdir().unwrap();
    let condor = |user: &str| {
        HTCondor::new(None).with_search_path(programs(tools.path(), &manager.enter(user), user).into_os_string())
    };
    let ids = || {
        let slots = block_on(condor("admin").slots(&machines_of(&id).unwrap())).unwrap();
        let mut ids: Vec<String> = slots.into_iter().filter_map(|slot| slot.instance).collect();
        ids.dedup();
        ids.sort();
        ids
    };
    let mut both = [name(&idle), name(&drained)];
    both.sort();
    idle.until("both are in the pool", LONGEST, || ids() == both);
    // The masters report by themselves, and are what is told to drain.
    let masters = || {
        manager
            .root("condor_status -master -af HoistInstance")
            .lines()
            .filter(|it| both.contains(&(*it).to_owned()))
            .count()
    };
    idle.until("their masters are", LONGEST, || masters() == 2);
    let asked = |machine: &Machine| machine.root("cat /run/asked");
    let before =
        "take s3://bucket/annexes/joined/password\nfetch s3://bucket/annexes/joined/it's one\nnft, HTCondor runs: no\n";
    assert_eq!([asked(&idle), asked(&drained)], [before, before]);
    // The token that a machine has made ends an hour after its lease, whenever that is, and the password is gone.
    let ends = |machine: &Machine| {
        let told = machine.root("cut -d. -f2 /etc/condor/tokens.d/hoist | tr '_-' '/+' | base64 -d 2> /dev/null || :");
        let after = told.split("\"exp\":").nth(1).unwrap_or_else(|| panic!("no end in {told}")).to_owned();
        after.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse::<i64>().unwrap()
    };
    assert!(ends(&idle) > jiff::Timestamp::now().as_second());
    for lease in ["2031-01-01T00:00:00Z", "2032-01-01T00:00:00Z"] {
        idle.root(&format!(
            "mkdir -p /run/hoist; echo {lease} > /run/hoist/lease; bash /var/lib/hoist/annex-token.sh once"
        ));
        let lease = lease.parse::<jiff::Timestamp>().unwrap().as_second();
        assert!((lease + 3590..lease + 3620).contains(&ends(&idle)), "{} for {lease}", ends(&idle));
    }
    idle.root("! ls /etc/condor/passwords.d/POOL; rm /run/hoist/lease");

    // HTCondor's own names of an annex, and the user's configuration with ours.
    let told = manager.root("condor_status -annex-name joined -af:r ANNEX_TEST HoistAnnex START | sort -u");
    let start = "((TARGET.Never is undefined) && stringListMember(TARGET.Owner,\"admin,bob\")) && ((time() + ";
    let plain = |text: &str| text.replace("=?=", "is").replace(' ', "");
    assert!(plain(&told).starts_with(&plain(&format!("yes \"{}\" {start}", id.tag()))), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");

    // Jobs of the Docker universe run where Docker was asked for, and GPUs are looked for where there should be some.
    let docker = manager.root("condor_status -annex-name joined -af HoistInstance HasDocker");
    let has_docker = |machine: &Machine| docker.lines().any(|line| line == format!("{} true", name(machine)));
    let said = idle.root("tail -n 30 /var/log/condor/StarterLog.testing 2>&1 || :");
    assert_eq!([has_docker(&idle), has_docker(&drained)], [true, false], "{docker}{said}");
    assert_eq!(idle.root("cat /run/usermod"), "usermod -a -G docker condor\n");
    let discovery = "condor_config_val MACHINE_RESOURCE_INVENTORY_GPUs 2>&1 || :";
    let looks = |machine: &Machine| machine.root(discovery).contains("condor_gpu_discovery");
    assert_eq!([looks(&idle), looks(&drained)], [true, false]);

    manager.root("printf 'executable = /bin/true\\ntransfer_executable = False\\nrequest_memory = 16\\nrequest_disk = 16\\nqueue 2\\n' > /tmp/job.sub");
    let submission =
        Submission { file: Path::new("/tmp/job.sub"), target: target_of(&id.name), token: "joined", arguments: &[] };
    let jobs = block_on(condor("admin").submit(&submission)).unwrap();
    let strangers = block_on(condor("root").submit(&submission));
    let done = format!("condor_history {} -af ExitCode", jobs[0].cluster);
    manager
        .until("the jobs are done", LONGEST, || manager.root(&done).lines().filter(|code| *code == "0").count() == 2);
    if let Ok(strangers) = strangers {
        let begun = manager.root(&format!("condor_q {} -af NumJobStarts", strangers[0].cluster));
        assert!(begun.lines().all(|count| count == "0" || count == "undefined"), "root is no owner: {begun}");
    }

    // Who is nobody for the collector may not drain; its administrator may, though no machine keeps the pool's key.
    let error = block_on(condor("admin").drain(&name(&drained), Draining::Peaceful)).unwrap_err();
    assert!(matches!(error, HTCondorError::NotAuthorised { .. }), "{error:?}");
    assert_eq!(block_on(condor("root").drain(&name(&drained), Draining::Peaceful)).unwrap(), DrainReply::Told);
    let patience = Patience { limit: Some(LONGEST), pause: Duration::from_millis(200) };
    let left = block_on(condor("root").wait_until_left(&[name(&drained)], patience, |_| {})).unwrap();
    assert_eq!(left, [""; 0]);
    assert_eq!(asked(&drained), before, "it is ended by whoever drained it, not by itself");

    // The machine looks after its token by itself, too: how often it has taken the password depends on when it did.
    idle.until("it goes, having nothing to do", LONGEST, || asked(&idle).ends_with("leave\npoweroff\n"));
    let mut told = asked(&idle);
    told.truncate(told.len() - "leave\npoweroff\n".len());
    let renewed = told.strip_prefix(before).expect("what it did first").lines().collect::<Vec<_>>();
    assert!(renewed.len() >= 2, "{told}");
    assert!(renewed.iter().all(|line| *line == "take s3://bucket/annexes/joined/password"), "{told}");
    assert_eq!(idle.root("pgrep -c condor_master || :").trim(), "0");
}
