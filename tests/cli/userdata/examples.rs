//! cloud-init's own examples, as Debian packages them: no secret is seen where there is none.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use hoist::user_data::{LintOptions, lint};

use hoist_test_support::skip::skip;

/// The examples' directory: that of the installed package, or, where packages are installed without their documents,
/// that of the package fetched.
fn examples() -> Option<PathBuf> {
    let path = "usr/share/doc/cloud-init/examples";
    let installed = Path::new("/").join(path);
    let is_whole = |directory: &Path| std::fs::read_dir(directory).is_ok_and(|files| files.count() > 20);
    if is_whole(&installed) {
        return Some(installed);
    }
    let directory = hoist_test_support::place::scratch().join("cloud-init-examples");
    if !is_whole(&directory.join(path)) {
        std::fs::create_dir_all(&directory).ok()?;
        let fetch =
            "apt-get download -q cloud-init && for package in cloud-init_*.deb; do dpkg -x \"$package\" .; done";
        Command::new("sh").args(["-ec", fetch]).current_dir(&directory).output().ok()?;
    }
    Some(directory.join(path)).filter(|directory| is_whole(directory))
}

#[test]
fn the_examples_raise_no_false_alarm() {
    let Some(directory) = examples() else {
        return skip("cloud-init's examples are neither installed nor to be had");
    };
    let (mut alarms, mut count) = (Vec::new(), 0);
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let mut data = std::fs::read(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let packed = std::mem::take(&mut data);
            flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut data).unwrap();
        }
        count += 1;
        let found = lint(&data, &LintOptions::default()).findings;
        alarms.extend(
            found
                .iter()
                .filter(|finding| finding.check == "secret")
                .map(|finding| format!("{}:{finding}", path.display())),
        );
        let of_shell = found.iter().filter(|finding| finding.check == "shell");
        alarms.extend(of_shell.map(|finding| format!("{}:{finding}", path.display())));
    }
    assert!(count > 20, "{count} examples");
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
}
