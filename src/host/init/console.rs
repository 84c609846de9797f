//! The console of an instance, to which its init writes, too.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::host::protocol::InstanceLayout;

/// Appends a line to the console.
pub(super) fn say(directory: &Path, text: &str) {
    let path: PathBuf = directory.join(InstanceLayout::CONSOLE);
    // A full disk must not end the instance.
    if let Ok(mut console) = OpenOptions::new().append(true).create(true).open(path) {
        let _ = writeln!(console, "hoist: {text}");
    }
}
