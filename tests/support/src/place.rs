//! Where things are: the program, the repository, and directories that outlive a run of the tests.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The directory of the profile that the running test was built with: `target/debug`.
static PROFILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let test = std::env::current_exe().expect("a test knows its own file");
    // Tests and benchmarks are in `deps` below it.
    test.ancestors().nth(2).expect("cargo puts tests two directories below its target").to_owned()
});

/// The program under test, which cargo builds before its tests.
pub fn hoist() -> &'static Path {
    static HOIST: LazyLock<PathBuf> = LazyLock::new(|| PROFILE.join("hoist"));
    &HOIST
}

/// `target/tmp`, which cargo makes for tests.
pub fn scratch() -> PathBuf {
    PROFILE.with_file_name("tmp")
}

/// `target/peers`, where the programs stay that tests run against; it is made when it is missing.
pub fn peers() -> io::Result<PathBuf> {
    let peers = PROFILE.with_file_name("peers");
    fs::create_dir_all(&peers)?;
    Ok(peers)
}

/// The directory of hoist's own `Cargo.toml`.
pub fn repository() -> &'static Path {
    static REPOSITORY: LazyLock<PathBuf> = LazyLock::new(|| {
        let below = Path::new(env!("CARGO_MANIFEST_DIR"));
        below.ancestors().nth(2).expect("this crate is two directories below").to_owned()
    });
    &REPOSITORY
}
