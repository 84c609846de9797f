//! Damages of the file and of its log: what is read is what was written, or it is refused. `HOIST_DAMAGES=N` tries N of
//! each kind.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use hoist::annex::AnnexName;
use hoist::engine::RunStatus;
use hoist::plan::CloudConfig;
use hoist::state::{NewRun, Owner, StateError, StateFile};
use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

use crate::state::fleet_damages::ask_of_fleets;
use crate::state::fleet_support::write_fleets;
use crate::state::support::{annex_journal, append, batch, ended, output, plan, record_annex, summary};

/// Numbers that are the same for the same seed: splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }
}

fn count(usual: usize) -> usize {
    std::env::var("HOIST_DAMAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A file with runs and annexes, some ended and some not, that is still open.
fn written(file: &Path) -> StateFile {
    let state = StateFile::open(file).unwrap();
    let me = Owner::current();
    for (name, is_ended) in [("old", true), ("webapp", false), ("webapp-2", false), ("older", true)] {
        let (_, lock) = state.create_run(&NewRun { name, plan: &plan("demo") }, &me).unwrap();
        for n in 0..4 {
            let mut next = batch(n * 5 + 1..=n * 5 + 5);
            next.outputs.push(output("web", &format!("{name} {n} ").repeat(40)));
            append(&*lock.store(), next).unwrap();
        }
        let last = if is_ended { ended(21) } else { batch(21..=21) };
        append(&*lock.store(), last).unwrap();
    }
    for (name, left_out) in [("bar", 0), ("foo", 1)] {
        let place = CloudConfig { provider: "ec2".to_owned(), ..Default::default() };
        let (_, lock) = state.create_annex(&name.parse().unwrap(), &place, &me).unwrap();
        let lines = annex_journal();
        lines.iter().take(lines.len() - left_out).for_each(|line| record_annex(&*lock.journal(), line).unwrap());
    }
    drop(write_fleets(&state));
    state
}

type Answer = (String, Result<String, StateError>);

/// Everything that commands ask of the file.
fn answers(file: &Path) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    let state = match StateFile::open(file) {
        Ok(state) => state,
        Err(error) => return vec![("open".to_owned(), Err(error))],
    };
    let mut add = |what: &str, answer: Result<String, StateError>| answers.push((what.to_owned(), answer));
    for all in [false, true] {
        let listed = state.runs(all).map(|rows| {
            let row = |row: hoist::state::RunRow| {
                format!(
                    "{} {} {} {:?} {:?} {:?}",
                    row.name, row.tag, row.plan_name, row.updated_at, row.ended_at, row.summary
                )
            };
            rows.into_iter().map(row).collect::<Vec<_>>().join("\n")
        });
        add(if all { "all runs" } else { "runs" }, listed);
        let annexes =
            state.annexes(all).map(|rows| format!("{:?}", rows.iter().map(|row| &row.record).collect::<Vec<_>>()));
        add(if all { "all annexes" } else { "annexes" }, annexes);
    }
    for name in ["old", "webapp", "webapp-2", "older"] {
        let found = state.find(name);
        add(
            &format!("find {name}"),
            found.as_ref().map(|row| format!("{:?} {:?}", row.id, row.ended_at)).map_err(said),
        );
        if let Ok(row) = found {
            add(&format!("load {name}"), state.load(row.id).map(|loaded| format!("{loaded:?}")));
            add(&format!("outputs {name}"), state.outputs(row.id, None).map(|outputs| format!("{outputs:?}")));
            let mut records = Vec::new();
            let read = state.records(row.id, 17, |record| records.push(record));
            add(&format!("records {name}"), read.map(|()| format!("{records:?}")));
        }
    }
    for name in ["bar", "foo"] {
        let name: AnnexName = name.parse().unwrap();
        add(&format!("annex {name}"), state.find_annex(&name).map(|record| format!("{record:?}")));
    }
    ask_of_fleets(&state, &mut add);
    answers
}

fn said(error: &StateError) -> StateError {
    StateError::Sqlite { path: PathBuf::new(), doing: "find", detail: error.to_string() }
}

/// Each answer is as it was, or an error; gives how many were errors.
#[track_caller]
fn judge(what: &str, sound: &[Answer], file: &Path) -> usize {
    let found = answers(file);
    for (question, answer) in &found {
        let Ok(answer) = answer else { continue };
        if question == "open" {
            continue;
        }
        let expected = &sound.iter().find(|(known, _)| known == question).unwrap().1;
        assert_eq!(answer, expected.as_ref().unwrap(), "{what}: \"{question}\" is silently wrong");
    }
    found.iter().filter(|(_, answer)| answer.is_err()).count()
}

/// Changes some bytes, in one of the ways in which disks and people do; says how.
fn damage(content: &mut Vec<u8>, dice: &mut Dice) -> String {
    let size = content.len();
    let at = dice.roll(size);
    let length = (1 + dice.roll(4096)).min(size - at);
    let page = |at: usize| at / 4096 * 4096;
    match dice.roll(8) {
        0..=2 => {
            let bit = dice.roll(8);
            content[at] ^= 1 << bit;
            format!("bit {bit} of byte {at}")
        }
        3 => {
            content[at..at + length].fill(0);
            format!("{length} zeros at {at}")
        }
        4 => {
            content[at..at + length].iter_mut().for_each(|byte| *byte = dice.roll(256) as u8);
            format!("{length} random bytes at {at}")
        }
        5 => {
            content.truncate(at);
            format!("cut at {at}")
        }
        6 if size >= 8192 => {
            let (from, to) = (page(dice.roll(size - 4095)), page(dice.roll(size - 4095)));
            content.copy_within(from..from + 4096, to);
            format!("the page at {from} over that at {to}")
        }
        _ => {
            let byte = dice.roll(256) as u8;
            content[at] = byte;
            format!("byte {at} is {byte}")
        }
    }
}

/// Copies of a state file's parts in a directory of its own.
fn copy(parts: &[(&str, Vec<u8>)]) -> (TempDir, PathBuf) {
    let directory = tempdir().unwrap();
    for (suffix, content) in parts {
        let path = directory.path().join(format!("hoist.db{suffix}"));
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }
    let file = directory.path().join("hoist.db");
    (directory, file)
}

fn part(file: &Path, suffix: &str) -> Vec<u8> {
    fs::read(file.with_file_name(format!("hoist.db{suffix}"))).unwrap()
}

#[test]
fn a_damaged_file_is_refused_or_says_what_it_said() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    drop(written(&file));
    let (content, head) = (part(&file, ""), part(&file, "-head"));
    let sound = answers(&file);
    assert!(sound.iter().all(|(_, answer)| answer.is_ok()), "{sound:?}");
    let mut refused = 0;
    for seed in 0..count(300) {
        let mut damaged = content.clone();
        let what = damage(&mut damaged, &mut Dice(seed as u64));
        let (_directory, copy) = copy(&[("", damaged), ("-head", head.clone())]);
        refused += usize::from(judge(&format!("seed {seed}, {what}"), &sound, &copy) > 0);
    }
    assert!(refused > count(300) / 4, "{refused} were noticed");
}

#[test]
fn a_damaged_log_loses_nothing_in_silence() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let open = written(&file);
    let (content, log, head) = (part(&file, ""), part(&file, "-wal"), part(&file, "-head"));
    assert!(log.len() > 50_000, "{} bytes", log.len());
    let (_copied, whole) = copy(&[("", content.clone()), ("-wal", log.clone()), ("-head", head.clone())]);
    let sound = answers(&whole);
    assert!(sound.iter().all(|(_, answer)| answer.is_ok()), "{sound:?}");
    drop(open);
    for seed in 0..count(150) {
        let mut damaged = log.clone();
        let what = damage(&mut damaged, &mut Dice(1_000_000 + seed as u64));
        let (_directory, copy) = copy(&[("", content.clone()), ("-wal", damaged), ("-head", head.clone())]);
        judge(&format!("seed {seed}, the log: {what}"), &sound, &copy);
    }
    // The log is cut, or gone: what is said names the file and the way on, and what is there is left as it is.
    for left in [0, 32, 5000, log.len() / 2, log.len() - 1] {
        let (_directory, copy) =
            copy(&[("", content.clone()), ("-wal", log[..left].to_vec()), ("-head", head.clone())]);
        let listed = StateFile::open(&copy).and_then(|state| state.runs(true));
        // What the last bytes hold may be a lock that was given free.
        assert!(listed.is_err() || left == log.len() - 1, "{left} bytes of log were left");
        if let Err(error @ StateError::Behind { has, had, .. }) = &listed {
            assert!(has < had && error.hint().unwrap().contains("hoist orphans"), "{error}");
        }
        let is_refused = listed.is_err();
        drop(listed);
        // What is refused stays as it is; what is sound is written back to the file, as ever.
        assert!(
            !is_refused || fs::read(&copy).unwrap() == content,
            "the file was changed, {left} bytes of log were left"
        );
        judge(&format!("{left} bytes of the log"), &sound, &copy);
    }
    // Who wants to go on with what is there says so.
    let (_directory, copy) = copy(&[("", content), ("-wal", log[..log.len() / 2].to_vec())]);
    StateFile::open(&copy).unwrap().runs(true).unwrap();
}

#[test]
fn a_copy_of_the_file_alone_is_taken_as_it_is() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    drop(written(&file));
    let sound = answers(&file);
    let (_directory, copied) = copy(&[("", part(&file, ""))]);
    assert_eq!(judge("a copy", &sound, &copied), 0);
    // Beside another file's count it took that one's place.
    let other = directory.path().join("other.db");
    drop(StateFile::open(&other).unwrap().create_run(&NewRun { name: "x", plan: &plan("demo") }, &Owner::current()));
    let (_directory, copied) = copy(&[("", fs::read(&other).unwrap()), ("-head", part(&file, "-head"))]);
    let error = StateFile::open(&copied).unwrap().runs(true).unwrap_err();
    assert!(matches!(error, StateError::Exchanged { .. }), "{error}");
    let head = copied.with_file_name("hoist.db-head");
    assert!(error.hint().unwrap().ends_with(&format!("rm {}", head.display())), "{:?}", error.hint());
    fs::remove_file(head).unwrap();
    assert_eq!(StateFile::open(&copied).unwrap().runs(true).unwrap().len(), 1);
}

#[test]
fn an_older_copy_in_its_place_is_noticed() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    drop(written(&file));
    let old = part(&file, "");
    let state = StateFile::open(&file).unwrap();
    drop(state.create_run(&NewRun { name: "new", plan: &plan("demo") }, &Owner::current()).unwrap());
    drop(state);
    fs::write(&file, old).unwrap();
    let error = StateFile::open(&file).unwrap().runs(false).unwrap_err();
    assert!(matches!(error, StateError::Behind { .. }), "{error}");
    assert!(error.to_string().contains("lacks what was recorded last"), "{error}");
}

#[test]
fn what_repeats_the_journal_is_compared_with_it() {
    for (tamper, found) in [
        ("UPDATE runs SET ended_at = 5 WHERE name = 'webapp'", "run 2 (webapp) is not what was written"),
        ("UPDATE runs SET ended_at = NULL WHERE name = 'old'", "run 1 (old) is not what was written"),
        ("UPDATE runs SET name = 'webaqp' WHERE name = 'webapp'", "run 2 (webaqp) is not what was written"),
        ("UPDATE runs SET summary = replace(summary, 'booting', 'up') WHERE name = 'webapp'", "run 2 (webapp) is not"),
        ("UPDATE runs SET updated_at = updated_at + 1 WHERE name = 'webapp'", "run 2 (webapp) is not what was written"),
        ("DELETE FROM run_heads WHERE run = 2", "the head of the journal of run 2 (webapp) is missing"),
        (
            "PRAGMA foreign_keys = OFF; DELETE FROM runs WHERE name = 'webapp'",
            "run 2 is missing, though its journal is",
        ),
        ("UPDATE annexes SET ended_at = 5 WHERE name = 'foo'", "is not what was written"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM annexes WHERE name = 'foo'", "annex 2 is missing"),
    ] {
        let directory = tempdir().unwrap();
        let file = directory.path().join("hoist.db");
        drop(written(&file));
        Connection::open(&file).unwrap().execute_batch(tamper).unwrap();
        let state = StateFile::open(&file).unwrap();
        let error = match (state.runs(false), state.annexes(false)) {
            (Err(error), _) | (_, Err(error)) => error,
            _ => panic!("{tamper}: it was not noticed"),
        };
        assert!(matches!(error, StateError::Corrupt { .. }) && error.to_string().contains(found), "{error}");
        assert!(error.hint().unwrap().contains("hoist orphans"), "{error}");
    }
}

#[test]
fn one_damaged_run_leaves_the_others_alone() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    drop(written(&file));
    Connection::open(&file).unwrap().execute_batch("UPDATE runs SET name = 'x' WHERE name = 'webapp-2'").unwrap();
    let state = StateFile::open(&file).unwrap();
    let sound = state.find("webapp").unwrap();
    append(&*state.lock(sound.id, &Owner::current()).unwrap().store(), batch(22..=22)).unwrap();
    assert_eq!(state.load(sound.id).unwrap().1.len(), 22);
    // Whether one of that name goes on is not known.
    for name in ["webapp-2", "old", "never"] {
        assert!(matches!(state.find(name), Err(StateError::Corrupt { .. })), "{name}");
    }
}

#[test]
fn records_and_outputs_out_of_place_are_named() {
    for (tamper, question, found) in [
        ("DELETE FROM records WHERE run = 2 AND sequence = 21", "load", "record 21 of run 2 is missing"),
        (
            "UPDATE records SET at = at + 1 WHERE run = 2 AND sequence = 3",
            "load",
            "record 3 of run 2 (webapp) is not what",
        ),
        (
            "UPDATE outputs SET text = 'x' WHERE run = 2",
            "outputs",
            "output 1 of run 2 (webapp) is missing or is not what",
        ),
        ("DELETE FROM outputs WHERE id = (SELECT max(id) FROM outputs WHERE run = 2)", "outputs", "output 4 of run 2"),
    ] {
        let directory = tempdir().unwrap();
        let file = directory.path().join("hoist.db");
        drop(written(&file));
        Connection::open(&file).unwrap().execute_batch(tamper).unwrap();
        let state = StateFile::open(&file).unwrap();
        let run = state.find("webapp").unwrap().id;
        let error = match question {
            "load" => state.load(run).map(drop),
            _ => state.outputs(run, Some("web")).map(drop),
        };
        let error = error.unwrap_err().to_string();
        assert!(error.contains(found), "{error}");
    }
}

#[test]
fn what_is_damaged_is_not_written_on() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let (run, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
    append(&*lock.store(), batch(1..=2)).unwrap();
    Connection::open(&file).unwrap().execute_batch("UPDATE run_heads SET length = 1").unwrap();
    let mut next = batch(3..=3);
    next.summary = summary(RunStatus::Up);
    // This process knows what it wrote last, and another one does not: both see it.
    assert!(append(&*lock.store(), next.clone()).unwrap_err().message.contains("is not what was written"));
    assert!(matches!(state.load(run), Err(StateError::Corrupt { .. })));
    drop(lock);
    assert!(matches!(state.lock(run, &Owner::current()), Err(StateError::Corrupt { .. })));
}

#[test]
fn a_file_that_was_emptied_or_removed_is_missed_until_its_count_goes_too() {
    type Deed = fn(&Path);
    let deeds: [(&str, Deed); 2] =
        [("removed", |file| fs::remove_file(file).unwrap()), ("emptied", |file| drop(fs::File::create(file).unwrap()))];
    for (what, deed) in deeds {
        let directory = tempdir().unwrap();
        let file = directory.path().join("hoist.db");
        drop(written(&file));
        assert!(!file.with_file_name("hoist.db-wal").exists(), "all is in the file");
        deed(&file);
        let is_there = file.exists();
        let opened = [
            StateFile::open(&file).map(Some),
            StateFile::open_existing(&file),
            StateFile::open_to_read(&file),
            StateFile::open_to_end(&file),
        ];
        for opened in opened {
            let error = opened.expect_err(what);
            assert!(matches!(error, StateError::Behind { has: 0, had: 1.., .. }), "{what}: {error}");
            assert!(error.to_string().contains("removed or emptied"), "{error}");
            let head = file.with_file_name("hoist.db-head");
            assert!(error.hint().unwrap().ends_with(&format!("rm {}", head.display())), "{:?}", error.hint());
        }
        assert_eq!(file.exists(), is_there, "nothing is made in its place");
        fs::remove_file(file.with_file_name("hoist.db-head")).unwrap();
        assert_eq!(StateFile::open(&file).unwrap().runs(true).unwrap().len(), 0, "{what}");
    }
}
