//! Each file and directory that is kept of a run on this machine, lost one by one: none of them is a reason to replace
//! a machine, to pass over its terminate program, or to say that it is gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use Harm::{Corrupted, Emptied, Moved, Piped, Removed, Replaced};
use Truth::{Elsewhere, Unknown, Up};

use crate::local_cloud::desk::Desk;
use crate::local_cloud::support::{processes_of, write_program};

/// What is done to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    Removed,
    Moved,
    Emptied,
    /// Something that nobody understands is in it; a file is in the place of a directory.
    Corrupted,
    /// A directory is in its place.
    Replaced,
    /// A pipe is in its place, which nobody ever writes to.
    Piped,
}

/// What is to be said of the run then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    /// It is up, and can be brought down as ever.
    Up,
    /// Its init runs and cannot be asked: unknown, nothing is done, and the end is by force.
    Unknown,
    /// Something on this side has to be mended first.
    Elsewhere,
}

const DIRECTORY: [Harm; 4] = [Removed, Moved, Emptied, Corrupted];
const FILE: [Harm; 6] = [Removed, Moved, Emptied, Corrupted, Replaced, Piped];

/// What is kept of a run, what may happen to it, and what is true then, but for some.
type Row = (&'static str, &'static [Harm], Truth, &'static [(Harm, Truth)]);

/// `ID` is the run's instance, `TOKEN` its launch.
const TABLE: [Row; 20] = [
    ("", &DIRECTORY, Unknown, &[(Corrupted, Elsewhere)]),
    ("instances", &DIRECTORY, Unknown, &[(Corrupted, Elsewhere)]),
    ("reservations", &DIRECTORY, Up, &[(Corrupted, Elsewhere)]),
    ("begun", &DIRECTORY, Up, &[(Corrupted, Elsewhere)]),
    ("annexes", &DIRECTORY, Up, &[(Corrupted, Elsewhere)]),
    ("cloud-id", &FILE, Up, &[]),
    ("cloud-id.copy", &FILE, Up, &[]),
    ("locks", &FILE, Up, &[(Replaced, Elsewhere), (Piped, Elsewhere)]),
    (
        "reservations/TOKEN",
        &FILE,
        Up,
        &[(Emptied, Elsewhere), (Corrupted, Elsewhere), (Replaced, Elsewhere), (Piped, Elsewhere)],
    ),
    ("begun/ID", &FILE, Up, &[(Replaced, Elsewhere)]),
    ("instances/ID", &DIRECTORY, Unknown, &[]),
    ("instances/ID/alive", &FILE, Up, &[]),
    ("instances/ID/status.json", &FILE, Unknown, &[]),
    ("instances/ID/init.json", &FILE, Up, &[]),
    ("instances/ID/token", &FILE, Up, &[]),
    ("instances/ID/console.log", &FILE, Up, &[]),
    ("instances/ID/runs", &DIRECTORY, Up, &[(Corrupted, Unknown)]),
    ("instances/ID/home", &DIRECTORY, Up, &[]),
    ("instances/ID/tmp", &[Moved, Corrupted], Up, &[]),
    ("instances/ID/var-tmp", &[Removed, Moved, Corrupted], Up, &[]),
];

/// The most runs at a time.
const SIDE_BY_SIDE: usize = 4;

impl Harm {
    fn is_done_to(self, path: &Path) {
        let away = aside(path);
        let is_directory = path.is_dir();
        match self {
            Removed if is_directory => fs::remove_dir_all(path).unwrap(),
            Removed => fs::remove_file(path).unwrap(),
            Moved => fs::rename(path, away).unwrap(),
            Emptied if is_directory => {
                fs::rename(path, away).unwrap();
                fs::create_dir(path).unwrap();
            }
            Emptied => fs::write(path, "").unwrap(),
            Corrupted if is_directory => {
                fs::rename(path, away).unwrap();
                fs::write(path, "x").unwrap();
            }
            Corrupted => fs::write(path, "{\"x\": \u{1}").unwrap(),
            Replaced => {
                fs::rename(path, away).unwrap();
                fs::create_dir(path).unwrap();
            }
            Piped => {
                fs::rename(path, away).unwrap();
                nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap();
            }
        }
    }
}

fn aside(path: &Path) -> PathBuf {
    path.with_file_name(format!("{}.aside", path.file_name().unwrap().to_string_lossy()))
}

#[test]
fn whatever_is_lost_of_a_run_nothing_is_replaced_or_called_gone_for_it() {
    let rows = TABLE.iter().flat_map(|row| row.1.iter().map(move |harm| (row, *harm)));
    let rows = Mutex::new(rows.collect::<Vec<_>>());
    let next = || rows.lock().unwrap().pop();
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(((path, _, usual, but), harm)) = next() {
                    let truth = but.iter().find(|(it, _)| *it == harm).map_or(*usual, |(_, truth)| *truth);
                    lost(path, harm, truth);
                }
            });
        }
    });
}

fn lost(path: &str, harm: Harm, truth: Truth) {
    let what = format!("{path:?} {harm:?}: {truth:?}");
    let mut desk = Desk::new();
    let plan =
        "name = 'run'\n[[levels]]\n[levels.services.a]\nboot = 'boot.sh'\nready = 'boot.sh'\nterminate = 'end.sh'\n";
    fs::write(desk.path("run.toml"), plan).unwrap();
    write_program(&desk.path("boot.sh"), "#!/bin/sh\nexit 0\n");
    write_program(&desk.path("end.sh"), "#!/bin/sh\necho said goodbye\n");
    desk.hoist("plan boot run.toml").exit(0);
    let id = desk.instance("run");
    let local = desk.path("state/local");
    let reservation = fs::read_dir(local.join("reservations")).unwrap().next().unwrap().unwrap().file_name();
    let path = path.replace("ID", &id).replace("TOKEN", reservation.to_str().unwrap());
    let path = if path.is_empty() { local } else { local.join(path) };
    harm.is_done_to(&path);

    let status = desk.hoist("plan status run");
    let dry = desk.hoist("plan reload --dry-run run.toml");
    let repair = desk.hoist("plan repair run --yes");
    let orphans = desk.hoist("orphans");
    assert_eq!(desk.instance("run"), id, "{what}: it was replaced");
    assert_ne!(processes_of(&id).len(), 0, "{what}: a look ended it");
    let ended = desk.hoist("plan terminate run --yes");
    let goodbye = || desk.hoist("plan logs run a").all().contains("said goodbye");
    let codes = [&status, &dry, &repair, &orphans, &ended].map(|said| said.code.unwrap());
    match truth {
        Up => {
            assert_eq!(codes, [0, 0, 0, 0, 0], "{what}: {status}{repair}{ended}");
            assert!(goodbye(), "{what}");
        }
        Unknown => {
            // Where its own directory is whole, only who runs something notices.
            assert!(matches!(codes, [2, 1, 1, 0 | 2, 3]), "{what}: {codes:?} {status}{ended}");
            status.says_all(&["unknown", "try:"]);
            repair.says_all(&["nothing was touched"]);
            ended.says_all(&["kept", &id, "hoist plan terminate run --force"]);
            assert!(!goodbye(), "{what}");
            desk.hoist("plan status run").says_all(&["hoist plan terminate run --force"]);
            desk.hoist("plan terminate run --force --yes").exit(0);
        }
        Elsewhere => {
            assert!(codes[4] == 3, "{what}: {codes:?} {ended}");
            ended.says_all(&["try:", path.to_str().unwrap()]);
            if codes[0] != 0 {
                assert_eq!(codes[..4], [2, 1, 1, 3], "{what}: {status}");
                status.says_all(&["unknown", "try:"]);
            }
            // What it says.
            if path.is_dir() {
                fs::remove_dir(&path).unwrap()
            } else {
                fs::remove_file(&path).unwrap()
            }
            if aside(&path).exists() {
                fs::rename(aside(&path), &path).unwrap();
            }
            desk.hoist("plan terminate run --yes").exit(0);
        }
    }
    assert_eq!(processes_of(&id), [] as [String; 0], "{what}");
}
