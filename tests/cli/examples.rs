//! Every plan in `launch-plans/`: booted, used, broken, repaired, reloaded, rebooted and terminated.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::lab::{Lab, eventually};
use crate::traces;
use hoist_test_support::tree::copy_tree;

/// What the tests below know of an example.
struct Example {
    /// Its folder, which is also the run's name.
    name: &'static str,
    file: &'static str,
    levels: usize,
    services: &'static [&'static str],
    /// Whether what the services do can be seen from outside.
    works: fn(&Lab),
    /// The service whose process is killed, and a word of that process's command line.
    process: (&'static str, &'static str),
    /// The service whose whole instance is killed.
    instance: &'static str,
    /// A variable that changes what a reload raises.
    variable: &'static str,
}

const EXAMPLES: [Example; 2] = [
    Example {
        name: "webapp",
        file: "webapp.toml",
        levels: 3,
        services: &["database", "web-0", "web-1", "web-2", "proxy"],
        works: webapp_works,
        process: ("web-1", "web.py"),
        instance: "proxy",
        variable: "port=8081",
    },
    Example {
        name: "sleepers",
        file: "top.conf",
        levels: 3,
        services: &["registry", "sleeper-0", "sleeper-1", "sleeper-2", "alarm"],
        works: sleepers_work,
        process: ("sleeper-1", "sleep"),
        instance: "sleeper-2",
        variable: "greeting=good day",
    },
];

/// Examples that need more than this machine, or a variable, and are booted by the tests `ec2_runs`, `pool` and
/// `render_farm`.
const ELSEWHERE: [(&str, &str); 3] =
    [("webapp-ec2", "webapp-ec2.toml"), ("htcondor-pool", "htcondor-pool.toml"), ("render-farm", "render-farm.toml")];

/// Copies the examples to where a user may have them.
pub(crate) fn copy(lab: &Lab) {
    copy_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("launch-plans"), &lab.path("launch-plans"));
}

#[test]
fn every_example_is_tested_and_has_a_readme() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("launch-plans");
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        let name = entry.file_name().into_string().unwrap();
        let here = EXAMPLES.iter().map(|example| (example.name, example.file));
        let found = here.chain(ELSEWHERE).find(|(known, _)| *known == name);
        let (_, file) = found.unwrap_or_else(|| panic!("launch-plans/{name} has no test in {}", file!()));
        assert!(entry.path().join(file).is_file(), "launch-plans/{name} has no {file}");
        let readme = fs::read_to_string(entry.path().join("README.md")).unwrap();
        let command = format!("hoist plan boot launch-plans/{name}/{file}");
        assert!(readme.contains(&command), "the README of {name} does not say `{command}`");
    }
}

#[test]
fn webapp_lives_and_dies() {
    let lab = Lab::new();
    copy(&lab);
    lives_and_dies(&lab, &EXAMPLES[0]);
}

#[test]
fn sleepers_live_and_die() {
    let lab = Lab::new();
    copy(&lab);
    lives_and_dies(&lab, &EXAMPLES[1]);
}

#[test]
fn examples_are_shown_in_every_form_and_tried_without_launching() {
    let lab = Lab::new();
    copy(&lab);
    let before = traces::snapshot(lab.root());
    for example in &EXAMPLES {
        let (name, file) = (example.name, format!("launch-plans/{}/{}", example.name, example.file));
        let counts = format!("{} services in {} levels", example.services.len(), example.levels);
        let valid = format!("{name} is valid: {counts}\n");
        lab.hoist("plan validate").arg(&file).exit(0).stdout(&valid).stderr("");

        let human = lab.hoist("plan show").arg(&file).exit(0).stderr("").stdout;
        assert!(human.starts_with(&format!("{name}: {counts}\n")), "{human}");
        let document = lab.hoist("plan show -o json").arg(&file).exit(0).stderr("").json();
        assert_eq!(names(&document), example.services);
        let dot = lab.hoist("plan show --dot").arg(&file).exit(0).stderr("").stdout;
        assert!(dot.starts_with(&format!("digraph \"{name}\" {{")) && dot.ends_with("}\n"), "{dot}");
        assert_eq!(dot.matches("subgraph ").count(), example.levels, "{dot}");

        let tried = lab.hoist("plan boot --dry-run").arg(&file).exit(0).stderr("").stdout;
        assert!(tried.starts_with(&format!("{name}: {counts} would be raised, ")), "{tried}");
        assert!(tried.ends_with("nothing was launched and nothing was recorded\n"), "{tried}");
        let tried = lab.hoist("plan boot --dry-run -o json").arg(&file).exit(0).stderr("").json();
        assert_eq!((&tried["dry_run"], &tried["status"]), (&true.into(), &"up".into()));
        assert_eq!(names(&tried), example.services);
    }
    assert!(before == traces::snapshot(lab.root()), "something was changed or made");
    lab.assert_nothing_runs();
}

fn names(document: &Value) -> Vec<&str> {
    let levels = document["levels"].as_array().unwrap().iter();
    let services = levels.flat_map(|level| level["services"].as_array().unwrap());
    services.map(|service| service["name"].as_str().unwrap()).collect()
}

/// The whole life of an example.
fn lives_and_dies(lab: &Lab, example: &Example) {
    let file = format!("launch-plans/{}/{}", example.name, example.file);
    boots(lab, example);

    let (service, command) = example.process;
    kill_process_of(lab, example.name, service, command);
    let status = lab.hoist("plan status").arg(example.name).exit(1);
    status.says(&format!("✗ {service} failed in stage ready: "));
    repairs(lab, example);

    let before = lab.service(example.name, example.instance);
    kill_instance_of(lab, example.name, example.instance);
    let status = lab.hoist("plan status").arg(example.name).exit(1);
    status.says(&format!(" {}  ready  TIME  terminated  gone  ADDRESS\n", example.instance));
    repairs(lab, example);
    let after = lab.service(example.name, example.instance);
    assert_ne!(before["instance_id"], after["instance_id"], "the dead instance was replaced");

    let reload = || lab.hoist("plan reload").arg(&file).arg("--var").arg(example.variable);
    reload().arg("--dry-run").exit(2);
    reload().exit(0);
    (example.works)(lab);
    reload().arg("--dry-run").exit(0).stdout(&format!("{} is in line with the plan\n", example.name));

    lab.hoist("plan reboot").arg(example.name).exit(0);
    (example.works)(lab);
    let last = lab.service(example.name, example.instance);
    assert_ne!(last["instance_id"], after["instance_id"], "everything was raised anew");
    terminates(lab, example);
}

/// Boots an example and sees that it works.
fn boots(lab: &Lab, example: &Example) {
    let file = format!("launch-plans/{}/{}", example.name, example.file);
    let booted = lab.hoist("plan boot").arg(&file).exit(0);
    let head = format!("{} is up: {} services ready, TIME\n", example.name, example.services.len());
    assert!(booted.stdout.starts_with(&head), "{booted}");
    let levels = booted.stderr.lines().filter(|line| line.contains("] level ") && line.ends_with(" is up")).count();
    assert_eq!(levels, example.levels, "{booted}");
    lab.hoist("plan status").arg(example.name).exit(0).stderr("");
    (example.works)(lab);
}

fn repairs(lab: &Lab, example: &Example) {
    lab.hoist("plan repair --with-dependents").arg(example.name).exit(0);
    lab.hoist("plan status").arg(example.name).exit(0).stderr("");
    (example.works)(lab);
}

fn terminates(lab: &Lab, example: &Example) {
    let document = lab.hoist("plan show -o json").arg(example.name).exit(0).json();
    let levels = document["levels"].as_array().unwrap().iter();
    let services = levels.flat_map(|level| level["services"].as_array().unwrap());
    let addresses: Vec<String> =
        services.filter_map(|service| service["address"].as_str().map(str::to_owned)).collect();
    assert_eq!(addresses.len(), example.services.len());
    lab.hoist("plan terminate").arg(example.name).exit(0).stdout(&format!(
        "{} is gone: {} services, nothing is left of them, TIME\n",
        example.name,
        example.services.len()
    ));
    lab.assert_nothing_runs();
    let listeners = traces::listeners();
    let left = listeners.iter().find(|listener| addresses.contains(&listener.to_string()));
    assert_eq!(left, None, "something still listens");
}

/// Boots, checks and terminates webapp, as a user who cannot do much.
pub(crate) fn webapp_once(lab: &Lab) {
    copy(lab);
    boots(lab, &EXAMPLES[0]);
    terminates(lab, &EXAMPLES[0]);
}

/// Visitors are greeted by each server in turn, and counted by all of them together.
fn webapp_works(lab: &Lab) {
    let url = lab.service("webapp", "proxy")["attributes"]["url"].as_str().unwrap().to_owned();
    let visits: Vec<(String, u32)> = (0..6).map(|_| visit(&url)).collect();
    for name in ["web-0", "web-1", "web-2"] {
        assert_eq!(visits.iter().filter(|(server, _)| server == name).count(), 2, "{visits:?}");
    }
    let counts: Vec<u32> = visits.iter().map(|(_, count)| *count).collect();
    assert!(counts.windows(2).all(|pair| pair[1] == pair[0] + 1), "{visits:?}");
}

/// Asks `url` (`http://ADDRESS:PORT`) for its page; gives the server's name and the visitor's number.
fn visit(url: &str) -> (String, u32) {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let page = answer.lines().last().unwrap_or_default();
    let found = page.strip_prefix("hello from ").and_then(|rest| rest.split_once(": visitor "));
    let (server, count) = found.unwrap_or_else(|| panic!("no greeting: {answer}"));
    assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    (server.to_owned(), count.trim().parse().unwrap())
}

/// Every sleeper has a bed in the registry's room, its peers' addresses, and is asleep.
fn sleepers_work(lab: &Lab) {
    let registry = lab.service("sleepers", "registry");
    let room = registry["attributes"]["room"].as_str().unwrap();
    assert!(room.starts_with("registry-"), "{room}");
    let sleepers: Vec<Value> = (0..3).map(|index| lab.service("sleepers", &format!("sleeper-{index}"))).collect();
    let addresses: Vec<&str> = sleepers.iter().map(|sleeper| sleeper["address"].as_str().unwrap()).collect();
    for (index, sleeper) in sleepers.iter().enumerate() {
        let attributes = &sleeper["attributes"];
        assert_eq!(attributes["bed"], format!("{room}/sleeper-{index}"));
        assert_eq!(attributes["peers"], addresses.join(","));
        assert_eq!(attributes["greeting"], registry["attributes"]["greeting"]);
        let id = sleeper["instance_id"].as_str().unwrap();
        assert_eq!(processes_of(id, "sleep").len(), 1, "sleeper-{index} sleeps once");
    }
    assert_eq!(lab.service("sleepers", "alarm")["run_on"], "this-host");
}

fn processes_of(instance: &str, word: &str) -> Vec<i32> {
    let mark = format!("HOIST_INSTANCE={instance}");
    let processes = traces::processes(Path::new(&mark)).into_iter();
    let numbered = processes.filter_map(|process| {
        let (number, command) = process.split_once(' ')?;
        command.contains(word).then(|| number.parse().ok())?
    });
    numbered.collect()
}

fn instance_of(lab: &Lab, run: &str, service: &str) -> String {
    lab.service(run, service)["instance_id"].as_str().unwrap().to_owned()
}

fn kill_process_of(lab: &Lab, run: &str, service: &str, word: &str) {
    let processes = processes_of(&instance_of(lab, run, service), word);
    assert_eq!(processes.len(), 1, "{service} has one process that is called {word}");
    kill(Pid::from_raw(processes[0]), Signal::SIGKILL).unwrap();
    eventually("it is dead", || (!traces::is_running(processes[0])).then_some(()));
}

/// Kills the init of a service's instance, and with it everything on it.
pub(crate) fn kill_instance_of(lab: &Lab, run: &str, service: &str) {
    let status = lab.path("state/local/instances").join(instance_of(lab, run, service)).join("status.json");
    let status: Value = serde_json::from_slice(&fs::read(status).unwrap()).unwrap();
    let init = i32::try_from(status["process"].as_i64().unwrap()).unwrap();
    kill(Pid::from_raw(init), Signal::SIGKILL).unwrap();
    eventually("its init is dead", || (!traces::is_running(init)).then_some(()));
}
