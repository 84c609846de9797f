//! Each limit of a fleet is told first, and what is told to lift it lifts it when it is typed.

use serde_json::Value;

use crate::lab::{Lab, eventually};

/// A fleet whose program tells of nine jobs, and of every instance as a host with as many jobs as the file `busy` says.
const FILE: &str = "name = \"crunch\"
[workers]
min = 0
max = 3
idle = \"1s\"
waiting_time = 0
[queue]
kind = \"command\"
program = [\"./pool.sh\"]
[cloud]
provider = \"local\"
[machines.big]
price = 0.25
[engine]
name = \"elastiq\"
queue_every = \"1s\"
machines_every = \"1s\"
errors_every = \"1s\"
";

const POOL: &str = r#"cd "$(dirname "$0")"
[ -e waiting ] || { echo "no queue here" >&2; exit 1; }
hosts=
for instance in state/local/instances/*/; do
    [ -d "$instance" ] || continue
    hosts="$hosts${hosts:+, }{\"id\": \"$(basename "$instance")\", \"busy\": $(cat busy), \"slots\": 1}"
done
echo "{\"waiting\": $(cat waiting), \"hosts\": [$hosts]}""#;

/// A limit, as a fleet meets it.
struct Row {
    /// What is changed in the fleet file: text, and what takes its place.
    change: (&'static str, &'static str),
    /// Number of workers that the limit allows.
    held: u64,
    /// Part of what `why` tells first.
    sentence: &'static str,
    /// What it tells to try; FILE is the fleet file.
    remedy: &'static str,
    /// The line that a person writes when a setting is to be raised. None: the command does all.
    raised: Option<&'static str>,
    /// Number of workers once it is lifted.
    lifted: u64,
}

const ROWS: [Row; 5] = [
    Row {
        change: ("max = 3", "max = 1"),
        held: 1,
        sentence: "the maximum is 1, and 0 live",
        remedy: "`hoist elastic set crunch --max 9`",
        raised: None,
        lifted: 9,
    },
    Row {
        change: ("price = 0.25", "price = 0.25\nmax = 1"),
        held: 1,
        sentence: "of kind big wanted for waiting jobs, 1 may be launched: the maximum of this kind is 1, and 0 live",
        remedy: "raise max of [machines.big] (FILE:14), then `hoist elastic reload crunch`",
        raised: Some("max = 2"),
        lifted: 2,
    },
    Row {
        change: ("[engine]", "[limits]\nbudget_per_hour = 0.6\n[engine]"),
        held: 2,
        sentence: "an hour may cost $0.60; the workers cost $0.00, and one more $0.25",
        remedy: "raise budget_per_hour of [limits] (FILE:15), then `hoist elastic reload crunch`",
        raised: Some("budget_per_hour = 0.8"),
        lifted: 3,
    },
    Row {
        change: ("[engine]", "[limits]\nbudget = 0.3\n[engine]"),
        held: 1,
        sentence: "the fleet may cost $0.30 in all; $0.00 are spent, what runs may cost $0.00 until its leases end, \
                   and one more $0.25",
        remedy: "raise budget of [limits] (FILE:15), then `hoist elastic reload crunch`",
        raised: Some("budget = 9"),
        lifted: 3,
    },
    Row {
        change: ("[engine]", "[limits]\nlaunches_per_minute = 1\n[engine]"),
        held: 1,
        sentence: "at most 1 launch a minute is allowed, and 0 were made in the last one",
        remedy: "wait a minute, or raise launches_per_minute of [limits] (FILE:15), then `hoist elastic reload crunch`",
        raised: Some("launches_per_minute = 60"),
        lifted: 3,
    },
];

#[test]
fn each_limit_of_growth_is_told_first_and_lifted_as_it_is_told() {
    for row in ROWS {
        let lab = lab(row.change);
        let pass = pass_with(&lab, row.sentence);
        let file = lab.path("elastic.toml").display().to_string();
        assert_eq!(pass["obstacle"]["remedy"], row.remedy.replace("FILE", &file), "{pass:#}");
        assert_eq!(status(&lab)["live"], row.held, "{}", row.sentence);
        // One line tells it, not two.
        let why = lab.hoist("elastic why crunch").exit(0);
        assert_eq!(why.raw_stdout.matches(row.sentence).count(), 1, "{why}");
        lift(&lab, row.remedy, row.raised);
        eventually(&format!("{} is lifted", row.sentence), || {
            lab.hoist("elastic once").run();
            (status(&lab)["live"] == row.lifted).then_some(())
        });
        end(&lab);
    }
}

#[test]
fn a_pause_is_told_first_and_ended() {
    let lab = lab(("max = 3", "max = 2"));
    lab.hoist("elastic once").exit(0);
    lab.hoist("elastic set crunch --pause").exit(0);
    let pass = pass_with(&lab, "the fleet is paused: nothing is launched, drained or ended");
    assert_eq!(pass["obstacle"]["remedy"], "`hoist elastic set crunch --resume`");
    assert_eq!(status(&lab)["live"], 0);
    lift(&lab, "`hoist elastic set crunch --resume`", None);
    grown(&lab, 2);
    end(&lab);
}

#[test]
fn a_source_that_does_not_answer_is_told_first_and_the_scaler_goes_on_by_itself() {
    let lab = lab(("max = 3", "max = 2"));
    std::fs::remove_file(lab.path("waiting")).unwrap();
    let pass = pass_with(&lab, "the queue: no answer");
    let remedy = pass["obstacle"]["remedy"].as_str().unwrap();
    assert!(remedy.starts_with("bring back the queue of [queue] ("), "{remedy}");
    assert!(remedy.ends_with("elastic.toml); the scaler goes on by itself"), "{remedy}");
    assert!(pass["failed"]["demand"].as_str().unwrap().contains("no queue here"), "{pass:#}");
    assert_eq!(status(&lab)["live"], 0);
    lab.file("waiting", "9\n");
    grown(&lab, 2);
    end(&lab);
}

#[test]
fn workers_that_never_come_up_stop_launches_and_one_is_tried_later() {
    let lab = lab(("waiting_time = 0", "waiting_time = 0\ndeploy_time = \"1s\""));
    lab.program("pool.sh", "echo '{\"waiting\": 9, \"hosts\": []}'");
    // How many fail before two rounds have is a matter of which are noticed together.
    let pass = pass_with(&lab, " workers in a row failed to come up, so launches are stopped; one is tried from ");
    let remedy = pass["obstacle"]["remedy"].as_str().unwrap();
    assert!(
        remedy.starts_with("find out why workers do not join (`hoist elastic why crunch --machine ID`"),
        "{remedy}"
    );
    assert_eq!(status(&lab)["live"], 0);
    let life = lab.hoist("elastic why crunch --machine crunch-1").exit(0);
    assert!(life.raw_stdout.contains("because not seen in the pool within 1 s of the launch (deploy_time)"), "{life}");
    // The cause is gone: one is tried at the time that was told, and the others wait for it.
    lab.program("pool.sh", POOL);
    lab.file("elastic.toml", FILE.replace("waiting_time = 0", "waiting_time = 0\ndeploy_time = \"5m\""));
    grown(&lab, 1);
    pass_with(&lab, "so launches are stopped; one is being tried now");
    end(&lab);
}

#[test]
fn a_worker_that_a_person_takes_out_stays_until_its_jobs_have_ended() {
    let lab = lab(("min = 0", "min = 1"));
    lab.file("waiting", "0\n");
    grown(&lab, 1);
    lab.hoist("elastic drain crunch -m crunch-1").exit(0);
    let pass = pass_with(&lab, " stays for now: it has 1 claim, whose jobs go on");
    assert_eq!(pass["obstacle"]["remedy"], "wait until its jobs have ended; it is ended then");
    let phase = || lab.hoist("elastic why crunch -m crunch-1 -o json").exit(0).json()["phase"].clone();
    assert_eq!(phase(), "draining");
    lab.file("busy", "0\n");
    eventually("it is ended", || {
        lab.hoist("elastic once").run();
        (phase() == "gone").then_some(())
    });
    end(&lab);
}

#[test]
fn the_minimum_keeps_idle_workers_until_it_is_lowered() {
    let lab = lab(("min = 0\nmax = 3", "min = 2\nmax = 2"));
    grown(&lab, 2);
    lab.file("waiting", "0\n").file("busy", "0\n");
    let sentence = "2 workers without a job, of which 0 end: the minimum of 2 keeps the rest";
    let pass = pass_with(&lab, sentence);
    assert_eq!(pass["obstacle"]["remedy"], "`hoist elastic set crunch --min 1` lets one more go");
    lift(&lab, "`hoist elastic set crunch --min 1` lets one more go", None);
    grown(&lab, 1);
    end(&lab);
}

/// A lab with the fleet file, in which something is changed.
fn lab((from, to): (&str, &str)) -> Lab {
    let lab = Lab::new();
    assert!(FILE.contains(from), "{from}");
    lab.file("elastic.toml", FILE.replacen(from, to, 1)).file("waiting", "9\n").file("busy", "1\n");
    lab.program("pool.sh", POOL);
    lab
}

/// Makes passes until the last one is held back by this; returns it.
#[track_caller]
fn pass_with(lab: &Lab, sentence: &str) -> Value {
    let mut last = Value::Null;
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        eventually(&format!("a pass is held back: {sentence}"), || {
            lab.hoist("elastic once").run();
            last = lab.hoist("elastic why crunch -o json").exit(0).json()["passes"][0].clone();
            let told = last["obstacle"]["sentence"].as_str().unwrap_or_default();
            told.contains(sentence).then(|| last.clone())
        })
    }));
    found.unwrap_or_else(|_| panic!("no pass is held back by {sentence:?}: {last:#}"))
}

/// Makes passes until so many workers live.
fn grown(lab: &Lab, workers: u64) {
    eventually(&format!("{workers} workers live"), || {
        lab.hoist("elastic once").run();
        (status(lab)["live"] == workers).then_some(())
    });
}

/// Ends the fleet, whose jobs have ended.
fn end(lab: &Lab) {
    lab.file("busy", "0\n");
    lab.hoist("elastic stop crunch --yes").exit(0);
}

fn status(lab: &Lab) -> Value {
    lab.hoist("elastic status crunch -o json").run().json()
}

/// Does what a remedy says: writes the line of the setting where it says, and types the command.
fn lift(lab: &Lab, remedy: &str, raised: Option<&str>) {
    if let Some(line) = raised {
        let (_, place) = remedy.split_once(" of [").unwrap();
        let (section, place) = place.split_once("] (FILE").unwrap();
        let text = std::fs::read_to_string(lab.path("elastic.toml")).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        match place.strip_prefix(':').and_then(|rest| rest.split(')').next()?.parse::<usize>().ok()) {
            Some(number) => lines[number - 1] = line,
            None => {
                let header = format!("[{section}]");
                let at = lines.iter().position(|line| *line == header).unwrap();
                lines.insert(at + 1, line);
            }
        }
        lab.file("elastic.toml", lines.join("\n") + "\n");
    }
    let command = remedy.split('`').nth(1).unwrap().strip_prefix("hoist ").unwrap();
    lab.hoist(command).arg("--no-wait").exit(0);
}
