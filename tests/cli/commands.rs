//! Every command, for people and as JSON.

use serde_json::{Value, json};

use crate::lab::Lab;
use crate::shape::assert_shape;

/// Two levels; the first gives the second an address and what its boot program wrote.
const PLAN: &str = "
[variables]
port = \"80\"
[[levels]]
name = \"data\"
[levels.services.database]
image = \"any\"
boot = { program = \"boot.sh\", args = [\"${.name}\"] }
ready = \"ready.sh\"
terminate = \"stop.sh\"
attributes = { motto = \"hello\" }
[[levels]]
name = \"web\"
[levels.services.web]
replicas = 2
attributes = { database = \"${database.url}:${global.port}\" }
ready = \"ready.sh\"
";

pub(crate) fn lab() -> Lab {
    let lab = Lab::with_plan(PLAN);
    lab.program("boot.sh", "echo \"I am $1\"; echo '{\"url\": \"db://here\"}' > bootout.json");
    lab.program("ready.sh", "echo fine").program("stop.sh", "echo bye");
    lab
}

/// A service as `plan show` draws it.
fn service_shape(more: Value) -> Value {
    let program = json!({ "program": "string", "args": ["string"], "config": "string?" });
    let mut shape = json!({
        "name": "string", "cloud": "=local", "region": null, "image": "string?", "instance_type": null, "key_name": null,
        "address": "string?", "run_on": "=instance", "ssh_user": null,
        "boot": "object?", "ready": program, "terminate": "object?", "attributes": "object",
    });
    shape.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shape
}

/// A run as `plan show RUN` draws it, with what a command adds.
fn run_shape(status: &str, more: Value) -> Value {
    let service = service_shape(json!({
        "state": "string", "since": "time", "attempt": "integer", "instance_id": "string?", "private_address": "string?",
        "expires_at": "time?",
        "failure": "object?", "degraded": "string?",
    }));
    let mut shape = json!({
        "schema": 1, "plan": "=demo", "run": "=demo", "id": "string", "status": format!("={status}"),
        "levels": [{ "number": "integer", "name": "string", "services": [service] }],
    });
    shape.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shape
}

fn outcome(word: &str) -> Value {
    json!({ "outcome": format!("={word}"), "seconds": "number" })
}

#[test]
fn every_command_speaks_json() {
    let lab = lab();
    let json = |words: &str| lab.hoist(words).arg("-o").arg("json").arg("-q").exit(0).stderr("").json();
    assert_eq!(json("plan validate demo.toml"), json!({ "schema": 1, "plan": "demo", "valid": true, "problems": [] }));
    let level = json!({ "number": "integer", "name": "string", "services": [service_shape(json!({}))] });
    let shown = json("plan show demo.toml");
    assert_shape(&shown, &json!({ "schema": 1, "plan": "=demo", "levels": [level] }));
    let database = &shown["levels"][0]["services"][0];
    assert_eq!(database["boot"]["program"], lab.path("boot.sh").to_str().unwrap());
    assert_eq!(database["boot"]["args"], json!(["${.name}"]));
    assert_eq!(
        shown["levels"][1]["services"][0]["attributes"],
        json!({ "database": "${database.url}:${global.port}" })
    );

    let mut tried = outcome("up");
    tried = json!({ "dry_run": true, "simulated_seconds": "number", "seconds": tried["seconds"] });
    assert_shape(&json("plan boot demo.toml --dry-run"), &run_shape("up", tried));

    let booted = json("plan boot demo.toml");
    assert_shape(&booted, &run_shape("up", outcome("up")));
    assert_eq!(booted["levels"][1]["services"][1]["attributes"], json!({ "database": "db://here:80" }));
    assert_shape(&json("plan show demo"), &run_shape("up", json!({})));
    for command in ["resume", "repair", "reload demo.toml", "reboot"] {
        let run = if command.contains(' ') { "" } else { " demo" };
        assert_shape(&json(&format!("plan {command}{run}")), &run_shape("up", outcome("up")));
    }

    let health = json!({
        "name": "string", "healthy": "bool",
        "recorded": {
            "state": "string", "since": "time", "age_seconds": "integer", "instance_id": "string", "address": "string",
            "expires_at": "time?",
        },
        "observed": { "instance": "=running", "address": "string", "check": "=passed", "detail": null },
        "failure": "object?", "degraded": "string?",
    });
    let status = json!({
        "schema": 1, "run": "=demo", "id": "string", "status": "=up", "healthy": true, "degraded": false,
        "observed_at": "time", "held_by": null,
        "levels": [{ "number": "integer", "name": "string", "services": [health] }],
    });
    assert_shape(&json("plan status demo"), &status);
    let cached = json("plan status demo --cached");
    assert_eq!((&cached["observed_at"], &cached["levels"][0]["services"][0]["observed"]), (&Value::Null, &Value::Null));

    assert_eq!(
        json("plan reload demo.toml --dry-run"),
        json!({ "schema": 1, "run": "demo", "changed": false, "added": [], "removed": [], "rebooted": [], "updated": [] })
    );
    let history = json("plan history demo");
    let machine = json!({
        "service": "string", "cloud": "=local", "instance_id": "string", "address": "string", "launched_at": "time",
        "ended_at": "time?", "recorded": "string", "observed": "string",
    });
    assert_shape(&history, &json!({ "schema": 1, "run": "=demo", "machines": [machine] }));
    assert_eq!(history["machines"].as_array().unwrap().len(), 6, "three, and three more after the reboot");
    assert_eq!(json("plan clean demo"), json!({ "schema": 1, "run": "demo", "unused": [], "terminated": false }));
    let listed = json!({
        "name": "=demo", "plan": "=demo", "plan_file": "string", "status": "=up", "services": 3, "ready": 3, "failed": 0,
        "instances": 3, "created_at": "time", "updated_at": "time", "ended_at": null, "held_by": null,
    });
    assert_shape(&json("plan list"), &json!({ "schema": 1, "runs": [listed] }));
    let output = json!({
        "service": "=database", "program": "string", "at": "time", "outcome": { "exit": 0 }, "seconds": "number",
        "text": "string",
    });
    let logs = json!({
        "schema": 1, "run": "=demo",
        "services": [{ "service": "=database", "programs": [output], "console": "string" }],
    });
    assert_shape(&json("plan logs demo database"), &logs);

    assert_shape(&json("plan terminate demo"), &run_shape("terminated", outcome("gone")));
    let mut again = run_shape("terminated", outcome("gone"));
    again["asked_again"] = json!({ "clouds": ["=local"], "machines": "number" });
    assert_shape(&json("plan terminate demo"), &again);
    assert_eq!(json("plan list"), json!({ "schema": 1, "runs": [] }));
    let ended = json("plan list --all");
    assert_shape(&ended["runs"][0]["ended_at"], &json!("time"));
    lab.assert_nothing_runs();
}

#[test]
fn every_command_speaks_to_people() {
    let lab = lab();
    lab.hoist("plan validate demo.toml").exit(0).stdout("demo is valid: 3 services in 2 levels\n").stderr("");
    lab.hoist("plan show demo.toml").exit(0).stderr("").stdout(
        "demo: 3 services in 2 levels
  global.port  80

level 1  data
  database
    runs on  an instance of local, any
    boot  boot.sh ${.name}
    ready  ready.sh
    terminate  stop.sh
    motto  = hello

level 2  web
  web-0 … web-1  (2 replicas)
    runs on  an instance of local
    ready  ready.sh
    database  = ${database.url}:${global.port}
",
    );
    lab.hoist("plan boot demo.toml --dry-run").exit(0).stderr("").stdout(
        "demo: 3 services in 2 levels would be raised, 3 machines launched; about TIME on a cloud as fast as EC2
nothing was launched and nothing was recorded
",
    );
    let up = "demo is up: 3 services ready, TIME
  data  database  ADDRESS  INSTANCE
  web  web-0  ADDRESS  INSTANCE
  web  web-1  ADDRESS  INSTANCE
  hoist plan status demo  asks whether it still works
  hoist plan terminate demo  brings it down
";
    let booted = lab.hoist("plan boot demo.toml").exit(0).stdout(up);
    let mut said: Vec<&str> = booted.stderr.lines().collect();
    // Those of one level come as they come.
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "[TIME] database launched as INSTANCE",
            "[TIME] database ready ADDRESS",
            "[TIME] level 1 data is up",
            "[TIME] level 2 web is up",
            "[TIME] web-0 launched as INSTANCE",
            "[TIME] web-0 ready ADDRESS",
            "[TIME] web-1 launched as INSTANCE",
            "[TIME] web-1 ready ADDRESS",
            "run demo: 3 services in 2 levels",
        ]
    );
    lab.hoist("plan status demo").exit(0).stderr("").stdout(
        "demo is up, healthy (checked now)
  LEVEL  SERVICE  RECORDED  AGE  INSTANCE  CHECK  ADDRESS
  1 data  database  ready  TIME  running  passed  ADDRESS
  2 web  web-0  ready  TIME  running  passed  ADDRESS
  2 web  web-1  ready  TIME  running  passed  ADDRESS
",
    );
    lab.hoist("plan show demo").exit(0).stderr("").stdout(
        "demo is up  demo.toml
  1 data  database  ready  INSTANCE  ADDRESS  url=db://here
  2 web  web-0  ready  INSTANCE  ADDRESS
  2 web  web-1  ready  INSTANCE  ADDRESS
",
    );
    lab.hoist("plan list").exit(0).stderr("").stdout(
        "RUN  STATUS  READY  INSTANCES  AGE  LAST EVENT  PLAN  FILE
demo  up  3/3  3  TIME  TIME ago  demo  demo.toml
",
    );
    lab.hoist("plan logs demo database").exit(0).stderr("").stdout(
        "── database: boot program, WHEN, TIME, exit code 0
I am database
── database: ready program, WHEN, TIME, exit code 0
fine
",
    );
    lab.hoist("plan logs demo database --program boot").exit(0).never_says("fine").says("I am database\n");
    lab.hoist("plan logs demo databse")
        .exit(1)
        .stdout("")
        .stderr("hoist: run demo has no service databse\n  try: did you mean database?\n");
    let history = lab.hoist("plan history demo").exit(0).stderr("");
    let (titles, machines) = history.stdout.split_once('\n').unwrap();
    assert_eq!(titles, "SERVICE  INSTANCE  CLOUD  LAUNCHED  LIVED  RECORDED  NOW");
    // In the order in which the cloud answered.
    let mut machines: Vec<&str> = machines.lines().collect();
    machines.sort_unstable();
    assert_eq!(
        machines,
        ["database", "web-0", "web-1"].map(|service| format!("{service}  INSTANCE  local  WHEN  TIME  ready  running"))
    );
    lab.hoist("plan clean demo").exit(0).stderr("").stdout("every machine of the run is used by a service of it\n");
    lab.hoist("plan reload demo.toml --dry-run").exit(0).stderr("").stdout("demo is in line with the plan\n");
    for command in ["repair demo", "reboot demo"] {
        lab.hoist(&format!("plan {command} -q")).exit(0).stdout(up).stderr("");
    }
    let recorded = "demo is recorded as up: 3 services ready; their machines are there, nothing was checked\n";
    let (_, rest) = up.split_once('\n').unwrap();
    lab.hoist("plan resume demo -q").exit(0).stdout(&format!("{recorded}{rest}")).stderr("");
    let ended = lab.hoist("plan terminate demo").exit(0);
    assert!(ended.stderr.starts_with("terminating demo: 3 services, 3 instances\n"), "{ended}");
    let gone = "demo is gone: 3 services, nothing is left of them, TIME\n";
    let ended = ended.stdout(gone);
    assert!(ended.stderr.ends_with("[TIME] database terminated\n"), "the first level goes last\n{ended}");
    let again = format!("{gone}  asked again: local: 6 machines of it, all terminated\n");
    lab.hoist("plan terminate demo").exit(0).stdout(&again).stderr("");
    for command in
        ["resume demo", "repair demo", "reload demo.toml", "reload demo.toml --dry-run", "reboot demo", "clean demo"]
    {
        lab.hoist(&format!("plan {command}")).exit(1).stdout("").stderr(
            "hoist: run demo has ended: nothing is left of it\n  try: `hoist plan history demo` shows what it had\n",
        );
    }
    lab.hoist("plan status demo")
        .exit(0)
        .says("demo is terminated, nothing is left of it (as recorded, nothing was checked)\n");
    lab.hoist("plan logs demo database --program terminate").exit(0).says("bye\n");
    lab.hoist("plan history demo").exit(0).says("database  INSTANCE  local  WHEN  TIME  terminated  terminated\n");
    lab.hoist("plan list")
        .exit(0)
        .stdout("")
        .stderr("no run goes on; 1 run ended: `hoist plan list --all` lists what ended, too\n");
    let listed = lab.hoist("plan list --all").exit(0).stdout;
    let row = listed.lines().nth(1).unwrap();
    assert!(
        row.starts_with("demo  demo.") && row.ends_with("  terminated  0/3  0  TIME  TIME ago  demo  demo.toml"),
        "{row}"
    );
}

#[test]
fn a_boot_tells_its_events_as_they_happen() {
    let lab = lab();
    let lines = lab.hoist("plan boot demo.toml -o jsonl -q").exit(0).stderr("").json_lines();
    let (last, events) = lines.split_last().unwrap();
    assert_shape(
        last,
        &json!({ "schema": 1, "event": "=done", "run": "=demo", "outcome": "=up", "status": "=up", "seconds": "number" }),
    );
    for (index, event) in events.iter().enumerate() {
        assert_eq!((&event["schema"], &event["run"]), (&json!(1), &json!("demo")));
        assert_eq!(event["sequence"], index + 1, "every line of the journal, in order");
        assert_shape(&event["at"], &json!("time"));
    }
    let ready: Vec<&Value> =
        events.iter().filter(|event| event["change"] == "ready").map(|event| &event["service"]).collect();
    assert_eq!(ready.len(), 3);
    assert_eq!(ready[0], "database");
    for command in
        ["plan list", "plan show demo", "plan status demo", "plan history demo", "plan logs demo", "plan clean demo"]
    {
        assert_eq!(lab.hoist(command).arg("-o").arg("jsonl").exit(0).json_lines().len(), 1, "{command}: one line");
    }
    let lines = lab.hoist("plan terminate demo -o jsonl -q").exit(0).json_lines();
    assert_eq!(lines.last().unwrap()["outcome"], "gone");
}

#[test]
fn options_of_every_command_are_heard() {
    let lab = lab();
    lab.hoist("plan boot demo.toml -v")
        .exit(0)
        .says("] database runs its boot program\n")
        .says("] web-1 answers at ADDRESS\n");
    let elsewhere = lab.path("elsewhere.db");
    lab.hoist("plan list --state").arg(&elsewhere).exit(0).stdout("");
    assert!(!elsewhere.exists(), "a command that only reads makes no file");
    lab.hoist("plan status demo --color always").exit(0).says("demo\u{1b}[0m is \u{1b}[32mup\u{1b}[0m");
    lab.hoist("plan status demo --color never").env("CLICOLOR_FORCE", "1").exit(0).never_says("\u{1b}");
    lab.hoist("plan status demo").exit(0).never_says("\u{1b}");
    lab.hoist("plan status demo").env("CLICOLOR_FORCE", "1").exit(0).says("\u{1b}[32mup");
    lab.hoist("plan status demo").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").exit(0).never_says("\u{1b}");
}
