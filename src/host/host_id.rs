//! What a host's id tells of its beginning by itself: it is kept wherever the host is spoken of, also where every file
//! of it is lost.
//!
//! `i-0aBBB…` is that of a host with a process namespace, whose processes all end with its init; `i-0bBBB…` is that of
//! one without. `BBB` follows from the start of the machine that it was begun in: no process lives through another one.

use super::init_record::boot;
use crate::os::digest_hex;

/// The beginnings of ids, with a process namespace and without.
const ISOLATED: &str = "i-0a";
const PLAIN: &str = "i-0b";

/// How many digits tell the start of the machine.
const BOOT_DIGITS: usize = 3;

/// How many digits follow the `i-` of an id.
pub(crate) const ID_DIGITS: usize = 17;

/// The id of a host that is begun now; `parts` tell it from all others.
pub(crate) fn host_id(isolated: bool, parts: &[&[u8]]) -> String {
    let start = if isolated { ISOLATED } else { PLAIN };
    let told = start.len() - "i-".len() + BOOT_DIGITS;
    format!("{start}{}{}", boot_digits(), digest_hex(parts, ID_DIGITS - told))
}

/// Whether processes of the host with this id may live that nothing tells from others. An id that an earlier hoist gave
/// says nothing of that.
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
