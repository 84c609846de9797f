//! The facts that a host's id encodes. The id appears wherever the host is mentioned, so they survive the loss of all
//! of the host's files.
//!
//! An id `i-0aBBB…` belongs to a host with a process namespace, whose processes all end with its init; `i-0bBBB…` to a
//! host without one. `BBB` is derived from the boot of the machine in which the host was started: no process survives a
//! reboot.

use super::init_record::boot;
use crate::os::digest_hex;

/// The prefixes of ids, with a process namespace and without.
const ISOLATED: &str = "i-0a";
const PLAIN: &str = "i-0b";

/// The number of digits that identify the boot.
const BOOT_DIGITS: usize = 3;

/// The number of digits after the `i-` of an id.
pub(crate) const ID_DIGITS: usize = 17;

/// Returns the id of a host that is started now. `parts` make it unique.
pub(crate) fn host_id(isolated: bool, parts: &[&[u8]]) -> String {
    let start = if isolated { ISOLATED } else { PLAIN };
    let told = start.len() - "i-".len() + BOOT_DIGITS;
    format!("{start}{}{}", boot_digits(), digest_hex(parts, ID_DIGITS - told))
}

/// Returns whether a host with this id may have unmarked processes that nothing distinguishes from others. Ids of
/// earlier versions of hoist do not encode that.
pub(crate) fn may_hide(id: &str) -> bool {
    id.len() == "i-".len() + ID_DIGITS && id.strip_prefix(PLAIN).is_some_and(|rest| rest.starts_with(&boot_digits()))
}

fn boot_digits() -> String {
    digest_hex(&[boot().as_bytes()], BOOT_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_without_a_namespace_that_were_begun_since_the_machine_was_started_may_hide_anything() {
        let plain = host_id(false, &[b"x"]);
        assert!(may_hide(&plain) && plain.len() == 19, "{plain}");
        assert!(!may_hide(&host_id(true, &[b"x"])));
        let digits = boot_digits();
        let other = if digits == "000" { "111" } else { "000" };
        assert!(!may_hide(&plain.replacen(&digits, other, 1)));
        assert!(!may_hide("i-1"));
        assert_ne!(plain, host_id(false, &[b"y"]));
    }
}
