//! Shortages of resources on the machine that runs the local hosts. They say nothing about the hosts, and must be fixed
//! on this machine.

use std::io;

use nix::errno::Errno;

use crate::provider::HostError;

const ROOM: &str = "make room on this machine, where the state and the local cloud lie";
const LIMITS: &str = "let less run on this machine, or raise its limits (`ulimit -a` shows them)";

/// The error codes of shortages, with their remedies.
const SHORTAGES: [(Errno, &str); 8] = [
    (Errno::ENOSPC, ROOM),
    (Errno::EDQUOT, ROOM),
    (Errno::EFBIG, ROOM),
    (Errno::EROFS, "make the file system on which the state and the local cloud lie writable"),
    (Errno::EMFILE, LIMITS),
    (Errno::ENFILE, LIMITS),
    (Errno::EAGAIN, LIMITS),
    (Errno::ENOMEM, LIMITS),
];

/// Returns whether the error is a shortage on this machine.
pub(super) fn is_one(error: &io::Error) -> bool {
    SHORTAGES.iter().any(|(errno, _)| error.raw_os_error() == Some(*errno as i32))
}

/// Marks the error of a local host if it is a shortage on this machine. The messages of inits of every version, and of
/// `tar`, end with the system's own error text.
pub(super) fn marked(error: HostError) -> HostError {
    let HostError::Failed(complaint) = &error else { return error };
    let tells = |errno: Errno| {
        complaint.reason.contains(&format!("(os error {})", errno as i32))
            || complaint.reason.contains(&format!(": {}", errno.desc()))
    };
    match SHORTAGES.iter().find(|(errno, _)| tells(*errno)) {
        Some((_, hint)) => error.hint(*hint).ours(),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_machine_lacks_is_told_from_what_is_wrong_with_a_host() {
        let is_ours = |reason: &str| marked(HostError::failed(reason)).complaint().ours;
        for errno in [28, 122, 27, 30, 24, 23, 11, 12] {
            let error = io::Error::from_raw_os_error(errno);
            assert!(is_one(&error) && is_ours(&format!("instance i-1: cannot write /x: {error}")), "{error}");
        }
        assert!(is_ours(
            "r.tar.gz: `tar -xzf r.tar.gz` ended with exit code 2: tar: r/x: Cannot write: No space left on device"
        ));
        let missing = io::Error::from_raw_os_error(2);
        assert!(!is_one(&missing) && !is_ours(&format!("instance i-1: cannot run /x: {missing}")));
        assert!(!marked(HostError::gone("No space left on device (os error 28)")).complaint().ours);
    }
}
