//! Pilots: software of the user's own, of whose pool hoist knows nothing.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use hoist::template::Templates;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::annex_cli::lab::Lab;
use crate::packed::unpacked;
use hoist_test_support::aws::{IMAGE, REGION};
use hoist_test_support::eventually::eventually;

/// A pilot that works until it is asked to stop, and then ends what it works on; and what asks it, waits until it has,
/// and says so where it is seen from without: WORD.
const PILOT: &str = r#"#!/bin/sh
mkdir log
echo 'the pilot has begun' > log/pilot.log
cat > stop.sh << 'END'
touch stop
until [ -e done ]; do sleep 0.05; done
printf '%s %s\n' "$HOIST_INSTANCE" "$1" >> "${HOIST_LEASE_FILE%/*}/stopped"
END
until [ -e stop ]; do sleep 0.05; done
touch done
"#;

/// A word that means something to every shell that reads it.
const WORD: &str = "it's $(id) `id` \"$HOME\"";

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

/// A word for the lab's command lines.
fn quoted(word: &str) -> String {
    shlex::try_quote(word).unwrap().into_owned()
}

/// The command that stops the pilot, as it is typed.
fn stop() -> String {
    quoted(&shlex::try_join(["sh", "stop.sh", WORD]).unwrap())
}

fn lab() -> Lab {
    let lab = Lab::local();
    lab.file("pilot.sh", PILOT);
    lab
}

/// The instances of the only annex whose pilot has stopped, as its drain command tells them; each with the word that it
/// was given.
fn stopped(lab: &Lab) -> BTreeSet<String> {
    let annexes = fs::read_dir(lab.path("state/local/annexes")).into_iter().flatten().flatten();
    let told = annexes.filter_map(|annex| fs::read_to_string(annex.path().join("stopped")).ok());
    told.flat_map(|told| told.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn running(lab: &Lab, annex: &str) -> Vec<String> {
    let status = lab.hoist(&format!("annex status {annex} -o json")).json();
    let rows = status["instances"].as_array().unwrap().iter().filter(|row| row["state"] == "running");
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_pilot_is_drained_by_its_own_command_and_its_logs_are_shown() {
    let lab = lab();
    let words = "annex create here --cloud local --pool-software pilot --user-data pilot.sh --count 3 --lease 1h --yes";
    let words = format!("{words} --pilot-log log/pilot.log --drain-limit 1m --drain-command {}", stop());
    lab.hoist(&words).exit(0);
    assert_eq!(lab.hoist(&format!("{words} -o json")).exit(0).json()["outcome"], "unchanged");
    let other = words.replace("--drain-limit 1m", "--drain-limit 2m");
    lab.hoist(&other).exit(1).says_all(&["--drain-limit is 60s, and 120s was asked for"]);
    let all = running(&lab, "here");
    let log = |id: &str| {
        let logs = lab.hoist(&format!("annex logs here --instance {id} -o json")).exit(0).json();
        let log = logs["instances"][0]["logs"][0].clone();
        log["text"].as_str().map(str::to_owned)
    };
    eventually("its log is shown", || log(&all[0]).filter(|text| text == "the pilot has begun\n"));
    assert!(stopped(&lab).is_empty());

    let drained = lab.hoist(&format!("annex drain here --instance {} --yes", all[1])).exit(0);
    drained.says_all(&["drains its pilot", "1 instance of here drained and ended"]);
    assert_eq!(stopped(&lab), BTreeSet::from([format!("{} {WORD}", all[1])]));
    // What becomes of the command is told when the instance and its console are gone.
    let logs = lab.hoist(&format!("annex logs here --instance {} -o json", all[1])).exit(0).json();
    let logs = &logs["instances"][0];
    assert_eq!(logs["logs"], json!([{"name": "drain-command", "text": "hoist: drained: exit code 0\n"}]), "{logs}");
    assert_eq!(logs["missing"][1]["what"], "pilot.log", "{logs}");
    assert_eq!(running(&lab, "here"), [all[0].clone(), all[2].clone()]);
    lab.hoist("annex update here --count 1 --yes").exit(0);
    assert_eq!((running(&lab, "here").len(), stopped(&lab).len()), (1, 2));
    let deleted = lab.hoist("annex delete here --drain --yes").exit(0);
    deleted.says_all(&["drains its pilot", "here is gone: nothing is left of it"]);
}

#[test]
fn a_pilot_is_drained_before_its_lease_ends() {
    let lab = lab();
    let words = "annex create brief --cloud local --pool-software pilot --user-data pilot.sh --lease 5m --yes";
    lab.hoist(&format!("{words} --drain-limit 235s --drain-command {}", stop())).exit(0);
    let ends = Timestamp::now() + jiff::SignedDuration::from_secs(235);
    eventually("its pilot has stopped", || (stopped(&lab).len() == 1).then_some(()));
    eventually("it has ended", || running(&lab, "brief").is_empty().then_some(()));
    assert!(Timestamp::now() < ends, "before its lease has, by itself");
    lab.hoist("annex delete brief --yes").exit(0);
}

#[test]
fn draining_is_limited_in_time_and_can_be_left_out() {
    let lab = lab();
    let words = "annex create stuck --cloud local --pool-software pilot --user-data pilot.sh --count 2 --yes";
    lab.hoist(&format!("{words} --drain-limit 1s --drain-command 'sh -c \"trap : TERM; sleep 1000\"'")).exit(0);
    lab.hoist("annex drain stuck --count 1 --yes").exit(0).says_all(&["drained and ended"]);
    assert_eq!(running(&lab, "stuck").len(), 1);
    lab.hoist("annex drain stuck --count 1 --how fast --yes").exit(0);
    assert!(running(&lab, "stuck").is_empty());
    lab.hoist("annex delete stuck --yes").exit(0);
}

#[test]
fn a_pilot_that_ends_its_process_group_does_not_end_what_drains_it() {
    let lab = Lab::local();
    lab.file("pilot.sh", "#!/bin/sh\nuntil [ -e stop ]; do sleep 0.05; done\nkill -KILL 0\n");
    let words = "annex create stuck --cloud local --pool-software pilot --user-data pilot.sh --yes --drain-limit 1s";
    lab.hoist(&format!("{words} --drain-command 'sh -c \"touch stop; trap : TERM; exec sleep 1000\"'")).exit(0);
    let one = running(&lab, "stuck").remove(0);
    lab.hoist("annex drain stuck --count 1 --timeout 1m --yes").exit(0).says_all(&["drained and ended"]);
    let told = lab.hoist(&format!("annex logs stuck --instance {one} -o json")).exit(0).json();
    assert_eq!(told["instances"][0]["logs"][0]["text"], "hoist: drained: exit code 124\n", "{told}");
    lab.hoist("annex delete stuck --yes").exit(0);
}

#[test]
fn each_log_of_a_pilot_is_shown_or_told_of_by_itself() {
    let lab = Lab::local();
    lab.file("pilot.sh", "#!/bin/sh\nmkfifo pipe\nmkdir place\necho begun > log\nexec sleep 1000\n");
    let words = "annex create here --cloud local --pool-software pilot --user-data pilot.sh --yes";
    let logs = ["pipe", "place", "absent", "log"].map(|log| format!(" --pilot-log {log}")).concat();
    lab.hoist(&format!("{words}{logs}")).exit(0);
    let read = || lab.hoist("annex logs here -o json").json()["instances"][0].clone();
    let shown = eventually("its log is shown", || Some(read()).filter(|shown| shown["logs"][0]["text"] == "begun\n"));
    let missing: Vec<(&str, &str)> = shown["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["what"].as_str().unwrap(), one["reason"].as_str().unwrap()))
        .filter(|(what, _)| *what != "console")
        .collect();
    let names: Vec<&str> = missing.iter().map(|(what, _)| *what).collect();
    assert_eq!(names, ["pipe", "place", "absent"]);
    assert!(missing[0].1.contains("no regular file") && missing[1].1.contains("no regular file"), "{missing:?}");
    assert!(missing[2].1.contains("no such file"), "{missing:?}");
    lab.hoist("annex logs here").exit(0).says_all(&["no pipe: ", "no absent: ", "here"]);
    lab.hoist("annex delete here --yes").exit(0);
}

#[test]
fn what_means_nothing_for_a_pilot_is_refused() {
    let lab = lab();
    let create = "annex create here --cloud local --user-data pilot.sh --yes";
    for (words, told) in [
        ("--pool-software none --drain-command true", "--drain-command would do nothing without --pool-software pilot"),
        ("--pool-software pilot --central-manager cm", "--central-manager would do nothing with --pool-software pilot"),
        ("--pool-software pilot --drain-command ''", "names no program"),
        ("--pool-software pilot --drain-command true --lease 10m", "would drain from the beginning"),
        ("--pool-software pilot --drain-command true --drain-limit 0s", "is no length"),
        ("--pool-software pilot --pilot-log a --pilot-log b/a", "has the name of another one"),
        ("--pool-software pilot --wait pool", "there is no pool to wait for"),
    ] {
        lab.hoist(&format!("{create} {words}")).exit(64).says_all(&[told]);
    }
    let without = create.replace("--user-data pilot.sh", "--pool-software pilot");
    lab.hoist(&without).exit(64).says_all(&["--user-data is missing"]);
    lab.assert_nothing_was_made();
}

/// The files that an instance on AWS is given beside the pilot, by their paths.
fn written(values: &Value) -> Vec<(String, String)> {
    let rendered = Templates::built_in().get("annex-pilot").unwrap().render(values.as_object().unwrap()).unwrap();
    let config: Value = yaml_serde::from_str(&rendered).unwrap();
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap().to_owned();
    config["write_files"].as_array().unwrap().iter().map(|one| (text(one, "path"), text(one, "content"))).collect()
}

#[test]
fn on_aws_an_instance_drains_keeps_its_logs_and_leaves_its_group() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let here = place.path().display().to_string();
    let log = path("pilot.log");
    fs::write(&log, "the pilot has begun\n").unwrap();
    let values = json!({
        "annex": "foo", "drain_command": ["sh", "-c", "echo \"$1\" > \"$2\"", "sh", WORD, path("stopped")],
        "drain_seconds": "30", "lead": "90", "logs_to": "s3://bucket/annexes/foo/0123456789ab/logs/", "logs": [log],
        "spot": false
    });
    for (file, content) in written(&values) {
        if let Some(name) = file.strip_prefix("/var/lib/hoist/") {
            let content = content.replace("/var/lib/hoist", &here).replace("/run/hoist", &here);
            executable(&path(name), &content.replace("PATH=/usr/local", &format!("PATH={here}:/usr/local")));
        }
    }
    // What it does with its role, in place of the cloud.
    let calls = format!(
        "import sys\nif sys.argv[1] == 'metadata':\n    print('i-1')\nelse:\n    said = sys.stdin.read() if sys.argv[1] == 'put' else ''\n    \
         open({:?}, 'a').write(' '.join(sys.argv[1:]) + ' ' + said.strip() + '\\n')\n",
        path("calls")
    );
    executable(&path("secret.py"), &calls);
    executable(&path("poweroff"), &format!("#!/bin/sh\necho poweroff >> '{here}/calls'\n"));
    let lease = |seconds| format!("{}\n", Timestamp::now() + jiff::SignedDuration::from_secs(seconds));
    fs::write(path("lease"), lease(3600)).unwrap();
    let mut watch = Command::new("setsid");
    watch.args(["--wait", "bash"]).arg(path("pilot.sh")).stdin(Stdio::null()).stdout(Stdio::null());
    let mut watch = watch.spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(!path("stopped").exists(), "its lease has not come near its end");
    // Whoever drains it moves the end of its lease.
    fs::write(path("lease"), lease(80)).unwrap();
    eventually("it has left", || fs::read_to_string(path("calls")).ok().filter(|calls| calls.contains("poweroff")));
    watch.wait().unwrap();
    assert_eq!(fs::read_to_string(path("stopped")).unwrap(), format!("{WORD}\n"));
    let calls = fs::read_to_string(path("calls")).unwrap();
    let stored = "put s3://bucket/annexes/foo/0123456789ab/logs/i-1/pilot.log the pilot has begun";
    assert_eq!(calls.lines().collect::<Vec<_>>(), [stored, "leave group ", "poweroff"]);
}

#[test]
fn on_aws_who_is_drained_has_a_shorter_lease_and_the_user_data_brings_the_pilot() {
    let Some(lab) = Lab::aws() else { return };
    lab.file("pilot.sh", PILOT);
    let pool =
        format!("--pool image={IMAGE},type=t3.small --pool-software pilot --user-data pilot.sh --count 2 --lease 6h");
    lab.hoist(&format!("annex create foo {pool} --drain-command '/opt/stop --now' --drain-limit 20m --pilot-log /var/log/pilot.log --yes"))
        .exit(0);
    let instances = lab.cloud().living();
    let text = unpacked(&lab.cloud().user_data(REGION, &instances[0].id));
    for part in ["the pilot has begun", "/opt/stop --now", "/logs/"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let drain = format!("annex drain foo --instance {} --timeout 1s --yes", instances[0].id);
    lab.hoist(&drain).exit(3).says_all(&["drains its pilot"]);
    let left = |id: &str| {
        let shown = lab.cloud().living().into_iter().find(|one| one.id == id).unwrap();
        let end: Timestamp = shown.tags["hoist:expires-at"].parse().unwrap();
        end.duration_since(Timestamp::now()).as_secs()
    };
    let drained = left(&instances[0].id);
    assert!((1200..=1260).contains(&drained), "{drained}");
    assert!(left(&instances[1].id) > 5 * 3600);
    // The same command again moves nothing back, and a fast one waits for nobody.
    lab.hoist(&drain).exit(3);
    assert!(left(&instances[0].id) <= drained);
    lab.hoist("annex drain foo --how fast --yes").exit(0);
    assert_eq!(lab.cloud().living().len(), 1);
    lab.hoist("annex delete foo --yes").exit(0);
}
