//! Programs: what they are given, how they fail, what they print.

use std::fs;

use serde_json::{Value, json};

use crate::lab::{Lab, eventually};
use crate::traces;

#[test]
fn a_failure_shows_the_program_its_last_lines_and_the_way_on() {
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\nboot = \"boot.sh\"\n[levels.services.db]\nboot = \"true.sh\"\n[[levels]]\n[levels.services.front]\nboot = \"true.sh\"\n",
    );
    lab.program("boot.sh", "echo looking; echo 'no such host: db' >&2; exit 3");
    let failure = "✗ web failed in stage boot: boot.sh ended with exit code 3
  boot.sh ran TIME; its last lines:
  │ looking
  │ no such host: db
";
    let failed = lab.hoist("plan boot demo.toml").exit(1).stdout(&format!(
        "\ndemo failed: 1 of 3 services, TIME
{failure}  hoist plan logs demo web  shows what its programs printed
  hoist plan resume demo  tries again on the same machines
  hoist plan repair demo  replaces what is broken
  hoist plan terminate demo  brings everything down
"
    ));
    assert!(failed.stderr.contains("] web failed: boot.sh ended with exit code 3\n"), "{failed}");
    assert!(failed.stderr.contains("] db ready ADDRESS\n"), "the others of its level finish\n{failed}");
    assert!(!failed.stderr.contains("front ready"), "the next level does not start\n{failed}");
    lab.hoist("plan status demo").exit(1).says(failure);
    lab.hoist("plan logs demo web")
        .exit(0)
        .says("── web: boot program, WHEN, TIME, exit code 3\nlooking\nno such host: db\n");
    let document = lab.hoist("plan show demo -o json").exit(0).json();
    assert_eq!(
        document["levels"][0]["services"][0]["failure"]["program"]["tail"],
        json!(["looking", "no such host: db"])
    );

    let machine = lab.service("demo", "web")["instance_id"].clone();
    lab.hoist("plan resume demo").exit(1);
    lab.program("boot.sh", "exit 0");
    lab.hoist("plan resume demo").exit(0);
    assert_eq!(lab.service("demo", "web")["instance_id"], machine, "on the same machine");
}

#[test]
fn repair_replaces_a_machine_at_most_twice() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nboot = \"boot.sh\"\n");
    lab.program("boot.sh", "exit 3");
    lab.hoist("plan boot demo.toml").exit(1);
    lab.hoist("plan repair demo").exit(1);
    let machines = lab.hoist("plan history demo -o json").exit(0).json()["machines"].clone();
    assert_eq!(machines.as_array().unwrap().len(), 3, "{machines:#}");
    assert_eq!(lab.instances().len(), 1);
}

#[test]
fn a_boot_that_fails_can_leave_nothing() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nboot = \"boot.sh\"\n[levels.services.db]\n");
    lab.program("boot.sh", "exit 3");
    let failed = lab.hoist("plan boot demo.toml --on-failure terminate").exit(1);
    assert!(failed.stderr.contains("✗ web failed in stage boot: boot.sh ended with exit code 3\n"), "{failed}");
    failed.stdout("demo is gone: 2 services, nothing is left of them, TIME\n");
    lab.assert_nothing_runs();
    lab.hoist("plan boot demo.toml --on-failure terminate -o json").exit(1).json();
    lab.assert_nothing_runs();
    lab.hoist("plan list -o json").exit(0).stdout("{\n  \"runs\": [],\n  \"schema\": 1\n}\n");
}

#[test]
fn machines_are_launched_at_the_start_or_with_their_level() {
    for (option, launched) in [("eager", 2), ("by-level", 1)] {
        let lab =
            Lab::with_plan("[[levels]]\n[levels.services.db]\nboot = \"wait.sh\"\n[[levels]]\n[levels.services.web]\n");
        lab.gated_program("wait.sh", "exit 0");
        let boot = lab.hoist("plan boot demo.toml --launch").arg(option).spawn();
        let gate = lab.await_gate("db");
        assert_eq!(lab.instances().len(), launched, "{option}");
        gate.open();
        boot.wait().exit(0);
        assert_eq!(lab.instances().len(), 2);
    }
}

#[test]
fn variables_come_from_the_plan_a_file_and_the_command_line() {
    let lab = Lab::with_plan(
        "[variables]\na = \"plan\"\nb = \"plan\"\nc = \"plan\"\n[[levels]]\n[levels.services.web]\nboot = { program = \"echo.sh\", args = [\"${global.a}\", \"${global.b}\", \"${global.c} it's\\n\\\"$HOME\\\" *\"] }\n",
    );
    lab.program("echo.sh", "for word in \"$@\"; do echo \"<$word>\"; done");
    lab.file("vars.toml", "b = \"file\"\nc = \"file\"\n").file("vars.conf", "[globals]\nb: old file\nc: old file\n");
    lab.hoist("plan boot demo.toml --var-file vars.toml --var c=line").exit(0);
    lab.hoist("plan logs demo web").exit(0).says("<plan>\n<file>\n<line it's\n\"$HOME\" *>\n");
    lab.hoist("plan boot demo.toml --name old -G vars.conf -g").arg("c=a = b").exit(0);
    lab.hoist("plan logs old web").exit(0).says("<plan>\n<old file>\n<a = b it's\n\"$HOME\" *>\n");
    lab.hoist("plan validate demo.toml --var d=1")
        .exit(0)
        .stderr("--var: warning: nothing in the plan reads the variable \"d\"\n");
}

#[test]
fn a_plan_for_another_cloud_is_tried_on_the_local_one() {
    let lab = Lab::with_plan(
        "[defaults]\ncloud = \"east\"\n[clouds.east]\nprovider = \"ec2\"\nregion = \"us-east-1\"\n[[levels]]\n[levels.services.web]\nimage = \"ami-1\"\ninstance_type = \"t3.small\"\nboot = \"true.sh\"\n",
    );
    lab.hoist("plan boot demo.toml").exit(1).stdout("").stderr(
        "hoist: cloud east: cannot get the credentials: there are none; nothing was launched
  try: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run aws configure or aws sso login; for an EC2-like cloud source its ec2rc.sh
  try: --cloud local tries the plan on this machine
  try: --dry-run goes through it on a simulated cloud
",
    );
    assert!(!lab.state().exists(), "no run is recorded");
    lab.hoist("plan boot demo.toml --dry-run").exit(0);
    lab.hoist("plan boot demo.toml --cloud local").exit(0).says("demo is up: 1 service ready, TIME\n");
    let shown = lab.service("demo", "web");
    assert_eq!((&shown["cloud"], &shown["image"]), (&json!("local"), &json!("ami-1")));
}

#[test]
fn a_tarball_is_unpacked_and_its_run_script_is_run() {
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\nboot = { program = \"agent.tar.gz\", args = [\"hello\"] }\n",
    );
    lab.program(
        "agent/run.sh",
        "cd \"$(dirname \"$0\")\"; echo \"$1 from $(cat part/name)\"; echo '{\"a\": 1}' > ../bootout.json",
    );
    lab.file("agent/part/name", "the tarball\n");
    lab.shell("tar -czf agent.tar.gz agent").exit(0);
    lab.hoist("plan boot demo.toml").exit(0);
    lab.hoist("plan logs demo web").exit(0).says("hello from the tarball\n");
    assert_eq!(lab.service("demo", "web")["attributes"]["a"], "1");
    lab.file("agent.tar.gz", "no tarball");
    lab.hoist("plan boot demo.toml --name other")
        .exit(1)
        .stdout("")
        .says("demo.toml:3: boot program of service \"web\": agent.tar.gz: is no gzipped tar archive");
}

#[test]
fn a_program_that_hangs_is_killed_at_its_time_limit() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nboot = { program = \"hang.sh\", timeout = \"1s\" }\n");
    lab.program("hang.sh", "trap '' TERM; echo $$ > pid; echo hanging; while :; do sleep 1000 & wait; done");
    let failed = lab.hoist("plan boot demo.toml").exit(1);
    assert!(failed.raw_stdout.contains("hang.sh was stopped at its time limit of 1 s\n"), "{failed}");
    failed.says(
        "  │ hanging
  try: if it needs longer, give it a longer `timeout`
",
    );
    let left = traces::processes(lab.root());
    assert!(!left.iter().any(|process| process.contains("hang.sh") || process.contains("sleep")), "{left:?}");
    lab.hoist("plan logs demo web")
        .exit(0)
        .says("── web: boot program, WHEN, TIME, stopped at its time limit\nhanging\n");
}

#[test]
fn what_a_program_leaves_in_the_background_goes_with_its_machine() {
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\nboot = \"fork.sh\"\n[levels.services.here]\nrun_on = \"this-host\"\nboot = \"fork.sh\"\n",
    );
    // One forks twice; one also forgets where it came from; one does not mind being asked to go.
    let marks = ["71023.001", "71023.002", "71023.003"].map(|mark| format!("{mark}{}", std::process::id()));
    lab.program(
        "fork.sh",
        &format!(
            "(setsid sh -c 'setsid sleep {0} &' &)\nsetsid env -i /bin/sleep {1} &\nsetsid sh -c 'trap \"\" TERM; sleep {2}; sleep {2}' &\nexit 0",
            marks[0], marks[1], marks[2]
        ),
    );
    let running = |mark: &str| {
        traces::commands()
            .iter()
            .filter(|command| command.trim_start_matches("/bin/") == format!("sleep {mark}"))
            .count()
    };
    lab.hoist("plan boot demo.toml").exit(0);
    for mark in &marks {
        eventually("all of them run on both hosts", || (running(mark) == 2).then_some(()));
    }
    lab.hoist("plan terminate demo").exit(0);
    lab.assert_nothing_runs();
    assert_eq!(marks.map(|mark| running(&mark)), [0, 0, 0]);
}

#[test]
fn a_program_is_asked_to_stop_as_any_program() {
    // What hoist itself blocks or ignores must not be blocked or ignored in what it starts.
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\nboot = \"show.sh\"\n[levels.services.here]\nrun_on = \"this-host\"\nboot = \"show.sh\"\n",
    );
    lab.program("show.sh", "grep -E 'Sig(Blk|Ign)' /proc/self/status");
    lab.hoist("plan boot demo.toml").exit(0);
    let logs = lab.hoist("plan logs demo -o json").exit(0).json();
    for service in logs["services"].as_array().unwrap() {
        let text = service["programs"][0]["text"].as_str().unwrap();
        // The last two belong to the C library.
        let masks: Vec<u64> = text
            .split_whitespace()
            .filter_map(|word| u64::from_str_radix(word, 16).ok())
            .map(|mask| mask & 0x7fff_ffff)
            .collect();
        assert_eq!(masks, [0, 0], "{service:#}");
    }
}

#[test]
fn a_ready_program_is_tried_again_and_told_of() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nready = { program = \"ready.sh\", retries = 1 }\n");
    lab.program("ready.sh", "echo try >> tries; test $(wc -l < tries) -ge 2");
    let booted = lab.hoist("plan boot demo.toml").exit(0);
    assert!(booted.stderr.contains("] web ready program failed (exit code 1), trying again\n"), "{booted}");
    assert_eq!(fs::read_to_string(lab.staged("web", "tries")).unwrap(), "try\ntry\n");
    let logs = lab.hoist("plan logs demo web -o json").exit(0).json();
    let outcomes: Vec<&Value> =
        logs["services"][0]["programs"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, [&json!({ "exit": 1 }), &json!({ "exit": 0 })]);
}

#[test]
fn a_terminate_program_that_fails_is_told_of_with_its_last_words() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nterminate = { program = \"stop.sh\", retries = 0 }\n");
    lab.program("stop.sh", "echo 'I would rather not'; exit 5");
    lab.hoist("plan boot demo.toml").exit(0);
    let ended = lab.hoist("plan terminate demo --force").exit(0);
    assert!(
        ended.stderr.contains(
            "✗ web failed in stage terminate: stop.sh ended with exit code 5
  stop.sh ran TIME; its last lines:
  │ I would rather not
"
        ),
        "{ended}"
    );
    ended.stdout(
        "demo is gone: 1 service, nothing is left of them, TIME
  web: its terminate program failed: stop.sh ended with exit code 5; its machine went all the same
",
    );
    lab.assert_nothing_runs();
}

#[test]
fn values_of_old_plans_come_from_the_environment() {
    let lab = Lab::new();
    lab.file("demo.conf", "[runlevels]\nlevel1: level.conf\n[defaults]\niaas: local\nimage: any\n");
    lab.file("level.conf", "[svc-web]\ndeps: web.deps\nbootpgm: boot.sh\nbootpgm_args: ${.size}\n");
    lab.file("web.deps", "[deps]\nsize: env.DEMO_SIZE\n").program("boot.sh", "echo \"size $1\"");
    lab.hoist("plan boot demo.conf").env("DEMO_SIZE", "large; echo no").exit(0);
    lab.hoist("plan logs demo web").exit(0).says("size large; echo no\n");
    lab.hoist("plan boot demo.conf --name unset").exit(1).stdout("").stderr(
        "web.deps:2: the attribute \"size\" is env.DEMO_SIZE, which is not set
  set DEMO_SIZE; level.conf:4 reads it
hoist: the plan has an error; nothing was done
",
    );
}

#[test]
fn of_endless_output_the_end_is_kept() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nboot = \"boot.sh\"\n");
    lab.program("boot.sh", "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1");
    let failed = lab.hoist("plan boot demo.toml").exit(1).says("  │ the end\n");
    assert!(failed.raw_stdout.len() < 10_000, "a line without end is cut: {} bytes", failed.raw_stdout.len());
    let logs = lab.hoist("plan logs demo web -o json").exit(0).json();
    let text = logs["services"][0]["programs"][0]["text"].as_str().unwrap();
    assert_eq!(text.len(), 64 * 1024);
    assert!(text.ends_with("x\nthe end\n"));
}

#[test]
fn nothing_that_a_program_says_reaches_the_terminal_as_a_command() {
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\nboot = \"boot.sh\"\nready = { program = \"ready.sh\", retries = 0 }\nterminate = { program = \"ready.sh\", retries = 0 }\n",
    );
    let noise = "printf 'a\\033[2Jb\\007c\\377d\\000e\\rf\\302\\233Jg\\n'";
    lab.program("boot.sh", &format!("{noise}; printf '{{\"title\": \"x\\\\u001b]0;owned\\\\u0007\"}}' > bootout.json"));
    lab.program("ready.sh", &format!("{noise}; exit 1"));
    let commands = [
        ("plan boot demo.toml", 1),
        ("plan status demo", 1),
        ("plan logs demo", 0),
        ("plan show demo", 0),
        ("plan terminate demo", 3),
    ];
    for (command, code) in commands {
        let ran = lab.hoist(command).exit(code);
        let control = |text: &str| text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(
            (control(&ran.raw_stdout), control(&ran.raw_stderr)),
            (None, None),
            "{command}: {:?}",
            ran.raw_stdout
        );
    }
    let logs = lab.hoist("plan logs demo -o json").exit(0).json();
    let text = logs["services"][0]["programs"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("a\u{1b}[2Jb\u{7}c\u{fffd}d\0e\rf\u{9b}Jg"), "as JSON it is whole: {text:?}");
}

#[test]
fn a_plan_is_tried_with_faults() {
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\nboot = { program = \"true.sh\", retries = 0 }\n[levels.services.db]\n",
    );
    lab.file(
        "faults.toml",
        "[[fault]]\nservice = \"web\"\nkind = \"program-fails\"\nexit_code = 7\noutput = \"no database\"\n",
    );
    lab.hoist("plan boot demo.toml --dry-run --rehearse faults.toml").exit(1).says("true.sh ended with exit code 7");
    let failed = lab.hoist("plan boot demo.toml --rehearse faults.toml").exit(1);
    failed.says("✗ web failed in stage boot: true.sh ended with exit code 7\n").says("  │ no database\n");
    lab.hoist("plan resume demo").exit(0);
    lab.file("bad.toml", "[[fault]]\nkind = \"explode\"\n");
    lab.hoist("plan boot demo.toml --name other --rehearse bad.toml").exit(1).stdout("").says("bad.toml:2");
    lab.file("capacity.toml", "[[fault]]\nservice = \"db\"\nkind = \"no-capacity\"\n");
    lab.hoist("plan boot demo.toml --name other --rehearse capacity.toml")
        .exit(1)
        .says("✗ web and db failed in stage launch: no capacity for web, db (rehearsed)\n");
    lab.hoist("plan resume other").exit(0);

    for (fault, says) in [
        ("kind = \"program-hangs\"", "true.sh was stopped at its time limit"),
        ("kind = \"dies\"\ndelay = \"5s\"", "web is lost: "),
    ] {
        lab.file("faults.toml", format!("[[fault]]\nservice = \"w*\"\n{fault}\n"));
        lab.hoist("plan boot demo.toml --dry-run --rehearse faults.toml").exit(1).says(says);
    }
}

#[test]
fn a_machine_that_is_lost_is_repaired_and_not_tried_again() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nboot = \"wait.sh\"\n");
    lab.program("wait.sh", "sleep 60");
    lab.file("faults.toml", "[[fault]]\nkind = \"dies\"\ndelay = \"1s\"\n");
    let repair = "hoist plan repair demo";
    lab.hoist("plan boot demo.toml --rehearse faults.toml").exit(1).says(repair).never_says("plan resume");
    let status = lab.hoist("plan status demo").exit(1);
    status.says("try: `hoist plan repair demo` replaces it").says("hoist plan repair demo ").never_says("plan resume");
    lab.hoist("plan terminate demo").exit(0);
}

#[test]
fn a_fault_that_can_befall_nothing_is_refused() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\nreplicas = 2\nboot = \"true.sh\"\n");
    for (fault, says) in [
        (
            "service = \"webb-*\"\nkind = \"program-fails\"",
            "faults.toml:2: no service is named \"webb-*\"; did you mean \"web-*\"?",
        ),
        (
            "service = \"web-3\"\nkind = \"no-capacity\"",
            "faults.toml:2: no service is named \"web-3\"; did you mean \"web-0\"?",
        ),
        (
            "kind = \"program-hangs\"\nprogram = \"ready\"\nservice = \"web-*\"",
            "faults.toml:4: no service named \"web-*\" has a ready program",
        ),
    ] {
        lab.file("faults.toml", format!("[[fault]]\n{fault}\n"));
        for options in ["--dry-run", ""] {
            lab.hoist(&format!("plan boot demo.toml {options} --rehearse faults.toml")).exit(1).stdout("").says(says);
        }
    }
    lab.hoist("plan boot demo.toml").exit(0);
    lab.hoist("plan logs demo web").exit(1).says("web of run demo has 2 replicas").says("name one of web-0 … web-1");
    lab.hoist("plan terminate demo").exit(0);
}
