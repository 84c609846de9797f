//! Hoist as a user without rights.

use std::os::unix::fs::chown;

use crate::lab::{Lab, skip};

/// A user that owns nothing: `nobody` everywhere.
const NOBODY: u32 = 65534;

/// A lab that belongs to a user without rights, who runs hoist in it; one's own where one is such a user.
pub(crate) fn nobodys_lab() -> Option<Lab> {
    let mut lab = Lab::new();
    if !nix::unistd::geteuid().is_root() {
        return Some(lab);
    }
    if !crate::traces::is_installed("setpriv") {
        skip("setpriv (util-linux) is not installed");
        return None;
    }
    // The build's directory may be one that only its owner can enter.
    let binary = lab.path("hoist");
    std::fs::copy(env!("CARGO_BIN_EXE_hoist"), &binary).unwrap();
    for path in [lab.root().to_path_buf(), lab.path("home")] {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let user = NOBODY.to_string();
    lab.binary = ["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups", "--"].map(Into::into).into();
    lab.binary.push(binary.into());
    Some(lab)
}
