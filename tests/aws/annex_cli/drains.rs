//! Draining: what is told, what waits, and what goes on after an interruption.

use nix::sys::signal::Signal;
use serde_json::json;

use crate::annex_cli::lab::Lab;
use hoist_test_support::call::Call;
use hoist_test_support::ran::Ran;

/// HTCondor's programs, as scripts that do what a pool would whose jobs take long: an instance is in it until its file
/// is gone.
const PROGRAMS: [(&str, &str); 2] = [
    (
        "condor_status",
        "for id in $(ls \"$SLOTS\"); do case \"$*\" in *$id*|*AnnexName*) echo \"Name = \\\"slot1@$id\\\"\"; echo \"HoistInstance = \\\"$id\\\"\"; \
         echo 'State = \"Claimed\"'; echo 'Activity = \"Busy\"'; echo;; esac; done",
    ),
    ("condor_off", "echo 'Sent \"Kill-Daemon\" command for \"startd\"'; echo \"$*\" >> \"$SLOTS.told\""),
];

struct Slow {
    lab: Lab,
}

impl Slow {
    /// An annex of so many instances, all with jobs that take long.
    fn new(count: u32) -> Option<(Self, Vec<String>)> {
        use std::os::unix::fs::PermissionsExt as _;
        let slow = Self { lab: Lab::aws()? };
        for (name, script) in PROGRAMS {
            slow.lab.file(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(slow.lab.path(&format!("bin/{name}")), executable).unwrap();
        }
        let made = slow.lab.create("foo", &format!("--count {count} -o json")).exit(0).json();
        let mut ids: Vec<String> =
            made["instances"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids.iter().for_each(|id| slow.lab.file(&format!("slots/{id}"), ""));
        Some((slow, ids))
    }

    fn command(&self, words: &str) -> Call {
        let path = format!("{}:/usr/bin:/bin", self.lab.path("bin").display());
        self.lab.command(words).env("PATH", path).env("SLOTS", self.lab.path("slots"))
    }

    fn hoist(&self, words: &str) -> Ran {
        self.command(words).run()
    }

    /// Its jobs have ended.
    fn done(&self, id: &str) {
        std::fs::remove_file(self.lab.path(&format!("slots/{id}"))).unwrap();
    }
}

#[test]
fn what_still_has_jobs_is_named_and_the_same_command_goes_on() {
    let Some((slow, ids)) = Slow::new(3) else { return };
    slow.done(&ids[2]);
    slow.hoist("annex drain foo --count 2").exit(64).says_all(&["Drain and end ", "There is nobody to ask"]);
    // One without jobs goes first; the other one waits for its job.
    let ran = slow.hoist("annex drain foo --yes --count 2 --timeout 1s").exit(3);
    let ran = ran.says_all(&[
        "1 instance of foo drained and ended",
        "1 instance of annex foo is not drained yet",
        "hoist annex drain foo goes on",
    ]);
    let waiting = ids[..2].iter().find(|id| ran.raw_stderr.contains(*id)).unwrap().clone();
    let status = slow.hoist("annex status foo -o json").exit(2).json();
    assert_eq!((&status["draining"], &status["wanted"]), (&json!([waiting]), &json!(2)));
    slow.hoist("annex status foo").exit(2).says_all(&["draining: ", "`hoist annex drain foo` goes on"]);
    // The same one again, not another.
    slow.hoist("annex drain foo --yes --count 1 --timeout 1s").exit(3).says_all(&[&waiting]);
    slow.done(&waiting);
    let drained = slow.hoist("annex drain foo --yes -o json").exit(0).json();
    assert_eq!(
        (&drained["outcome"], &drained["ended"], &drained["wanted"]),
        (&json!("drained"), &json!([waiting]), &json!(1))
    );
    slow.hoist("annex drain foo").exit(64).says_all(&["nothing of annex foo is draining", "--instance ID"]);
    slow.hoist("annex drain foo --yes --count 2").exit(1).says_all(&["has 1 instance that could be drained, not 2"]);
    slow.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn ctrl_c_stops_waiting_and_says_what_goes_on() {
    let Some((slow, ids)) = Slow::new(1) else { return };
    let words = format!("annex drain foo --yes --instance {}", ids[0]);
    let child = slow.command(&words).spawn();
    let told = slow.lab.path("slots.told");
    while !told.exists() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    child.signal(Signal::SIGINT);
    let ran = child.wait().exit(130);
    ran.says_all(&["stopped waiting", "hoist annex drain foo goes on", "hoist annex status foo looks"]);
    assert_eq!(slow.hoist("annex status foo -o json").exit(2).json()["draining"], json!([ids[0]]));
    slow.done(&ids[0]);
    slow.hoist("annex drain foo --yes").exit(0);
    slow.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn an_annex_is_deleted_when_its_jobs_have_ended() {
    let Some((slow, ids)) = Slow::new(2) else { return };
    slow.done(&ids[0]);
    slow.hoist("annex delete foo --drain --timeout 1s --yes").exit(3).says_all(&[&ids[1]]);
    slow.done(&ids[1]);
    slow.hoist("annex delete foo --drain --yes").exit(0).says_all(&["foo is gone"]);
}
