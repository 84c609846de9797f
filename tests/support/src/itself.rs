//! The running test program, started again to be another process.

use std::ffi::OsString;

/// The words that run one ignored test of this program by itself: `module` is the `module_path!()` where it stands.
pub fn itself(module: &str, test: &str) -> Vec<OsString> {
    // The harness names tests without the crate.
    let name = match module.split_once("::") {
        Some((_, inner)) => format!("{inner}::{test}"),
        None => test.to_owned(),
    };
    let this = std::env::current_exe().expect("a test knows its own file").into_os_string();
    let options = ["--exact", &name, "--ignored", "--nocapture", "--quiet"].map(OsString::from);
    [this].into_iter().chain(options).collect()
}
