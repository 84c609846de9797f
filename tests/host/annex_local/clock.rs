//! A clock that can be moved, for the processes that are started with it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use hoist_test_support::skip::skip;

/// A clock that can be moved, by libfaketime: a file says by how much it is off.
pub(crate) struct Clock {
    directory: tempfile::TempDir,
    library: OsString,
}

impl Clock {
    /// One that is right; none where there is no libfaketime.
    pub(crate) fn new() -> Option<Self> {
        let library = library();
        if library.is_none() {
            skip("there is no libfaketime (package faketime)");
        }
        let directory = tempfile::tempdir().unwrap();
        let clock = Self { directory, library: library? };
        fs::write(clock.file(), offset(0)).unwrap();
        Some(clock)
    }

    /// Moves it to so many minutes from now. The file stays the same one, of the same size: whoever reads it reads the
    /// one or the other.
    pub(crate) fn set(&self, minutes: u32) {
        let file = fs::OpenOptions::new().write(true).open(self.file()).unwrap();
        file.write_all_at(offset(minutes).as_bytes(), 0).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("clock")
    }

    /// A script that becomes `program` as the init of a host, which goes by this clock. Where a host has a directory
    /// for temporary files of its own, it sees this one's no more: the file is in its own directory, too.
    pub(crate) fn init(&self, program: &Path) -> String {
        let mut text = "#!/bin/sh\nif [ -d \"$2\" ]; then\n".to_owned();
        text += &format!("    ln -f '{}' \"$2/clock\"\n", self.file().display());
        for (name, value) in self.environment("$2/clock".into()) {
            text += &format!("    export {name}=\"{}\"\n", value.to_str().unwrap().replace("$LIB", "\\$LIB"));
        }
        format!("{text}fi\nexec '{}' \"$@\"\n", program.display())
    }

    /// The environment of another process that goes by it.
    pub(crate) fn of_process(&self) -> Vec<(&'static str, OsString)> {
        self.environment(self.file().into())
    }

    fn environment(&self, file: OsString) -> Vec<(&'static str, OsString)> {
        vec![
            ("LD_PRELOAD", self.library.clone()),
            ("FAKETIME_TIMESTAMP_FILE", file),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
            ("FAKETIME_DISABLE_SHM", "1".into()),
        ]
    }
}

fn offset(minutes: u32) -> String {
    format!("+{:08}", minutes * 60)
}

/// The library, as the program that comes with it has it loaded.
fn library() -> Option<OsString> {
    let asked = Command::new("faketime").args(["-m", "now", "sh", "-c", "echo \"$LD_PRELOAD\""]).output().ok()?;
    let printed = String::from_utf8(asked.stdout).ok()?;
    Some(printed.trim().to_owned().into()).filter(|library: &OsString| !library.is_empty())
}
