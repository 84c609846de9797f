//! Runs of the past and runs that were left: how they are listed, called and dated.

use nix::sys::signal::Signal;

use crate::lab::Lab;

const PLAN: &str = "[[levels]]\n[levels.services.web]\nboot = \"say.sh\"\n";

/// A lab with two runs named `demo` that ended, of which the first said `first`, and the ids of both.
fn two_ended() -> (Lab, [String; 2]) {
    let lab = Lab::with_plan(PLAN);
    for word in ["first", "second"] {
        lab.program("say.sh", &format!("echo {word}"));
        lab.hoist("plan boot demo.toml").exit(0);
        lab.hoist("plan terminate demo").exit(0);
    }
    let runs = lab.hoist("plan list --all -o json").exit(0).json()["runs"].clone();
    let id = |at: usize| runs[at]["id"].as_str().unwrap().to_owned();
    let ids = [id(1), id(0)];
    (lab, ids)
}

#[test]
fn earlier_runs_of_a_name_are_known_by_their_ids() {
    let (lab, [first, second]) = two_ended();
    assert!(first.starts_with("demo.") && first != second);
    for (id, word) in [(&first, "first"), (&second, "second")] {
        lab.hoist(&format!("plan logs {id}")).exit(0).says(&format!("{word}\n"));
        let shown = lab.hoist(&format!("plan show {id} -o json")).exit(0).json();
        assert_eq!((shown["id"].as_str(), shown["status"].as_str()), (Some(id.as_str()), Some("terminated")));
        lab.hoist(&format!("plan history {id} --cached")).exit(0).says("web  INSTANCE  local  WHEN  TIME  terminated");
    }
    let machines =
        |run: &str| lab.hoist(&format!("plan history {run} --cached -o json")).exit(0).json()["machines"].clone();
    assert_ne!(machines(&first), machines(&second));
    assert_eq!(machines("demo"), machines(&second), "the name alone is that of the newest");
    lab.hoist("plan logs demo.0123456789ab").exit(1).says("there is no run named demo.0123456789ab");
}

#[test]
fn what_goes_on_is_listed_first_and_then_the_newest() {
    let (lab, [first, second]) = two_ended();
    lab.hoist("plan list")
        .exit(0)
        .stdout("")
        .stderr("no run goes on; 2 runs ended: `hoist plan list --all` lists what ended, too\n");
    lab.file("other.toml", "name = \"shop\"\n[[levels]]\n[levels.services.web]\n");
    for name in ["old", "new"] {
        lab.hoist(&format!("plan boot other.toml --name {name}")).exit(0);
    }
    lab.hoist("plan boot other.toml --name gone").exit(0);
    lab.hoist("plan terminate gone").exit(0);
    let listed = lab.hoist("plan list").exit(0).stderr("");
    assert_eq!(
        listed.stdout,
        "RUN  STATUS  READY  INSTANCES  AGE  LAST EVENT  PLAN  FILE
new  up  1/1  1  TIME  TIME ago  shop  other.toml
old  up  1/1  1  TIME  TIME ago  shop  other.toml
"
    );
    let all = lab.hoist("plan list --all").exit(0);
    let ids: Vec<&str> = all.stdout.lines().skip(1).map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert!(ids[0].starts_with("new.") && ids[1].starts_with("old.") && ids[2].starts_with("gone."), "{all}");
    assert_eq!(ids[3..], [second, first]);
    assert!(all.stdout.starts_with("RUN  ID  STATUS  READY"), "{all}");
}

#[test]
fn a_boot_that_nobody_works_on_any_more_is_interrupted() {
    let lab = Lab::with_plan(PLAN);
    lab.gated_program("say.sh", "");
    let boot = lab.hoist("plan boot demo.toml").spawn();
    let gate = lab.await_gate("web");
    let status = |words: &str| lab.hoist(words).run().json()["status"].as_str().unwrap().to_owned();
    assert_eq!(lab.hoist("plan list -o json").exit(0).json()["runs"][0]["status"], "booting");
    assert_eq!(status("plan status demo -o json"), "booting");
    assert_eq!(status("plan show demo -o json"), "booting");
    boot.signal(Signal::SIGKILL);
    boot.wait();
    assert_eq!(lab.hoist("plan list -o json").exit(0).json()["runs"][0]["status"], "interrupted");
    assert_eq!(status("plan status demo -o json"), "interrupted");
    assert_eq!(status("plan show demo -o json"), "interrupted");
    lab.hoist("plan list").exit(0).says("demo  interrupted  0/1");
    lab.hoist("plan status demo").exit(1).says("demo is interrupted, ").says("hoist plan resume demo");
    lab.hoist("plan show demo").exit(0).says("demo is interrupted  demo.toml\n");
    let resume = lab.hoist("plan resume demo").spawn();
    gate.open();
    resume.wait().exit(0);
    lab.hoist("plan list").exit(0).says("demo  up  1/1");
}

#[test]
fn times_are_local_with_their_offset_for_people_and_utc_in_documents() {
    let lab = Lab::with_plan(PLAN);
    lab.gated_program("say.sh", "echo hello");
    let boot = lab.hoist("plan boot demo.toml --lease 6h").spawn();
    let gate = lab.await_gate("web");
    // Half an hour off, as no other zone nearby is.
    let shown = |words: &str| lab.hoist(words).env("TZ", "XYZ-3:30").run().raw_stdout;
    for words in ["plan list", "plan status demo"] {
        assert!(has(&shown(words), "XYZ (+03:30)"), "{words}: {}", shown(words));
    }
    let held = lab.hoist("plan resume demo").env("TZ", "XYZ-3:30").exit(4);
    assert!(has(&held.raw_stderr, "XYZ (+03:30)"), "{held}");
    gate.open();
    boot.wait().exit(0);
    for words in ["plan logs demo", "plan history demo", "plan status demo", "plan show demo"] {
        let text = shown(words);
        assert!(has(&text, "XYZ (+03:30)"), "{words}: {text}");
        assert!(!has(&text, "Z") && !has(&text, "UTC"), "{words}: {text}");
        let document = shown(&format!("{words} -o json"));
        assert!(document.contains("Z\"") && !document.contains("XYZ"), "{words}: {document}");
    }
}

/// Whether a time stands in the text with just this behind it.
fn has(text: &str, zone: &str) -> bool {
    let is_time = |at: usize| {
        text.get(at - 9..at).is_some_and(|time| {
            let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            shape == " 00:00:00" || shape == "T00:00:00"
        })
    };
    (9..text.len()).any(|at| text.is_char_boundary(at) && is_time(at) && text[at..].trim_start().starts_with(zone))
}
