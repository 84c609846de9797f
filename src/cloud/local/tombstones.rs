//! The ledger of instances that are being terminated or gone. Entries are kept for as long as the cloud shows them, or,
//! where nothing else proves the instance's end, until this machine restarts.

use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::sync::{Arc, PoisonError};

use super::file_error::failed;
use super::locks::LockScope;
use super::state_dir::StateDir;
use super::tombstone::{Cache, SHOWN_FOR, Tombstone, Tombstones};
use crate::host::may_hide;
use crate::os::{Durability, write_whole};
use crate::provider::{CloudError, CloudErrorKind};

/// Reads the ledger, or only the part that was added since the last time.
pub(super) fn read(root: &StateDir) -> Result<Arc<Tombstones>, CloudError> {
    let path = root.ledger();
    let wrong = |error: std::io::Error| failed("read", &path, &error);
    let mut cache = root.ledger_cache().lock().unwrap_or_else(PoisonError::into_inner);
    let mut options = OpenOptions::new();
    // A file that blocks readers, such as a pipe, may have been put there.
    let mut file = match options.read(true).custom_flags(nix::libc::O_NONBLOCK).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Arc::default()),
        Err(error) => return Err(wrong(error)),
    };
    let metadata = file.metadata().map_err(wrong)?;
    if !metadata.is_file() {
        return Err(wrong(std::io::Error::new(std::io::ErrorKind::InvalidData, "it is no regular file")));
    }
    if metadata.ino() != cache.file || metadata.len() < cache.read {
        *cache = Cache { file: metadata.ino(), ..Cache::default() };
    }
    let mut content = Vec::new();
    file.seek(SeekFrom::Start(cache.read)).and_then(|_| file.read_to_end(&mut content)).map_err(wrong)?;
    content.truncate(whole_lines(&content));
    let new = entries(root, &content)?;
    if !new.is_empty() {
        let ledger = Arc::make_mut(&mut cache.ledger);
        ledger.extend(new.into_iter().map(|entry| (entry.instance.id.clone(), entry)));
    }
    cache.read += content.len() as u64;
    Ok(Arc::clone(&cache.ledger))
}

/// Returns the length, in bytes, of the whole lines at the beginning.
fn whole_lines(content: &[u8]) -> usize {
    content.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1)
}

/// Adds entries durably.
pub(super) fn append(root: &StateDir, new: &[Tombstone]) -> Result<(), CloudError> {
    if new.is_empty() {
        return Ok(());
    }
    let path = root.ledger();
    let wrong = |error: std::io::Error| failed("write", &path, &error);
    let _lock = root.lock(LockScope::Ledger)?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(&path)
        .map_err(wrong)?;
    let mut old = Vec::new();
    file.read_to_end(&mut old).map_err(wrong)?;
    if is_overdue(&old) {
        return rewrite(root, &old, new);
    }
    // A line that was truncated by a power cut is overwritten.
    let whole = whole_lines(&old) as u64;
    file.set_len(whole).and_then(|()| file.seek(SeekFrom::Start(whole))).map_err(wrong)?;
    file.write_all(&lines(new)?).and_then(|()| file.sync_data()).map_err(wrong)
}

/// Whether the oldest entry is long past its expiry.
fn is_overdue(content: &[u8]) -> bool {
    let first = content.split(|&byte| byte == b'\n').next().unwrap_or_default();
    serde_json::from_slice::<Tombstone>(first).is_ok_and(|entry| entry.age() > 2 * SHOWN_FOR)
}

fn rewrite(root: &StateDir, old: &[u8], new: &[Tombstone]) -> Result<(), CloudError> {
    let mut last = Tombstones::new();
    for entry in entries(root, old)?.into_iter().chain(new.iter().cloned()) {
        last.insert(entry.instance.id.clone(), entry);
    }
    let is_kept = |entry: &Tombstone| !entry.is_forgotten() || may_hide(&entry.instance.id);
    let mut kept: Vec<Tombstone> = last.into_values().filter(is_kept).collect();
    // The first entry determines when the file is rewritten.
    kept.sort_by_key(|entry| (entry.is_forgotten(), entry.at));
    let path = root.ledger();
    write_whole(&path, &lines(&kept)?, 0o600, Durability::Power).map_err(|error| failed("write", &path, &error))
}

fn entries(root: &StateDir, content: &[u8]) -> Result<Vec<Tombstone>, CloudError> {
    content[..whole_lines(content)]
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            serde_json::from_slice(line).map_err(|error| {
                let message = format!("cannot understand {}: {error}", root.ledger().display());
                CloudError::new(CloudErrorKind::Rejected, message)
                    .hint(
                        "it was written by another version of hoist or damaged; nothing was changed: move the file away: it tells \
                         for an hour what was terminated, and what of that still runs is found by its marks",
                    )
            })
        })
        .collect()
}

fn lines(entries: &[Tombstone]) -> Result<Vec<u8>, CloudError> {
    let mut lines = Vec::new();
    for entry in entries {
        let line = serde_json::to_vec(entry)
            .map_err(|error| CloudError::new(CloudErrorKind::Rejected, format!("cannot write an entry: {error}")))?;
        lines.extend(line);
        lines.push(b'\n');
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::*;
    use crate::provider::{Instance, InstanceState};

    fn entry(id: &str, state: InstanceState, minutes_ago: i64) -> Tombstone {
        let at = Timestamp::now() - jiff::SignedDuration::from_mins(minutes_ago);
        let instance = Instance {
            id: id.to_owned(),
            state,
            address: None,
            private_address: None,
            launch_index: 0,
            tags: BTreeMap::new(),
            launched_at: at,
            reason: None,
            offer: None,
        };
        Tombstone { at, token: "token".to_owned(), instance }
    }

    #[test]
    fn a_line_that_was_cut_off_gives_way() {
        let directory = tempfile::tempdir().unwrap();
        let root = StateDir::open(directory.path()).unwrap();
        append(&root, &[entry("i-1", InstanceState::Terminated, 0)]).unwrap();
        let mut cut = std::fs::read(root.ledger()).unwrap();
        cut.extend(b"{\"at\":\"2026");
        std::fs::write(root.ledger(), cut).unwrap();
        assert_eq!(read(&root).unwrap().len(), 1);
        append(&root, &[entry("i-2", InstanceState::Terminated, 0)]).unwrap();
        assert_eq!(read(&root).unwrap().len(), 2);
    }

    #[test]
    fn what_is_damaged_is_not_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let root = StateDir::open(directory.path()).unwrap();
        std::fs::write(root.ledger(), "{\"at\":\"2026\n").unwrap();
        assert_eq!(read(&root).unwrap_err().kind, CloudErrorKind::Rejected);
    }

    #[test]
    fn old_entries_go_and_unfinished_ones_stay() {
        let directory = tempfile::tempdir().unwrap();
        let root = StateDir::open(directory.path()).unwrap();
        let old = [
            entry("i-old", InstanceState::Terminated, 200),
            entry("i-unfinished", InstanceState::ShuttingDown, 190),
            entry("i-recent", InstanceState::Terminated, 30),
        ];
        append(&root, &old).unwrap();
        append(&root, &[entry("i-new", InstanceState::Terminated, 0)]).unwrap();
        let ledger = read(&root).unwrap();
        assert_eq!(ledger.keys().collect::<Vec<_>>(), ["i-new", "i-recent", "i-unfinished"]);
    }

    #[test]
    fn what_others_add_and_replace_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let (one, other) = (StateDir::open(directory.path()).unwrap(), StateDir::open(directory.path()).unwrap());
        append(&one, &[entry("i-1", InstanceState::ShuttingDown, 190)]).unwrap();
        assert_eq!(read(&other).unwrap().len(), 1);
        // The oldest entry is overdue: the file is rewritten.
        append(&one, &[entry("i-1", InstanceState::Terminated, 10)]).unwrap();
        assert_eq!(read(&other).unwrap()["i-1"].instance.state, InstanceState::Terminated);
        append(&one, &[entry("i-2", InstanceState::Terminated, 0)]).unwrap();
        for root in [one, other] {
            assert_eq!(read(&root).unwrap().keys().collect::<Vec<_>>(), ["i-1", "i-2"]);
        }
    }
}
