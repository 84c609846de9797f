//! The user's own settings for SSH, as ssh reads them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::config_file::UserFiles;
use crate::plan::{MAX_TEXT, read_text_file};

/// Returns whether the user's files may contain a setting with this prefix, in lower case. If not, ssh need not be
/// asked.
pub(super) fn may_hold(user: &UserFiles, setting: &str) -> bool {
    let system = [Path::new("/etc/ssh/ssh_config").to_owned()].into_iter().chain(files_in("/etc/ssh/ssh_config.d"));
    let own = user.directory.iter().map(|directory| directory.join("config"));
    let is_system = |path: &Path| path.starts_with("/etc/ssh");
    own.chain(system).any(|path| {
        let text = read_text_file(&path, MAX_TEXT).unwrap_or_default();
        text.lines().map(|line| line.trim_start().to_ascii_lowercase()).any(|line| {
            // Files that the user includes may contain any setting; the system's own directory is read here.
            line.starts_with(setting) || (line.starts_with("include") && !is_system(&path))
        })
    })
}

/// Returns the settings for a host according to the configuration in `config`, with names in lower case. They are empty
/// if ssh fails. Starts a process.
pub(super) fn of_host(config: &Path, address: &str) -> Vec<(String, String)> {
    let asked = Command::new("ssh").arg("-G").arg("-F").arg(config).args(["--", address]).stdin(Stdio::null()).output();
    // The reason is reported on connecting.
    let answer = asked.map(|answer| answer.stdout).unwrap_or_default();
    let pairs = String::from_utf8_lossy(&answer).into_owned();
    pairs.lines().filter_map(|line| line.split_once(' ')).map(|(name, value)| (name.into(), value.into())).collect()
}

fn files_in(directory: &str) -> Vec<PathBuf> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
