//! Files that are refused, each with its own message, and left as they are.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use hoist::state::{NewRun, Owner, StateError, StateFile};
use nix::sys::stat::Mode;
use nix::unistd::{Uid, chown, mkfifo};
use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

use crate::state::support::{Part, UNSHARE, append, batch, may_mount, output, plan, say, wait_for_go};

/// Makes a state file and says how everything that came with it may be used.
pub(crate) fn create(file: &Path) {
    let state = StateFile::open(file).unwrap();
    let (_, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
    append(&*lock.store(), batch(1..=1)).unwrap();
    let directory = file.parent().unwrap();
    let mut modes: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            format!("{} {:o}", entry.file_name().display(), entry.metadata().unwrap().permissions().mode() & 0o7777)
        })
        .collect();
    modes.sort();
    say(format!("{:o} {}", fs::metadata(directory).unwrap().permissions().mode() & 0o7777, modes.join(" ")));
}

/// Opens a state file and says what came of it.
pub(crate) fn open(file: &Path) {
    match StateFile::open(file) {
        Ok(_) => say("opened"),
        Err(error) => say(format!("{error} | {}", error.hint().unwrap_or_default())),
    }
}

/// Fills the disk, and goes on when there is room again.
pub(crate) fn fill(file: &Path) {
    let state = StateFile::open(file).unwrap();
    let (run, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
    let store = lock.store();
    let ballast = file.with_file_name("ballast");
    fs::write(&ballast, vec![1; 200 * 1024]).unwrap();
    let mut committed = 0;
    let error = loop {
        let mut next = batch(committed + 1..=committed + 1);
        next.outputs.push(output("web", &"x".repeat(50_000)));
        match append(&*store, next) {
            Ok(()) => committed += 1,
            Err(error) => break error,
        }
    };
    assert!(!error.lock_lost);
    say(format!("full after {}: {error}", committed > 0));
    assert_eq!(state.load(run).unwrap().1.len() as u64, committed, "what was committed is still there");
    wait_for_go();
    fs::remove_file(&ballast).unwrap();
    append(&*store, batch(committed + 1..=committed + 1)).unwrap();
    say(format!("went on: {}", state.load(run).unwrap().1.len() as u64 == committed + 1));
}

/// Records until something is in the way, and says what.
pub(crate) fn grow(file: &Path) {
    let state = StateFile::open(file).unwrap();
    let (run, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
    for n in 1.. {
        let mut next = batch(n..=n);
        next.outputs.push(output("web", &"x".repeat(50_000)));
        if let Err(error) = append(&*lock.store(), next) {
            say(format!("{} {error}", state.load(run).unwrap().1.len() as u64 == n - 1));
            return;
        }
    }
}

/// A state file with one run in it, closed.
fn sound() -> (TempDir, PathBuf) {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let (_, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
    for n in 0..20 {
        let mut next = batch(n * 10 + 1..=n * 10 + 10);
        next.outputs.push(output("web", &"text ".repeat(2000)));
        append(&*lock.store(), next).unwrap();
    }
    drop(lock);
    drop(state);
    (directory, file)
}

/// Everything in the file's directory, with content.
fn snapshot(file: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(file.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), if path.is_file() { fs::read(&path).unwrap_or_default() } else { Vec::new() }))
        .collect();
    files.sort();
    files
}

/// Opening fails and changes nothing; gives the message and the hint.
#[track_caller]
fn refused(file: &Path) -> (String, String) {
    let before = snapshot(file);
    let error = StateFile::open(file).unwrap_err();
    assert!(StateFile::open_existing(file).is_err());
    assert_eq!(StateFile::names(file, true), Vec::<String>::new());
    assert!(snapshot(file) == before, "something was changed");
    (error.to_string(), error.hint().unwrap())
}

#[test]
fn only_we_may_read_what_is_made() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("a/b/hoist.db");
    let mut part = Part::start("create", &file, r#"umask 000; exec "$@""#);
    assert_eq!(
        part.hear(),
        "700 hoist.db 600 hoist.db-head 600 hoist.db-reserve 600 hoist.db-shm 600 hoist.db-wal 600"
    );
    part.wait();
}

#[test]
fn a_link_is_refused() {
    let (directory, file) = sound();
    let link = directory.path().join("link.db");
    symlink(&file, &link).unwrap();
    let real = file.canonicalize().unwrap();
    let (message, hint) = refused(&link);
    assert_eq!(message, format!("the state file {} is a symbolic link to {}", link.display(), real.display()));
    assert_eq!(hint, format!("name the file itself: --state {}", real.display()));

    let dangling = directory.path().join("dangling.db");
    symlink("nowhere", &dangling).unwrap();
    assert_eq!(refused(&dangling).0, format!("the state file {} is a symbolic link", dangling.display()));

    let log = directory.path().join("hoist.db-wal");
    symlink("nowhere", &log).unwrap();
    assert_eq!(refused(&file).0, format!("the state file {} is a symbolic link", log.display()));
}

#[test]
fn a_link_on_the_way_is_followed() {
    let (directory, file) = sound();
    let elsewhere = tempdir().unwrap();
    symlink(directory.path(), elsewhere.path().join("state")).unwrap();
    let state = StateFile::open(&elsewhere.path().join("state").join(file.file_name().unwrap())).unwrap();
    assert_eq!(state.runs(true).unwrap().len(), 1);
}

#[test]
fn a_file_that_others_may_use_is_refused() {
    for mode in [0o644, 0o660, 0o602, 0o610] {
        let (_directory, file) = sound();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let (message, hint) = refused(&file);
        let expected = format!("the state file {} may be read or written by others (mode {mode:04o})", file.display());
        assert_eq!(message, expected);
        assert_eq!(hint, format!("chmod 600 {}", file.display()));
    }
}

#[test]
fn the_command_that_mends_works_for_any_name() {
    let (directory, file) = sound();
    let odd = directory.path().join("it's; a $(state) file.db");
    fs::rename(&file, &odd).unwrap();
    fs::set_permissions(&odd, Permissions::from_mode(0o644)).unwrap();
    let (_, hint) = refused(&odd);
    assert!(std::process::Command::new("sh").args(["-c", &hint]).status().unwrap().success());
    assert_eq!(StateFile::open(&odd).unwrap().runs(true).unwrap().len(), 1);
}

#[test]
fn a_file_of_somebody_else_is_refused() {
    // Everywhere somebody else's, unless we are root; then another user's will do.
    let (_directory, own) = sound();
    let (file, owner) = if Uid::effective().is_root() {
        chown(&own, Some(Uid::from_raw(65534)), None).unwrap();
        (own, nix::unistd::User::from_uid(Uid::from_raw(65534)).unwrap().map_or("65534".to_owned(), |user| user.name))
    } else {
        (PathBuf::from("/etc/passwd"), "root".to_owned())
    };
    let error = StateFile::open(&file).unwrap_err();
    let user = nix::unistd::User::from_uid(Uid::effective()).unwrap().unwrap().name;
    assert_eq!(error.to_string(), format!("the state file {} belongs to {owner}, not to {user}", file.display()));
    assert_eq!(error.hint().unwrap(), format!("run hoist as {owner}, or: sudo chown {user} {}", file.display()));
}

#[test]
fn what_is_no_file_is_refused() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("hoist.db");
    fs::create_dir(&path).unwrap();
    assert_eq!(refused(&path).0, format!("the state file {} is a directory, not a file", path.display()));
    let pipe = directory.path().join("pipe.db");
    mkfifo(&pipe, Mode::S_IRWXU).unwrap();
    assert_eq!(refused(&pipe).0, format!("the state file {} is a pipe, not a file", pipe.display()));
    let below = directory.path().join("plain");
    fs::write(&below, "").unwrap();
    let error = StateFile::open(&below.join("hoist.db")).unwrap_err();
    assert!(error.to_string().contains("Not a directory"), "{error}");
}

#[test]
fn what_is_no_state_file_is_refused() {
    let directory = tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    };
    for (name, content) in
        [("text.db", &b"plan list\n"[..]), ("short.db", b"SQLite format 3\0"), ("long.db", &[7; 5000])]
    {
        let file = write(name, content);
        for mode in [0o600, 0o644, 0o400] {
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            let (message, hint) = refused(&file);
            assert_eq!(message, format!("{} is no state file of hoist: it is no SQLite database", file.display()));
            assert!(!hint.contains("chmod"), "nobody is told to change it: {hint}");
        }
    }
    let other = write("other.db", b"");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    assert_eq!(
        refused(&other).0,
        format!("{} is no state file of hoist: it is another program's database", other.display())
    );
}

#[test]
fn an_empty_file_becomes_a_state_file_unless_its_log_is_not_empty() {
    let (_directory, file) = sound();
    File::create(&file).unwrap();
    let log = file.with_file_name("hoist.db-wal");
    fs::write(&log, "something").unwrap();
    fs::set_permissions(&log, Permissions::from_mode(0o600)).unwrap();
    let (message, _) = refused(&file);
    let expected =
        format!("the state file {} is damaged: it is empty, but {} beside it is not", file.display(), log.display());
    assert_eq!(message, expected);
    fs::remove_file(&log).unwrap();
    fs::remove_file(file.with_file_name("hoist.db-head")).unwrap();
    assert_eq!(StateFile::open(&file).unwrap().runs(true).unwrap().len(), 0);
}

#[test]
fn a_damaged_file_is_refused_and_kept() {
    // The table of tables.
    let (_directory, file) = sound();
    let mut content = fs::read(&file).unwrap();
    content[100..4096].fill(0xa5);
    fs::write(&file, &content).unwrap();
    let (message, hint) = refused(&file);
    assert!(message.starts_with(&format!("the state file {} is damaged: ", file.display())), "{message}");
    assert!(hint.contains(".recover"), "{hint}");

    // Everything else: it is refused, or what is asked of it is.
    let (_directory, file) = sound();
    let mut content = fs::read(&file).unwrap();
    content[4096..].fill(0xa5);
    fs::write(&file, &content).unwrap();
    for create in [false, true] {
        let result = StateFile::open(&file).and_then(|state| match create {
            false => state.runs(true).map(drop),
            true => state.create_run(&NewRun { name: "new", plan: &plan("new") }, &Owner::current()).map(drop),
        });
        assert!(matches!(result, Err(StateError::Corrupt { .. })), "{result:?}");
    }
    assert!(fs::read(&file).unwrap() == content, "something was changed");
}

#[test]
fn a_read_only_file_is_refused() {
    for mode in [0o400, 0o000, 0o200] {
        let (_directory, file) = sound();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let error = StateFile::open(&file).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the state file {} cannot be written: its mode is {mode:04o}", file.display())
        );
        assert_eq!(error.hint().unwrap(), format!("chmod 600 {}", file.display()));
    }
}

#[test]
fn a_read_only_file_system_is_named() {
    if !may_mount() {
        return;
    }
    let (directory, file) = sound();
    let mount = format!(
        r#"exec {UNSHARE} sh -c 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"' {} "$@""#,
        directory.path().display()
    );
    for path in [file.clone(), directory.path().join("new.db")] {
        let mut part = Part::start("open", &path, &mount);
        let said = part.hear();
        let path = path.display();
        let expected =
            format!("the state file {path} cannot be written: its file system is read-only | choose another file");
        assert!(said.starts_with(&expected), "{said}");
        part.wait();
    }
}

#[test]
fn a_full_disk_stops_the_run_and_loses_nothing() {
    if !may_mount() {
        return;
    }
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let mount = format!(
        r#"exec {UNSHARE} sh -c 'mount -t tmpfs -o size=600k none "$0" && exec "$@"' {} "$@""#,
        directory.path().display()
    );
    let mut part = Part::start("fill", &file, &mount);
    let expected =
        format!("full after true: no space is left for the state file {}; make room there (df -h ", file.display());
    let said = part.hear();
    assert!(said.starts_with(&expected), "{said}");
    part.go_on();
    assert_eq!(part.hear(), "went on: true");
    part.wait();
}

#[test]
fn a_limit_on_files_is_named() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let mut part = Part::start("grow", &file, r#"trap '' XFSZ; ulimit -f 1000; exec "$@""#);
    let said = part.hear();
    let expected = format!("true cannot record what happened in the state file {}: disk I/O error", file.display());
    assert!(said.starts_with(&expected) && said.contains("(quota, ulimit -f)"), "{said}");
    part.wait();
    assert_eq!(StateFile::open(&file).unwrap().runs(false).unwrap().len(), 1);
}

#[test]
fn a_disk_that_is_full_from_the_start_is_named() {
    if !may_mount() {
        return;
    }
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    // The file itself finds room, its first page does not.
    let mount = format!(
        r#"exec {UNSHARE} sh -c 'mount -t tmpfs -o size=64k none "$0"; head -c 100k /dev/zero > "$0/ballast" 2>&-; exec "$@"' {} "$@""#,
        directory.path().display()
    );
    let mut part = Part::start("open", &file, &mount);
    let said = part.hear();
    assert!(said.starts_with(&format!("no space is left for the state file {} | make room", file.display())), "{said}");
    part.wait();
}

#[test]
fn a_file_that_another_program_keeps_locked_is_named() {
    let (_directory, file) = sound();
    let other = Connection::open(&file).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE runs SET name = name; COMMIT")
        .unwrap();
    let error = StateFile::open(&file).unwrap_err();
    assert_eq!(error.to_string(), format!("the state file {} is locked by another program", file.display()));
    assert!(error.hint().unwrap().contains(&format!("fuser -v {}", file.display())));
    drop(other);
    assert_eq!(StateFile::open(&file).unwrap().runs(true).unwrap().len(), 1);
}
