//! Runs of which machines were lost from sight: `hoist` says what is true of them, and ends them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hoist::provider::{Cloud as _, TAG_RUN};
use serde_json::Value;

use crate::local_cloud::desk::Desk;
use crate::local_cloud::support::{eventually, is_root, open, processes_of, request, sleepers, write_program};

/// Moves the instance's own directory away, from within.
const MOVE: &str = "D=$(dirname \"$HOME\"); cd /; mv \"$D\" \"$D.away\"";

#[test]
fn an_instance_that_moves_its_own_directory_is_found_and_ended() {
    // Of the users who run these tests, one may not write there; the other one does.
    let Some(mut desk) = Desk::outside_tmp() else { return };
    let script = format!("{}\n{MOVE}", desk.sleep());
    let id = desk.boot("state/hoist.db", "mover", &script);
    eventually_runs(&desk);
    // Below /tmp it cannot: then somebody else does.
    let instance = desk.path("state/local/instances").join(&id);
    if instance.exists() {
        fs::rename(&instance, instance.with_extension("away")).unwrap();
    }
    let found = desk.hoist("orphans -o json").exit(2).json();
    assert_eq!(found["missing"][0]["instance_id"], id.as_str(), "{found:#}");
    assert!(found["missing"][0]["finding"].as_str().unwrap().contains("its directory is missing"), "{found:#}");
    desk.hoist("orphans").exit(2).says_all(&["lost hold of:", &id, "its directory is missing or empty"]);
    let status = desk.hoist("plan status mover");
    assert_ne!(status.code, Some(0), "{status}");
    desk.hoist("plan terminate mover --yes").exit(0).says_all(&[&id, "its directory is missing"]);
    desk.assert_ended(&id);
    desk.hoist("orphans").exit(0);
}

fn eventually_runs(desk: &Desk) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(eventually("the daemon runs", || !sleepers(&desk.leftovers.seconds).is_empty()));
}

#[test]
fn an_instance_that_answers_for_its_init_is_found_and_ended() {
    if Command::new("python3").arg("-V").output().is_err() {
        return hoist_test_support::skip::skip("python3 is missing");
    }
    let mut desk = Desk::new();
    let fake = r#"
import os, json, socket, time
d = os.path.dirname(os.environ['HOME'])
s = json.load(open(d + '/status.json'))
name = '\0fake-' + os.urandom(4).hex()
l = socket.socket(socket.AF_UNIX); l.bind(name); l.listen(10)
s['contact'] = {'socket': name[1:], 'secret': '0' * 32}
for file, text in [('alive', ''), ('status.json', json.dumps(s))]:
    open(d + '/x', 'w').write(text); os.chmod(d + '/x', 0o600); os.rename(d + '/x', d + '/' + file)
open(d + '/faked', 'w')
while True:
    c, _ = l.accept()
    c.sendall(b'"ending"\n"done"\n' if b'shutdown' in c.recv(65536) else b'"done"\n')
    c.close()
"#;
    let script = format!(
        "{}\ncat > \"$HOME/fake.py\" <<'END'{fake}END\nsetsid python3 \"$HOME/fake.py\" >/dev/null 2>&1 &\n",
        desk.sleep()
    );
    let id = desk.boot("state/hoist.db", "faker", &script);
    let instance = desk.path("state/local/instances").join(&id);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(eventually("its files are replaced", || instance.join("faked").exists()));
    desk.hoist("orphans").exit(0);
    assert_ne!(processes_of(&id).len(), 0, "it is a healthy machine as far as can be seen, and nobody ends it unasked");
    desk.hoist("plan terminate faker --yes").exit(0);
    desk.assert_ended(&id);
}

#[test]
fn a_run_is_brought_down_without_the_clouds_directory() {
    for harm in ["moved", "removed"] {
        let mut desk = Desk::new();
        let id = desk.boot("state/hoist.db", "lost", &desk.sleep());
        eventually_runs(&desk);
        let local = desk.path("state/local");
        match harm {
            "moved" => fs::rename(&local, desk.path("away")).unwrap(),
            _ => fs::remove_dir_all(&local).unwrap(),
        }
        let found = desk.hoist("orphans -o json").exit(2).json();
        assert_eq!(found["missing"][0]["instance_id"], id.as_str(), "{harm}: {found:#}");
        desk.hoist("plan terminate lost --yes").exit(0);
        desk.assert_ended(&id);
        desk.hoist("orphans").exit(0);
    }
}

#[test]
fn a_machine_whose_directory_was_moved_is_replaced_by_nobody_and_works_when_it_is_back() {
    let mut desk = Desk::new();
    let id = desk.boot("state/hoist.db", "moved", &desk.sleep());
    eventually_runs(&desk);
    let instance = desk.path("state/local/instances").join(&id);
    fs::rename(&instance, desk.path("away")).unwrap();
    let finding = "its directory is missing or empty";
    desk.hoist("plan status moved").exit(2).says_all(&[
        &id,
        finding,
        "put",
        "back",
        "hoist plan terminate moved --force",
    ]);
    desk.hoist("plan resume moved").exit(2).says_all(&[&id, finding]);
    desk.hoist("plan repair moved --yes").exit(1).says_all(&[finding, "nothing was touched"]);
    desk.hoist("plan reload --dry-run moved.toml").exit(1).says_all(&[finding, "nothing was touched"]);
    assert_ne!(processes_of(&id).len(), 0);
    fs::rename(desk.path("away"), &instance).unwrap();
    desk.hoist("plan status moved").exit(0);
    desk.hoist("plan terminate moved --yes").exit(0);
    desk.assert_ended(&id);
}

#[test]
fn machines_that_lost_their_run_too_are_orphans() {
    let mut desk = Desk::new();
    let id = desk.boot("state/hoist.db", "lost", &desk.sleep());
    eventually_runs(&desk);
    for entry in fs::read_dir(desk.path("state")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }
    let found = desk.hoist("orphans -o json").exit(2).json();
    let orphan = &found["orphans"][0];
    assert_eq!((&orphan["instance_id"], &orphan["mine"]), (&id.as_str().into(), &true.into()), "{found:#}");
    assert_eq!((&orphan["why"], &orphan["other_state"]), (&"unknown".into(), &true.into()), "{found:#}");
    desk.hoist("orphans --terminate --yes").exit(3).says_all(&[&id, "--other-states"]);
    assert_ne!(processes_of(&id).len(), 0);
    desk.hoist("orphans --terminate --other-states --yes").exit(0);
    desk.assert_ended(&id);
}

#[test]
fn another_state_files_runs_are_left_to_it() {
    let mut desk = Desk::new();
    let theirs = desk.boot("state/theirs.db", "theirs", "true");
    let mine = desk.boot("state/mine.db", "mine", "true");
    let look = |arguments: &str| desk.with_state("state/mine.db", arguments);
    let found = look("orphans -o json").exit(0).json();
    assert_eq!(found["orphans"], serde_json::json!([]), "{found:#}");
    assert_eq!(found["looked_after"][0]["what"], format!("machine {theirs}"), "{found:#}");
    assert_eq!(found["looked_after"][0]["state_file"], desk.path("state/theirs.db").to_str().unwrap());
    look("orphans").exit(0).says_all(&["looked after:", &theirs, "theirs.db", "no orphans in local"]);
    look("orphans --terminate --other-states --all-owners --yes").exit(0);
    assert_ne!((processes_of(&theirs).len(), processes_of(&mine).len()), (0, 0));
    desk.with_state("state/theirs.db", "plan status theirs").exit(0);

    // That file is gone, and with it whoever looked after them: they are shown apart, and ended when that is said.
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(desk.path(&format!("state/theirs.db{end}")));
    }
    let found = look("orphans -o json").exit(2).json();
    let orphan = &found["orphans"][0];
    assert_eq!((&orphan["instance_id"], &orphan["other_state"]), (&theirs.as_str().into(), &true.into()), "{found:#}");
    look("orphans").exit(2).says_all(&[
        "of other state files of yours",
        &theirs,
        "theirs.db does not hold it, cannot be read, or is gone",
    ]);
    look("orphans --terminate --yes").exit(3).says_all(&[&theirs, "--other-states terminates it too"]);
    assert_ne!(processes_of(&theirs).len(), 0);
    look("orphans --terminate --other-states --yes").exit(0);
    assert_eq!(processes_of(&theirs), [] as [String; 0]);
    assert_ne!(processes_of(&mine).len(), 0);
    look("plan terminate mine --yes").exit(0);
    look("orphans --other-states").exit(64).says_all(&["--terminate"]);
}

#[test]
fn a_machine_that_appears_after_the_end_is_ended_by_the_next_terminate() {
    let mut desk = Desk::new();
    desk.boot("state/hoist.db", "late", "true");
    let tag = run_tag(&desk, "late");
    desk.hoist("plan terminate late --yes").exit(0);
    desk.hoist("plan terminate late --yes").exit(0).says_all(&["late is gone", "asked again: local"]);

    // As a cloud shows it that had not shown it before.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cloud = open(&desk.path("state/local"), true);
    let mut late = request("late", &["a"]);
    late.tags.insert(TAG_RUN.to_owned(), tag);
    let instance = runtime.block_on(cloud.launch(&late)).unwrap().instances.remove(0);
    desk.leftovers.ids.push(instance.id.clone());
    let ended = desk.hoist("plan terminate late --yes -o json").exit(0);
    let document = ended.json();
    assert_eq!(
        (&document["outcome"], &document["asked_again"]["clouds"]),
        (&"gone".into(), &serde_json::json!(["local"]))
    );
    ended.says_all(&[&format!("{} was still there, and was ended", instance.id)]);
    assert_eq!(processes_of(&instance.id), [] as [String; 0]);
    desk.hoist("plan terminate late --yes").exit(0);
}

#[test]
fn an_ended_run_is_not_called_gone_where_its_cloud_cannot_be_asked() {
    let mut desk = Desk::new();
    desk.boot("state/hoist.db", "asked", "true");
    desk.hoist("plan terminate asked --yes").exit(0);
    fs::write(desk.path("state/local/reservations/damaged.json"), "{").unwrap();
    desk.hoist("plan terminate asked --yes").exit(3).says_all(&[
        "asked is not",
        "damaged.json",
        "hoist plan terminate asked",
    ]);
    let document = desk.hoist("plan terminate asked --yes -o json").exit(3).json();
    assert_eq!((&document["outcome"], &document["asked_again"]["machines"]), (&"remains".into(), &Value::Null));
}

/// What a run's machines are tagged with, by what its instance was launched with.
fn run_tag(desk: &Desk, name: &str) -> String {
    let reservations = desk.path("state/local/reservations");
    let file = fs::read_dir(&reservations).unwrap().next().unwrap().unwrap().path();
    let reservation: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let tag = reservation["tags"][TAG_RUN].as_str().unwrap().to_owned();
    assert!(tag.starts_with(name), "{tag}");
    tag
}

/// Not a test: what the next one runs as somebody who gets neither namespaces nor control groups.
#[test]
#[ignore = "run by another test, in a process of its own"]
fn not_proved_helper() {
    let _alone = crate::local_cloud::support::Alone::wait();
    let mut desk = Desk::new();
    let plan = "name = 'shed'\n[[levels]]\n[levels.services.a]\nrun_on = 'this-host'\nboot = { program = 'shed.sh' }\n";
    fs::write(desk.path("shed.toml"), plan).unwrap();
    write_program(&desk.path("shed.sh"), &format!("#!/bin/sh\n{}\n", desk.sleep()));
    desk.hoist("plan boot shed.toml").exit(0);
    let place = the_only_directory(&desk.path("state/this-host"));
    let status: Value = serde_json::from_slice(&fs::read(place.join("status.json")).unwrap()).unwrap();
    crate::local_cloud::support::kill(i32::try_from(status["process"].as_i64().unwrap()).unwrap());
    desk.leftovers.ids.clear();
    desk.hoist("plan terminate shed --yes").exit(3).says_all(&[
        "not proved",
        "control group",
        "hoist plan terminate shed",
    ]);
    assert_eq!(sleepers(&desk.leftovers.seconds).len(), 1);
    desk.hoist("plan terminate shed --yes").exit(3).says_all(&["not proved"]);
}

fn the_only_directory(place: &Path) -> PathBuf {
    let mut found = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    found.next().unwrap()
}

#[test]
fn what_cannot_be_proved_is_not_claimed() {
    if !is_root() {
        return not_proved_helper();
    }
    let temporary = tempfile::Builder::new().prefix("hoist-nobody-").tempdir().unwrap();
    std::os::unix::fs::chown(temporary.path(), Some(65534), Some(65534)).unwrap();
    let around = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"];
    let output = crate::local_cloud::support::run_helper(
        module_path!(),
        "not_proved_helper",
        &around,
        &[("TMPDIR", temporary.path().as_os_str()), ("HOME", temporary.path().as_os_str())],
    );
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
