//! Whatever stands in a plan's files, loading, showing and importing it ends without a panic, and what it says can be
//! read.
//!
//! A quick look by default; `HOIST_FUZZ_CASES=1000000 cargo test --release --test core notation_fuzz` takes a long one.

use std::collections::BTreeMap;
use std::path::Path;

use hoist::plan::{Attributes, DollarTemplate, LoadOptions, Plan, PlanIndex, RuntimeValues, boot_env, import, load};
use hoist::report::plan::{PlanDocument, show_dot, show_human};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

/// Cases of each of the four kinds of input when nothing else is asked for.
const QUICK: u32 = 100;

const TOML: &str = r#"name = "webapp"
[variables]
port = "8080"
home = "env.HOME"
[defaults]
cloud = "local"
tags = { team = "x" }
[clouds.east]
provider = "ec2"
region = "us-east-1"
[[levels]]
name = "data"
[levels.services.database]
cloud = "east"
image = "ami-1"
instance_type = "t3.small"
boot  = { program = "run.sh", args = ["${global.port}", "${.name}"], config = "c.json", timeout = "1h30m" }
ready = { program = "run.sh", timeout = "2m", retries = 1, optional = true }
terminate = "run.sh"
attributes = { motto = "hello" }
max_price = 0.05
[[levels]]
number = 7
[levels.services.web]
replicas = 3
attributes = { database = "${database.address}:${.port}", port = 1, other = "${web-1.port}" }
[levels.services.old]
address = "${database.address}"
ssh = { user = "ann", port = 22, host_key = "accept-new" }
[levels.services.here]
run_on = "this-host"
timeout = 90
"#;

const TOP: &str = "# top\n[DEFAULT]\nwho: ann\n[defaults]\nimage: ami-1\niaas: us-east-1\nssh_username: %(who)s\niaas_key: env.KEY\nreadypgm: run.sh\n\
[cloud-east]\niaas: nimbus\niaas_url = https://h:8444/x\n[globals]\nport: 80 ; the port\n[runlevels]\nlevel1: one.conf\nlevel3: two.conf\n";
const ONE: &str = "[svc-db]\nbootpgm: run.sh\nbootpgm_args: -p ${global.port} 'a b' \"${.name}\"\nbootconf: c.json\ndeps: deps.conf\ncloud: cloud-east\npgm_timeout: 5\n\
rem a comment\n[svc-web]\nreplica_count: 2\nhostname: ${.motto}\ndeps2 = deps.conf\n";
const TWO: &str = "[svc-last]\nhostname: ${db.hostname}\nlocal_exe: true\nreadypgm_args: ${web-0.hostname}\n  more ${last.image}\niaas_launch: false\n";
const DEPS: &str = "[deps]\nmotto: hello %(other)s 100%%\nother: ${db.hostname}\nnumber: env.NUMBER\n";

/// Pieces that mean something in one of the notations.
const TOKENS: &[&str] = &[
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ":",
    "\n",
    "\n ",
    "\"",
    "'",
    "\"\"\"",
    "\\",
    "#",
    ";",
    " ;",
    ",",
    ".",
    "..",
    "/",
    "~",
    "$",
    "${",
    "${.",
    "${global.",
    "${db.",
    "${web-0.address}",
    "${.name}",
    "$$",
    "%",
    "%(",
    ")s",
    "%%",
    "%(who)s",
    "env.",
    "env.NUMBER",
    "-1",
    "0",
    "1000000000",
    "100001",
    "1e9",
    "0x10",
    "true",
    "1979-05-27",
    "levels",
    "level1",
    "level01",
    "services",
    "svc-",
    "[svc-a]",
    "[deps]",
    "[DEFAULT]",
    "replicas",
    "replica_count",
    "attributes",
    "boot",
    "program",
    "args",
    "timeout",
    "deps",
    "cloud",
    "cloud-east",
    "address",
    "hostname",
    "run.sh",
    "c.json",
    "one.conf",
    "top.conf",
    "deps.conf",
    "\r",
    "\t",
    "\0",
    "\u{feff}",
    "\u{1f980}",
    "é",
    "rem ",
    "default",
    "none",
];

/// A change to a text.
#[derive(Clone, Debug)]
enum Edit {
    Insert(Index, String),
    Delete(Index, Index),
    Copy(Index, Index, Index),
    Byte(Index, u8),
    Truncate(Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let position = any::<Index>;
    prop_oneof![
        6 => (position(), select(TOKENS)).prop_map(|(at, token)| Edit::Insert(at, token.to_owned())),
        2 => (position(), position()).prop_map(|(from, to)| Edit::Delete(from, to)),
        2 => (position(), position(), position()).prop_map(|(from, to, at)| Edit::Copy(from, to, at)),
        2 => (position(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        1 => position().prop_map(Edit::Truncate),
    ]
}

fn mutated(text: &str, edits: &[Edit]) -> Vec<u8> {
    /// No piece that is copied or deleted is longer: most of a valid plan should stay.
    const LONGEST: usize = 60;
    let mut bytes = text.as_bytes().to_vec();
    let range = |from: &Index, to: &Index, size: usize| {
        let from = from.index(size);
        from..(from + to.index(LONGEST)).min(size)
    };
    for edit in edits {
        let size = bytes.len().max(1);
        match edit {
            Edit::Insert(at, token) => {
                let at = at.index(size).min(bytes.len());
                bytes.splice(at..at, token.bytes());
            }
            Edit::Delete(from, to) if !bytes.is_empty() => drop(bytes.drain(range(from, to, size))),
            Edit::Copy(from, to, at) if !bytes.is_empty() => {
                let piece = bytes[range(from, to, size)].to_vec();
                let at = at.index(size);
                bytes.splice(at..at, piece);
            }
            Edit::Byte(at, byte) if !bytes.is_empty() => bytes[at.index(size)] = *byte,
            Edit::Truncate(at) => bytes.truncate(at.index(size)),
            _ => {}
        }
    }
    bytes
}

/// Facts of a run in which everything is up.
struct Up;

impl RuntimeValues for Up {
    fn launch(&self, service: &str, _: &str) -> Option<String> {
        Some(service.to_owned())
    }

    fn output(&self, _: &str, attribute: &str) -> Option<String> {
        (attribute != "none").then(|| "${.out}".to_owned())
    }
}

/// Everything that is done with a plan that loads.
fn use_plan(plan: Plan) {
    let json = serde_json::to_string(&PlanDocument::of(&plan)).unwrap();
    assert!(json.starts_with('{'));
    assert!(show_human(&plan).lines().all(|line| line.chars().count() <= 80));
    assert!(show_dot(&plan).starts_with("digraph"));
    let again: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    assert_eq!(again, plan, "a plan survives the journal");
    let index = PlanIndex::new(std::sync::Arc::new(plan));
    let attributes = Attributes::new(&index, &Up);
    for (_, service) in index.plan().services().take(50) {
        index.launch_needs(service);
        // What was validated can be expanded once everything is up.
        attributes.all(&service.name).unwrap();
        for text in service.texts() {
            attributes.expand(&service.name, text).unwrap();
        }
    }
}

struct Directory {
    directory: tempfile::TempDir,
    options: LoadOptions,
}

impl Directory {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in [("run.sh", "#!/bin/sh\n"), ("c.json", "{\"m\": \"$name\"}")] {
            std::fs::write(directory.path().join(name), content).unwrap();
        }
        let environment =
            [("HOME", "/nonexistent"), ("NUMBER", "3")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        let options = LoadOptions { environment: BTreeMap::from(environment), ..LoadOptions::default() };
        let this = Self { directory, options };
        this.write(TOP, ONE, TWO, DEPS);
        this
    }

    fn write(&self, top: impl AsRef<[u8]>, one: impl AsRef<[u8]>, two: impl AsRef<[u8]>, deps: impl AsRef<[u8]>) {
        let file = |name: &str, content: &[u8]| std::fs::write(self.directory.path().join(name), content).unwrap();
        file("top.conf", top.as_ref());
        file("one.conf", one.as_ref());
        file("two.conf", two.as_ref());
        file("deps.conf", deps.as_ref());
    }

    fn load(&self, name: &str) {
        let path = self.directory.path().join(name);
        match load(&path, &self.options) {
            Ok(loaded) => use_plan(loaded.plan),
            Err(problems) => {
                assert!(problems.error_count() > 0);
                let shown = problems.to_string();
                assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
                assert!(
                    problems.0.iter().all(|problem| problem.place.as_ref().is_none_or(|place| place.line != Some(0)))
                );
            }
        }
        if name == "top.conf"
            && let Ok(imported) = import(&path, &self.options, Path::new("/elsewhere"))
        {
            let toml = self.directory.path().join("imported.toml");
            std::fs::write(&toml, &imported.toml).unwrap();
            if let (Ok(before), after) = (load(&path, &self.options), load(&toml, &self.options)) {
                let after = after.unwrap_or_else(|problems| panic!("{problems}\n{}", imported.toml));
                assert_eq!(before.plan.service_count(), after.plan.service_count(), "{}", imported.toml);
            }
        }
    }
}

/// Runs a quarter of the cases that are asked for.
fn run<S: Strategy>(strategy: S, test: impl Fn(S::Value)) {
    let asked = std::env::var("HOIST_FUZZ_CASES").ok().and_then(|cases| cases.parse::<u32>().ok());
    let cases = asked.map_or(QUICK, |cases| cases.div_ceil(4));
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&strategy, |value| {
        test(value);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

#[test]
fn native_plans_with_mistakes() {
    let directory = Directory::new();
    run(proptest::collection::vec(edit(), 1..12), |edits| {
        std::fs::write(directory.directory.path().join("plan.toml"), mutated(TOML, &edits)).unwrap();
        directory.load("plan.toml");
    });
}

#[test]
fn cloudinitd_plans_with_mistakes() {
    let directory = Directory::new();
    let edits = || proptest::collection::vec(edit(), 0..6);
    run((edits(), edits(), edits(), edits()), |(top, one, two, deps)| {
        directory.write(mutated(TOP, &top), mutated(ONE, &one), mutated(TWO, &two), mutated(DEPS, &deps));
        directory.load("top.conf");
    });
}

#[test]
fn tokens_in_any_order() {
    let directory = Directory::new();
    let tokens = || proptest::collection::vec(select(TOKENS), 0..60).prop_map(|tokens| tokens.concat());
    run((tokens(), tokens()), |(text, deps)| {
        std::fs::write(directory.directory.path().join("plan.toml"), &text).unwrap();
        directory.load("plan.toml");
        directory.write(
            format!("[runlevels]\nlevel1: one.conf\n{text}"),
            format!("[svc-a]\nimage: x\n{text}"),
            "",
            format!("[deps]\n{deps}"),
        );
        directory.load("top.conf");
        if let Ok(template) = DollarTemplate::parse(&text) {
            let filled = template.fill(|name| Some(name.to_owned())).unwrap();
            assert!(filled.len() <= text.len());
        }
        let _ = boot_env(&format!("{{\"a\": {text}}}"));
    });
}

#[test]
fn bytes_that_are_no_plan() {
    let directory = Directory::new();
    run(proptest::collection::vec(any::<u8>(), 0..300), |bytes| {
        std::fs::write(directory.directory.path().join("plan.toml"), &bytes).unwrap();
        directory.load("plan.toml");
        directory.write(&bytes, &bytes, &bytes, &bytes);
        directory.load("top.conf");
    });
}
