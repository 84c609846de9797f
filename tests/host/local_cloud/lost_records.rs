//! Records of machines that were removed: what nobody can prove to have ended is not called gone.

use std::fs;

use serde_json::Value;

use crate::local_cloud::desk::Desk;
use crate::local_cloud::support::{is_root, kill, processes_of, run_helper, sleepers};

/// Not a test: what the next one runs as somebody who gets neither namespaces nor control groups.
#[test]
#[ignore = "run by another test, in a process of its own"]
fn without_namespaces_helper() {
    let _alone = crate::local_cloud::support::Alone::wait();
    for lost in ["all", "some", "later"] {
        let mut desk = Desk::new();
        let id = desk.boot("state/hoist.db", "lost", &desk.sleep());
        let place = desk.path("state/local");
        let status: Value =
            serde_json::from_slice(&fs::read(place.join("instances").join(&id).join("status.json")).unwrap()).unwrap();
        kill(i32::try_from(status["process"].as_i64().unwrap()).unwrap());
        assert_eq!(sleepers(&desk.leftovers.seconds).len(), 1);
        let removed: &[&str] = match lost {
            "all" => &[""],
            "some" => &["begun", "instances"],
            _ => {
                desk.hoist("plan terminate lost --yes").exit(3).says_all(&["not proved"]);
                &["begun", "instances", "reservations"]
            }
        };
        for name in removed {
            fs::remove_dir_all(place.join(name)).unwrap();
        }
        if lost != "later" {
            desk.hoist("plan status lost").exit(2).says_all(&["unknown", &id, "not proved", "try:"]);
            desk.hoist("plan repair lost --yes").exit(1).says_all(&["not proved", "nothing was touched"]);
        }
        let began = std::time::Instant::now();
        for command in ["plan terminate lost --yes", "plan terminate lost --force --yes"] {
            desk.hoist(command).exit(3).says_all(&[&id, "not proved", "try:"]);
        }
        assert!(began.elapsed().as_secs() < 60, "{lost}: {:?}", began.elapsed());
        assert_eq!(sleepers(&desk.leftovers.seconds).len(), 1, "{lost}");
    }
}

#[test]
fn without_its_record_no_machine_without_a_namespace_is_called_gone() {
    let output = if is_root() {
        let temporary = tempfile::Builder::new().prefix("hoist-nobody-").tempdir().unwrap();
        std::os::unix::fs::chown(temporary.path(), Some(65534), Some(65534)).unwrap();
        // The limit is that of a user namespace: this machine keeps its own.
        let refuse =
            "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-sys_admin -- \"$0\" \"$@\"";
        let around = [
            "setpriv",
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            "--",
            "unshare",
            "--user",
            "--map-root-user",
            "--",
            "sh",
            "-c",
            refuse,
        ];
        let place = temporary.path().as_os_str();
        run_helper(module_path!(), "without_namespaces_helper", &around, &[("TMPDIR", place), ("HOME", place)])
    } else {
        let refuse =
            "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-sys_admin -- \"$0\" \"$@\"";
        let around = ["unshare", "--user", "--map-root-user", "--", "sh", "-c", refuse];
        run_helper(module_path!(), "without_namespaces_helper", &around, &[])
    };
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    if text.contains("unshare failed") || text.contains("not found") || text.contains("max_user_namespaces:") {
        return hoist_test_support::skip::skip(&text);
    }
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn with_a_namespace_nothing_lives_on_without_its_record() {
    let mut desk = Desk::new();
    let id = desk.boot("state/hoist.db", "lost", &desk.sleep());
    let place = desk.path("state/local");
    let status: Value =
        serde_json::from_slice(&fs::read(place.join("instances").join(&id).join("status.json")).unwrap()).unwrap();
    if !id.starts_with("i-0a") {
        return hoist_test_support::skip::skip("there are no namespaces");
    }
    kill(i32::try_from(status["process"].as_i64().unwrap()).unwrap());
    fs::remove_dir_all(&place).unwrap();
    desk.hoist("plan terminate lost --yes").exit(0);
    desk.assert_ended(&id);
}

#[test]
fn what_cannot_be_put_back_is_unknown_and_not_replaced() {
    let mut desk = Desk::new();
    let plan = "name = 'run'\n[[levels]]\n[levels.services.a]\nready = 'ready.sh'\n";
    fs::write(desk.path("run.toml"), plan).unwrap();
    crate::local_cloud::support::write_program(&desk.path("ready.sh"), "#!/bin/sh\nexit 0\n");
    desk.hoist("plan boot run.toml").exit(0);
    let id = desk.instance("run");
    if !id.starts_with("i-0a") {
        return hoist_test_support::skip::skip("there are no namespaces");
    }
    let tmp = desk.path("state/local/instances").join(&id).join("tmp");
    fs::remove_dir_all(&tmp).unwrap();
    for made_anew in [false, true] {
        if made_anew {
            fs::create_dir(&tmp).unwrap();
        }
        desk.hoist("plan status run").exit(2).says_all(&["unknown", "can only be ended", "--force"]);
        desk.hoist("plan repair run --yes").exit(1).says_all(&["nothing was touched"]);
        assert_ne!(processes_of(&id).len(), 0);
    }
    desk.hoist("plan terminate run --force --yes").exit(0);
    desk.assert_ended(&id);
}
