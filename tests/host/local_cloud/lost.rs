//! Instances whose files were moved, removed or damaged: what is missing proves nothing, and what runs is found and
//! ended.

use std::fs;
use std::path::Path;

use hoist::provider::{Cloud as _, InstanceState, Selector, TAG_RUN};

use crate::local_cloud::support::{
    Here, Lab, Leftovers, change_status, eventually, has_ended, init_process, kill, open, output, own_seconds,
    processes_of, request, sleepers,
};

/// Harm that is done to what is kept of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    DirectoryRemoved,
    DirectoryMoved,
    DirectoryReplacedByFile,
    DirectoryReplacedByLink,
    DirectoryEmptied,
    StatusRemoved,
    StatusGarbage,
    StatusPipe,
    StatusOfAnother,
    LockRemoved,
    LockReplaced,
    TokenGarbage,
    ReservationRemoved,
    ReservationEmpty,
    ReservationOfAnother,
    AllInstancesMoved,
    AllReservationsRemoved,
    LedgerGarbageRemoved,
    EverythingRemoved,
    BegunRemoved,
}

const ALL: [Harm; 20] = [
    Harm::DirectoryRemoved,
    Harm::DirectoryMoved,
    Harm::DirectoryReplacedByFile,
    Harm::DirectoryReplacedByLink,
    Harm::DirectoryEmptied,
    Harm::StatusRemoved,
    Harm::StatusGarbage,
    Harm::StatusPipe,
    Harm::StatusOfAnother,
    Harm::LockRemoved,
    Harm::LockReplaced,
    Harm::TokenGarbage,
    Harm::ReservationRemoved,
    Harm::ReservationEmpty,
    Harm::ReservationOfAnother,
    Harm::AllInstancesMoved,
    Harm::AllReservationsRemoved,
    Harm::LedgerGarbageRemoved,
    Harm::EverythingRemoved,
    Harm::BegunRemoved,
];

fn the_only_file(directory: &Path) -> std::path::PathBuf {
    fs::read_dir(directory).unwrap().next().unwrap().unwrap().path()
}

impl Harm {
    fn is_done(self, root: &Path, id: &str) {
        let directory = root.join("instances").join(id);
        let reservations = root.join("reservations");
        let empty = |path: &Path| {
            for entry in fs::read_dir(path).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
            }
        };
        match self {
            Self::DirectoryRemoved => fs::remove_dir_all(&directory).unwrap(),
            Self::DirectoryMoved => fs::rename(&directory, root.join("elsewhere")).unwrap(),
            Self::DirectoryReplacedByFile => {
                fs::rename(&directory, root.join("elsewhere")).unwrap();
                fs::write(&directory, "x").unwrap();
            }
            Self::DirectoryReplacedByLink => {
                fs::rename(&directory, root.join("elsewhere")).unwrap();
                std::os::unix::fs::symlink("/nowhere/at/all", &directory).unwrap();
            }
            Self::DirectoryEmptied => empty(&directory),
            Self::StatusRemoved => fs::remove_file(directory.join("status.json")).unwrap(),
            Self::StatusGarbage => fs::write(directory.join("status.json"), "{\"process\":").unwrap(),
            Self::StatusPipe => {
                fs::remove_file(directory.join("status.json")).unwrap();
                nix::unistd::mkfifo(&directory.join("status.json"), nix::sys::stat::Mode::S_IRWXU).unwrap();
            }
            Self::StatusOfAnother => change_status(&directory, |status| {
                // A process that ended long ago, or never was.
                status["process"] = 2_000_000_000.into();
                status["contact"]["socket"] = "hoist-nobody".into();
            }),
            Self::LockRemoved => fs::remove_file(directory.join("alive")).unwrap(),
            Self::LockReplaced => {
                fs::remove_file(directory.join("alive")).unwrap();
                fs::write(directory.join("alive"), "").unwrap();
            }
            Self::TokenGarbage => fs::write(directory.join("token"), "another").unwrap(),
            Self::ReservationRemoved => fs::remove_file(the_only_file(&reservations)).unwrap(),
            Self::ReservationEmpty => fs::write(the_only_file(&reservations), "").unwrap(),
            Self::ReservationOfAnother => {
                let file = the_only_file(&reservations);
                let text = fs::read_to_string(&file).unwrap();
                fs::write(&file, text.replace("\"token\":\"token\"", "\"token\":\"other\"")).unwrap();
            }
            Self::AllInstancesMoved => fs::rename(root.join("instances"), root.join("elsewhere")).unwrap(),
            Self::AllReservationsRemoved => fs::remove_dir_all(&reservations).unwrap(),
            Self::LedgerGarbageRemoved => drop(fs::remove_file(root.join("terminated.jsonl"))),
            Self::EverythingRemoved => empty(root),
            Self::BegunRemoved => fs::remove_dir_all(root.join("begun")).unwrap(),
        }
    }

    /// Whether a file is damaged that nobody may guess at: the call is refused, and names it.
    fn is_refused(self) -> bool {
        matches!(self, Self::ReservationEmpty | Self::ReservationOfAnother)
    }
}

#[tokio::test]
async fn whatever_is_done_to_its_files_an_instance_is_ended_or_named() {
    Lab::in_both(|lab| async move {
        for harm in ALL {
            harmed(&lab, harm).await;
        }
    })
    .await;
}

async fn harmed(lab: &Lab, harm: Harm) {
    let root = lab.directory.path().canonicalize().unwrap();
    let directory = tempfile::Builder::new().prefix("hoist-lost-").tempdir_in(&root).unwrap();
    let place = directory.path().join("cloud");
    let cloud = open(&place, lab.isolated);
    let seconds = own_seconds();
    let run = format!("run-{seconds}");
    let mut launch = request("token", &["web"]);
    launch.tags.insert(TAG_RUN.to_owned(), run.clone());
    let instance = cloud.launch(&launch).await.unwrap().instances.remove(0);
    let id = instance.id.clone();
    let guard = Leftovers { ids: vec![id.clone()], seconds: seconds.clone() };
    let host = cloud.host("", &instance).unwrap();
    host.reach().await.unwrap();
    // One that has shed what it could: its parent, its session, its environment, its output, its place.
    let daemon = format!("cd / && setsid env -i sleep {seconds} </dev/null >/dev/null 2>&1 &");
    output(&host, "daemon", &daemon).await;
    eventually("the daemon runs", || sleepers(&seconds).len() == 1).await;
    let init = init_process(&place.join("instances").join(&id));

    harm.is_done(&place, &id);
    // As another hoist finds it.
    let cloud = open(&place, lab.isolated);
    let whole = Selector::Run(run);
    if harm.is_refused() {
        let refused = cloud.describe(&whole).await.unwrap_err();
        assert!(refused.message.contains("reservations"), "{harm:?}: {refused}");
        cloud.terminate(std::slice::from_ref(&id)).await.unwrap_err();
        assert!(!has_ended(init), "{harm:?}: nothing was changed");
        // What the hint says.
        assert!(refused.hint.unwrap().contains("move the file away"));
        fs::remove_file(the_only_file(&place.join("reservations"))).unwrap();
    }
    for selector in [&whole, &Selector::ManagedByHoist, &Selector::Ids(vec![id.clone()])] {
        let shown = cloud.describe(selector).await.unwrap();
        let shown: Vec<_> = shown.iter().filter(|one| one.id == id).collect();
        assert_eq!(shown.len(), 1, "{harm:?}: {selector:?} does not show it");
        assert!(!shown[0].state.is_gone(), "{harm:?}: {selector:?} shows {:?}", shown[0]);
        assert!(!has_ended(init) && sleepers(&seconds).len() == 1, "{harm:?}: a look ends nothing");
    }
    // A launch that is repeated makes no second one of it; what knows of no launch is another cloud.
    if harm != Harm::EverythingRemoved {
        let again = cloud.launch(&launch).await;
        let inits = processes_of(&id).iter().filter(|process| process.contains(" __init ")).count();
        assert_eq!(inits, 1, "{harm:?}: {again:?}");
    }

    cloud.terminate(std::slice::from_ref(&id)).await.unwrap();
    assert_eq!(processes_of(&id), [] as [String; 0], "{harm:?}");
    assert_eq!(sleepers(&seconds), [] as [i32; 0], "{harm:?}");
    let shown = cloud.describe(&whole).await.unwrap();
    assert!(shown.iter().all(|one| one.state == InstanceState::Terminated), "{harm:?}: {shown:?}");
    drop(guard);
}

#[tokio::test]
async fn what_runs_although_it_is_recorded_as_terminated_is_shown_and_ended() {
    let lab = Lab::new(true);
    let (instance, _) = lab.one("token").await;
    let _guard = Leftovers { ids: vec![instance.id.clone()], seconds: own_seconds() };
    let entry = serde_json::json!({
        "at": jiff::Timestamp::now().to_string(),
        "token": "token",
        "instance": {
            "id": instance.id, "state": "terminated", "address": null, "private_address": null, "launch_index": 0,
            "tags": instance.tags, "launched_at": "2026-01-01T00:00:00Z", "reason": null
        }
    });
    fs::write(lab.directory.path().join("terminated.jsonl"), format!("{entry}\n")).unwrap();
    let shown = lab.ours().await.remove(0);
    assert_eq!(shown.state, InstanceState::Running);
    assert!(shown.finding().unwrap().contains("recorded as terminated; 1 process of it runs"), "{shown:?}");
    lab.cloud.terminate(std::slice::from_ref(&instance.id)).await.unwrap();
    lab.assert_nothing_left(&instance.id, instance.address.as_deref());
    assert_eq!(lab.ours().await.remove(0).state, InstanceState::Terminated);
}

#[tokio::test]
async fn another_clouds_instances_are_none_of_this_ones() {
    let (one, other) = (Lab::new(true), Lab::new(true));
    let (mine, _) = one.one("token").await;
    assert_eq!(other.ours().await, []);
    other.cloud.terminate(&[]).await.unwrap();
    assert!(one.has_init(&mine.id));
    one.terminate_all().await;
}

/// Whether the kernel gave the host of this record a group of its own.
fn has_group(record: &Path) -> bool {
    let begun: serde_json::Value = serde_json::from_slice(&fs::read(record).unwrap()).unwrap();
    assert!(begun["cgroup"].is_string() || begun["without"].is_string(), "{begun}");
    begun["cgroup"].is_string()
}

fn shed(seconds: &str) -> String {
    format!("setsid env -i sleep {seconds} </dev/null >/dev/null 2>&1 &")
}

#[tokio::test]
async fn a_daemon_that_shed_its_marks_is_ended_or_its_end_is_not_claimed() {
    let _alone = crate::local_cloud::support::Alone::wait();
    let lab = Lab::new(false);
    let (instance, host) = lab.one("token").await;
    let seconds = own_seconds();
    let _guard = Leftovers { ids: vec![instance.id.clone()], seconds: seconds.clone() };
    output(&host, "daemon", &shed(&seconds)).await;
    eventually("the daemon runs", || sleepers(&seconds).len() == 1).await;
    let record = lab.directory.path().join("begun").join(&instance.id);
    let has_group = has_group(&record);
    let init = init_process(&lab.instance_directory(&instance.id));
    kill(init);
    eventually("the init has ended", || has_ended(init)).await;
    let ids = [instance.id.clone()];
    let ended = lab.cloud.terminate(&ids).await;
    if has_group {
        ended.unwrap();
        assert_eq!(sleepers(&seconds), [] as [i32; 0]);
        lab.assert_nothing_left(&instance.id, instance.address.as_deref());
        return;
    }
    // It cannot be found, and so it is not said that it is gone, however often that is asked.
    for ended in [ended, lab.cloud.terminate(&ids).await] {
        let error = ended.unwrap_err();
        assert!(error.message.contains("not proved") && error.message.contains("control group"), "{error}");
        assert!(error.hint.unwrap().contains("restarted"));
    }
    assert_eq!(sleepers(&seconds).len(), 1);
    let shown = lab.ours().await.remove(0);
    assert_eq!(shown.state, InstanceState::ShuttingDown);
    let daemon = format!("{} (sleep)", sleepers(&seconds)[0]);
    assert!(shown.reason.as_ref().unwrap().contains("not proved"));
    assert!(shown.finding().unwrap().contains(&daemon), "{shown:?}");
    // A restart of the machine is a proof: nothing lives through it.
    let text = fs::read_to_string(&record).unwrap();
    let begun: serde_json::Value = serde_json::from_str(&text).unwrap();
    fs::write(&record, text.replace(begun["boot"].as_str().unwrap(), "an earlier start")).unwrap();
    lab.cloud.terminate(&ids).await.unwrap();
    assert_eq!(lab.ours().await.remove(0).state, InstanceState::Terminated);
}

#[tokio::test]
async fn this_host_is_released_only_where_that_can_be_proved() {
    let _alone = crate::local_cloud::support::Alone::wait();
    let directory = tempfile::tempdir().unwrap();
    let here = Here::new(&directory);
    let (place, host) = (&here.place, &here.host);
    let seconds = own_seconds();
    let id = output(host, "id", "echo $HOIST_INSTANCE").await;
    let _guard = Leftovers { ids: vec![id.clone()], seconds: seconds.clone() };
    output(host, "daemon", &shed(&seconds)).await;
    eventually("the daemon runs", || sleepers(&seconds).len() == 1).await;
    let has_group = has_group(&place.with_file_name(".begun-service"));
    let init = init_process(place);
    kill(init);
    eventually("the init has ended", || has_ended(init)).await;
    // An init that comes after it does not know what it left.
    assert_eq!(output(host, "later", "echo works").await, "works");
    let released = host.release().await;
    if has_group {
        released.unwrap();
        assert_eq!(sleepers(&seconds), [] as [i32; 0]);
        assert_eq!(fs::read_dir(directory.path().join("run")).unwrap().count(), 0);
    } else {
        assert!(released.unwrap_err().to_string().contains("not proved"));
    }
}

#[tokio::test]
async fn this_host_is_released_without_its_directory_too() {
    let directory = tempfile::tempdir().unwrap();
    let here = Here::new(&directory);
    let seconds = own_seconds();
    let id = output(&here.host, "id", "echo $HOIST_INSTANCE").await;
    let _guard = Leftovers { ids: vec![id.clone()], seconds: seconds.clone() };
    output(&here.host, "daemon", &shed(&seconds)).await;
    eventually("the daemon runs", || sleepers(&seconds).len() == 1).await;
    fs::rename(&here.place, directory.path().join("elsewhere")).unwrap();
    here.host.release().await.unwrap();
    assert_eq!((processes_of(&id), sleepers(&seconds)), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn an_init_is_the_last_to_be_killed_for_want_of_memory() {
    let lab = Lab::new(false);
    let (instance, host) = lab.one("token").await;
    let score = |text: String| text.trim().parse::<i32>().unwrap();
    let init = init_process(&lab.instance_directory(&instance.id));
    let of_init = score(fs::read_to_string(format!("/proc/{init}/oom_score_adj")).unwrap());
    let of_program = score(output(&host, "score", "cat /proc/self/oom_score_adj").await);
    let own = score(fs::read_to_string("/proc/self/oom_score_adj").unwrap());
    assert!(of_init < of_program, "{of_init} {of_program}");
    if of_init < own {
        assert_eq!((of_init, of_program), (-900, own), "where the init could be spared, programs are as they were");
    }
    lab.terminate_all().await;
}
