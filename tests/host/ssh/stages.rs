//! Stage directories: who may enter them, and who may not put anything in their place.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;

use hoist::host::ssh::{SshTarget, SshTerms};
use hoist::plan::ProgramKind;
use hoist::provider::{Content, Done, Host, HostError, StageFile, Task};

use crate::ssh::itself::{Hoist, entries};
use crate::ssh::lab::{BASE, Lab, output};
use hoist_test_support::machine::Machine;

/// A program with a configuration of these permissions.
pub(crate) fn task(service: &str, key: &str, script: &str, mode: u32) -> Task {
    let program = format!("#!/bin/sh\n{script}\n").into_bytes();
    Task {
        service: service.to_owned(),
        kind: ProgramKind::Boot,
        key: key.to_owned(),
        files: vec![
            StageFile { name: "b.sh".to_owned(), content: Content::Bytes(program), mode: 0o755 },
            StageFile { name: "bootconf.json".to_owned(), content: Content::Bytes(b"{\"k\":\"v\"}".to_vec()), mode },
        ],
        archive: None,
        program: "b.sh".into(),
        args: Vec::new(),
        environment: Vec::new(),
        timeout: std::time::Duration::from_secs(60),
        result: None,
    }
}

async fn accepted(lab: &Lab, machine: &Machine) {
    lab.reached(machine).await;
}

fn refused(done: Result<Done, HostError>, why: &str) {
    assert!(matches!(&done, Err(HostError::Failed(reason)) if reason.contains(why)), "{why}: {done:?}");
}

#[tokio::test]
async fn other_users_may_enter_and_read_what_is_no_secret() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    let host = lab.reached(&machine).await;
    let script = "cp /bin/true ./helper; stat -c '%a %U' . .. bootconf.json b.sh; \
                  su guest -s /bin/sh -c \"cat $PWD/bootconf.json && $PWD/helper && echo as-guest\" 2>&1";
    let done = host.carry_out(&task("web", "open", script, 0o644)).await.unwrap();
    let expected = "755 root\n1777 root\n644 root\n755 root\n{\"k\":\"v\"}as-guest\n";
    assert_eq!(done.finished.output, expected);
    let done = host.carry_out(&task("web", "closed", script, 0o600)).await.unwrap();
    assert!(done.finished.output.starts_with("755 root\n1777 root\n600 root\n755 root\n"), "{done:?}");
    assert!(done.finished.output.contains("Permission denied") && !done.finished.output.contains("as-guest"));
    // What belongs to hoist alone is nobody else's.
    let jobs: Vec<String> = entries(&machine.file(BASE)).into_iter().filter(|name| name.starts_with(".jobs")).collect();
    assert_eq!(fs::metadata(machine.file(BASE).join(&jobs[0])).unwrap().mode() & 0o7777, 0o700);
}

#[tokio::test]
async fn one_host_serves_several_users_in_any_order() {
    let Some(lab) = Lab::new() else { return };
    let script = "id -un; stat -c %U . ..; pwd";
    for users in [["root", "guest", "admin"], ["guest", "root", "admin"]] {
        let machine = lab.start_pinned(&format!("i-{}", users[0]), users[0]);
        accepted(&lab, &machine).await;
        for (number, user) in users.into_iter().enumerate() {
            let service = format!("s{number}");
            let target = SshTarget { user: Some(user.to_owned()), service: service.clone(), ..lab.target(&machine) };
            let done = lab.host_of(target).carry_out(&task(&service, "k", script, 0o600)).await.unwrap();
            let lines: Vec<&str> = done.finished.output.lines().collect();
            assert_eq!(lines[..2], [user, user], "{done:?}");
            // Whoever owns the directory above could put another one in the place of this.
            assert!(lines[2] == user || lines[2] == "root", "{done:?}");
            assert!(lines[3].ends_with(&format!("/{service}")), "{done:?}");
        }
    }
}

#[tokio::test]
async fn two_users_of_one_plan_come_and_go() {
    let Some(lab) = Lab::new() else { return };
    for users in [["root", "guest"], ["guest", "root"], ["guest", "admin"]] {
        let machine = lab.start(&format!("i-{}", users.concat()), "");
        let hoist = Hoist::new(&lab, &machine).await;
        hoist.file("b.sh", "#!/bin/sh\nid -un >> /tmp/who\nchmod 666 /tmp/who 2>/dev/null\nexit 0\n");
        let name = users.concat();
        let service = |user: &str, number: u32| {
            format!(
                "[[levels]]\n[levels.services.s{number}]\n{}boot = \"b.sh\"\nready = \"b.sh\"\nterminate = \"b.sh\"\n",
                hoist.ssh(user, "")
            )
        };
        hoist.file("plan.toml", format!("name = \"{name}\"\n{}{}", service(users[0], 1), service(users[1], 2)));
        hoist.well(&["plan", "boot", "plan.toml"]);
        hoist.well(&["plan", "status", &name]);
        hoist.well(&["plan", "terminate", &name]);
        let expected = [users[0], users[0], users[1], users[1]].map(|user| format!("{user}\n")).concat();
        let said = hoist.read("/tmp/who");
        assert!(said.starts_with(&expected), "{said}");
        assert!(said.ends_with(&format!("{}\n{}\n", users[1], users[0])), "{said}");
        assert_eq!(entries(&machine.file("/var/tmp")), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn what_others_put_there_is_not_used() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    let host = lab.reached(&machine).await;
    let base = machine.file(BASE);
    let run = async |key: &str| host.carry_out(&task("web", key, "pwd", 0o600)).await;
    // A directory of somebody else: ours are beside it.
    fs::create_dir(&base).unwrap();
    chown(&base, Some(7002), None).unwrap();
    assert_eq!(run("beside").await.unwrap().finished.output, format!("{BASE}-0/web\n"));
    assert_eq!(entries(&base), [] as [&str; 0]);
    fs::remove_dir_all(machine.file("/var/tmp").join(format!("{}-0", base.file_name().unwrap().to_str().unwrap())))
        .unwrap();
    // A stage directory that is somebody else's, or leads elsewhere.
    chown(&base, Some(0), None).unwrap();
    fs::set_permissions(&base, Permissions::from_mode(0o1777)).unwrap();
    fs::create_dir(base.join("web")).unwrap();
    chown(base.join("web"), Some(7002), None).unwrap();
    refused(run("theirs").await, "is not ours");
    fs::remove_dir(base.join("web")).unwrap();
    fs::create_dir(machine.file("/tmp/elsewhere")).unwrap();
    symlink("/tmp/elsewhere", base.join("web")).unwrap();
    refused(run("link").await, "is not ours");
    fs::remove_file(base.join("web")).unwrap();
    // A link in place of all of it.
    fs::remove_dir_all(&base).unwrap();
    symlink("/tmp/elsewhere", &base).unwrap();
    refused(run("linked").await, "it is a link");
    assert_eq!(entries(&machine.file("/tmp/elsewhere")), [] as [&str; 0]);
}

#[tokio::test]
async fn a_plan_or_the_environment_may_choose_the_place() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start("i-1", "");
    let mut hoist = Hoist::new(&lab, &machine).await;
    hoist.file("b.sh", "#!/bin/sh\npwd >> /tmp/places\n");
    let plan = |name: &str, more: &str| {
        let text = format!("name = \"{name}\"\n[[levels]]\n[levels.services.web]\n{}", hoist.ssh("root", more));
        hoist.file(&format!("{name}.toml"), text + "boot = \"b.sh\"\nready = \"b.sh\"\nterminate = \"b.sh\"\n");
    };
    plan("written", ", stage = \"/tmp/deep/stage\"");
    plan("usual", "");
    hoist.well(&["plan", "boot", "written.toml"]);
    hoist.environment.push(("REMOTE_WORKING_DIR_ENV", "/tmp/chosen".to_owned()));
    hoist.well(&["plan", "boot", "usual.toml"]);
    assert_eq!(fs::metadata(machine.file("/tmp/chosen")).unwrap().mode() & 0o7777, 0o1777);
    // Where a run's directories are was decided when it began.
    hoist.environment.clear();
    hoist.well(&["plan", "status", "usual"]);
    for run in ["written", "usual"] {
        hoist.well(&["plan", "terminate", run]);
    }
    let (written, chosen) = ("/tmp/deep/stage/web\n", "/tmp/chosen/web\n");
    let expected = [written, written, chosen, chosen, chosen, written, chosen].concat();
    assert_eq!(hoist.read("/tmp/places"), expected);
    for place in ["/tmp/deep/stage", "/tmp/chosen", "/var/tmp"] {
        assert_eq!(entries(&machine.file(place)), [] as [&str; 0], "{place}");
    }
}

#[tokio::test]
async fn a_chosen_place_that_others_could_exchange_is_refused() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    accepted(&lab, &machine).await;
    let own = machine.file("/tmp/own");
    let run = async |place: &str, key: &str| {
        let terms = SshTerms { stage: Some(Path::new(place).into()), ..SshTerms::default() };
        let host = lab.host_of(SshTarget { terms, ..lab.target(&machine) });
        host.carry_out(&task("web", key, "pwd", 0o600)).await
    };
    fs::create_dir(&own).unwrap();
    assert_eq!(run("/tmp/own", "fine").await.unwrap().finished.output, "/tmp/own/web\n");
    fs::set_permissions(&own, Permissions::from_mode(0o777)).unwrap();
    refused(run("/tmp/own", "open").await, "everybody may exchange what is in /tmp/own");
    refused(run("/tmp/own/below", "below").await, "everybody may exchange what is in /tmp/own");
    fs::set_permissions(&own, Permissions::from_mode(0o755)).unwrap();
    chown(&own, Some(7002), None).unwrap();
    refused(run("/tmp/own/below", "theirs").await, "/tmp/own belongs to another user");
    // One that is another user's itself is not used either, but one beside it.
    assert_eq!(run("/tmp/own", "beside").await.unwrap().finished.output, "/tmp/own-0/web\n");
}

#[tokio::test]
async fn a_full_disk_and_one_that_runs_nothing_are_named() {
    let Some(lab) = Lab::new() else { return };
    let machine = lab.start_pinned("i-1", "a1");
    let host = lab.reached(&machine).await;
    let mount = "mkdir -p /tmp/small /tmp/still; mount -t tmpfs -o size=64k,mode=755 none /tmp/small; \
                 mount -t tmpfs -o noexec,mode=755 none /tmp/still";
    output(&host, "mount", mount).await;
    let on = |place: &str| {
        let terms = SshTerms { stage: Some(Path::new(place).into()), ..SshTerms::default() };
        lab.host_of(SshTarget { terms, ..lab.target(&machine) })
    };
    let mut large = task("web", "large", "true", 0o600);
    large.files[0].content = Content::Bytes(vec![b'#'; 200_000]);
    refused(on("/tmp/small").carry_out(&large).await, "its disk is full (No space left on device)");
    // One that its own program fills tells how that ended.
    let filling = task("web", "fill", "cat /dev/zero > fill; exit 3", 0o600);
    let filled = on("/tmp/small").carry_out(&filling).await.unwrap();
    assert_eq!(filled.finished.outcome, hoist::provider::ExitOutcome::Exit(3));
    refused(
        on("/tmp/still").carry_out(&task("web", "still", "true", 0o600)).await,
        "/tmp/still is mounted with noexec",
    );
}
