//! The state of instances whose init lives.
//!
//! The loss of a file does not show the state of an instance: one whose init is found by its mark is up, or its state
//! is unknown.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::file_error::failed;
use super::process_view::ProcessView;
use super::reservation::TOKEN_FILE;
use super::state_dir::StateDir;
use crate::host::{InitStatus, UnresponsiveInit, is_alive, read_status};
use crate::os::quoted;
use crate::provider::{CloudError, Instance, InstanceState, TAG_FINDING, TAG_UNSURE};

/// The directory was moved, removed or emptied.
const MISSING: &str = "its directory is missing or empty: it was moved, removed or emptied";

/// The files used to query its init were replaced.
const MASKED: &str = "its files are damaged, or something that runs on it has replaced them";

/// The file used to query its init is missing.
const WORDLESS: &str = "the file by which it is asked, status.json, is missing from its directory";

/// An init's status file.
#[derive(Clone, Debug)]
pub(super) enum StatusFile {
    /// The init's last status.
    Given(Box<InitStatus>),
    /// Missing: not written yet, or removed.
    Missing,
    /// Replaced by another file.
    Masked,
}

impl StatusFile {
    /// Reads the file of the instance with this id.
    pub(super) fn of(root: &StateDir, id: &str) -> Result<Self, CloudError> {
        let directory = root.instance(id);
        match read_status(&directory) {
            Ok(Some(status)) => Ok(Self::Given(Box::new(status))),
            Ok(None) => Ok(Self::Missing),
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::NotADirectory) => {
                Ok(Self::Masked)
            }
            Err(error) => Err(failed("read the status in", &directory, &error)),
        }
    }
}

/// Returns the instance's state while its init lives; `None` if no init is seen.
pub(super) fn standing(
    root: &StateDir,
    instance: &Instance,
    word: &StatusFile,
    eyes: &ProcessView,
) -> Result<Option<Instance>, CloudError> {
    let directory = root.instance(&instance.id);
    let mut up = Instance { state: InstanceState::Running, ..instance.clone() };
    if let StatusFile::Given(status) = word {
        up.address.clone_from(&status.address);
        up.private_address.clone_from(&status.address);
        if is_alive(&directory).map_err(|error| failed("look at", &directory, &error))? {
            let stopped = UnresponsiveInit::of_stopped(status.process).filter(|_| status.is_running());
            return Ok(Some(match stopped {
                Some(silence) => unsure(&up, &silence.to_string(), &silence.hint()),
                None => up,
            }));
        }
    }
    let Some(init) = eyes.init(&instance.id) else {
        // A process on the instance may hide everything but the lock that its init holds.
        let is_held = matches!(word, StatusFile::Masked) && is_alive(&directory).unwrap_or(false);
        return Ok(is_held.then(|| unsure(&up, MASKED, NO_WAY_BACK)));
    };
    let what = match word {
        StatusFile::Missing if directory.join(TOKEN_FILE).exists() => WORDLESS,
        StatusFile::Missing => MISSING,
        StatusFile::Masked | StatusFile::Given(_) => MASKED,
    };
    let runs = match eyes.count(&instance.id) {
        1 => "1 process of it runs".to_owned(),
        several => format!("{several} processes of it run"),
    };
    let what = format!("{what}; {runs} (its init is process {}), and terminating it ends them", init.process);
    Ok(Some(unsure(&up, &what, &way_back(init.process, &directory))))
}

/// Returns an instance of unknown state, with a hint.
fn unsure(instance: &Instance, what: &str, hint: &str) -> Instance {
    let mut unsure = instance.clone();
    unsure.tags.insert(TAG_FINDING.to_owned(), what.to_owned());
    unsure.tags.insert(TAG_UNSURE.to_owned(), hint.to_owned());
    unsure.reason = Some(what.to_owned());
    unsure
}

/// The hint when the place of its files is unknown.
const NO_WAY_BACK: &str = "put back what was moved or changed, where that still is";

/// Returns the hint by which its directory comes back to its place, from the init's working directory.
fn way_back(init: i32, directory: &Path) -> String {
    let work = PathBuf::from(format!("/proc/{init}/cwd"));
    let is_same = |place: &PathBuf| match (fs::metadata(place), fs::metadata(&work)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    };
    let Some(place) = fs::read_link(&work).ok().filter(is_same).filter(|place| place != directory) else {
        return NO_WAY_BACK.to_owned();
    };
    let (from, to) = moved(&place, directory);
    let back = format!("mv {} {}", quoted(from), quoted(to));
    match fs::symlink_metadata(to) {
        Ok(_) => format!("move {} away, then put back what was there: {back}", quoted(to)),
        Err(_) => format!("put it back: {back}"),
    }
}

/// Returns the directory that was moved and its previous path, given the current and the previous path of a descendant.
fn moved<'p>(is: &'p Path, was: &'p Path) -> (&'p Path, &'p Path) {
    let (mut is, mut was) = (is, was);
    while let (Some(name), Some(up), Some(before)) = (is.file_name(), is.parent(), was.parent()) {
        // A directory cannot be moved into itself.
        if was.file_name() != Some(name) || before.starts_with(up) || up.starts_with(before) {
            break;
        }
        (is, was) = (up, before);
    }
    (is, was)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_moved_is_told_from_what_moved_with_it() {
        let told = |is: &'static str, was: &'static str| {
            let (from, to) = moved(Path::new(is), Path::new(was));
            (from.to_str().unwrap(), to.to_str().unwrap())
        };
        assert_eq!(told("/s/away/instances/i-1", "/s/local/instances/i-1"), ("/s/away", "/s/local"));
        assert_eq!(told("/s/away/i-1", "/s/local/instances/i-1"), ("/s/away", "/s/local/instances"));
        assert_eq!(
            told("/s/local/i-1.away", "/s/local/instances/i-1"),
            ("/s/local/i-1.away", "/s/local/instances/i-1")
        );
        assert_eq!(told("/s/i-1", "/s/local/i-1"), ("/s/i-1", "/s/local/i-1"));
    }
}
