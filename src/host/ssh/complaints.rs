//! Error messages of hosts, and their remedies.

/// Messages of a host's own programs, and their meanings.
const REASONS: [(&str, &str); 5] = [
    ("No space left on device", "its disk is full"),
    ("Disk quota exceeded", "its user may not use more of its disk"),
    ("Read-only file system", "that file system is read-only"),
    ("Too many open files", "it has too many open files"),
    ("Permission denied", "its user may not do that"),
];

/// The maximum number of characters of a line that is shown.
const SHOWN: usize = 300;

/// Returns the reason why a script failed: its last line, and an explanation if the message of a host's program is
/// known.
pub(super) fn reason(complaint: &str) -> String {
    let last = last_line(complaint);
    let known = REASONS.iter().find(|(words, _)| complaint.contains(words));
    known.map_or_else(|| last.to_owned(), |(words, meaning)| format!("{last}: {meaning} ({words})"))
}

/// Returns the remedy, if one is known.
pub(super) fn way_on(complaint: &str) -> Option<&'static str> {
    let is = |words: &str| complaint.contains(words);
    if is("No space left on device") || is("Disk quota exceeded") {
        Some("make room there, or let `ssh.stage` name a directory with more")
    } else if is("with noexec") || is("Read-only file system") || (is("cannot make") && is("Permission denied")) {
        Some("let `ssh.stage` name another directory there")
    } else if is("there is no program") {
        Some("install it there: it belongs to coreutils or util-linux, or to busybox")
    } else if is("is not ours") || is("is not used") {
        Some("see there who made it; `ssh.stage` names another directory")
    } else {
        None
    }
}

/// Returns the last line of a complaint: if there are several lines, the last one names the reason.
pub(super) fn last_line(text: &str) -> &str {
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it gave no reason")
}

/// Describes the output that came in place of an answer: `it printed "…"`.
pub(super) fn instead(noise: &[u8], complaint: &str) -> String {
    let noise = String::from_utf8_lossy(noise);
    let said: Vec<String> = noise
        .lines()
        .chain(complaint.lines())
        .map(|line| line.trim().chars().filter(|c| !c.is_control()).take(SHOWN).collect())
        .filter(|line: &String| !line.is_empty())
        .collect();
    if said.is_empty() {
        "it said nothing".to_owned()
    } else {
        format!("it printed \"{}\"", said[said.len().saturating_sub(2)..].join(" "))
    }
}

/// Returns the remedy for a host that runs none of our scripts, according to its output.
pub(super) fn remedy(said: &str) -> String {
    let other = said.split_once("login as the user \"").and_then(|(_, rest)| rest.split_once('"'));
    match other {
        Some((user, _)) => format!("`ssh.user` must be {user}"),
        None if said.to_lowercase().contains("password has expired") || said.contains("change your password") => {
            "log in by hand and give its user a new password, or let it have none (chage -M -1 USER)".to_owned()
        }
        None => "`ssh.user` must name a user with a shell, whose start-up files (~/.bashrc and the like) end without \
                 `exit` or `exec` and wait for nobody, and on whom the server forces no other command (ForceCommand, \
                 `command=` in authorized_keys)"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_in_plain_words() {
        let complaint =
            "0+1 records in\ndd: error writing 'standard output': No space left on device\ncannot write /b/x";
        assert_eq!(reason(complaint), "cannot write /b/x: its disk is full (No space left on device)");
        assert_eq!(reason(" \n"), "it gave no reason");
    }

    #[test]
    fn the_remedy_fits_what_was_said() {
        for (said, remedy_has) in [
            ("Please login as the user \"debian\" rather than the user \"root\".", "must be debian"),
            ("WARNING: Your password has expired. Password change required but no TTY available.", "chage"),
            ("This account is currently not available.", "a user with a shell"),
        ] {
            assert!(remedy(said).contains(remedy_has), "{said}: {}", remedy(said));
        }
        assert_eq!(instead(b"a\n\nb\r\n", "c \x1b[0m\n"), "it printed \"b c [0m\"");
        assert_eq!(instead(b"\n", ""), "it said nothing");
    }
}
