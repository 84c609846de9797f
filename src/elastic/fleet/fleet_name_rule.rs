//! The rule for names of fleets.

/// Maximum length of a fleet's name, in characters: with what is put before and behind it, a tag has at most 128.
pub const LONGEST_FLEET_NAME: usize = 100;

/// Whether a text may name a fleet: letters, digits, ".", "_" and "-", the first one a letter or a digit, at most 100
/// characters.
pub fn is_fleet_name(text: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let begins = text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
    begins && text.len() <= LONGEST_FLEET_NAME && text.bytes().all(may_stand)
}

/// Returns the name of the fleet whose workers are named with this prefix: `cloud-7` is of the fleet `cloud`. None: the
/// prefix makes no name of a fleet.
pub fn fleet_of_prefix(prefix: &str) -> Option<&str> {
    Some(prefix.trim_end_matches(['-', '_', '.'])).filter(|name| is_fleet_name(name))
}

/// Returns the rule as a sentence.
pub fn fleet_name_rule() -> String {
    format!(
        "a fleet's name has letters, digits, \".\", \"_\" and \"-\", begins with a letter or a digit, and is at most \
         {LONGEST_FLEET_NAME} characters long"
    )
}
