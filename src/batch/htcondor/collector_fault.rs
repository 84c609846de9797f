//! What keeps a daemon or a caller out of its pool, in HTCondor's words.

/// Why a daemon or a caller does not get through to its collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectorFault {
    /// The collector answered, and does not grant the right.
    NotAllowed,
    /// The collector answered, and takes no credential of the caller.
    NotAuthenticated,
    /// The collector's name has no address.
    NotResolved,
    /// The collector does not answer now: it is down, restarts, or the way to it is closed.
    NotReachable,
}

/// The words by which each is known, in messages of programs and lines of logs (HTCondor 23.9). A collector that
/// restarts behind its shared port breaks connections off, which reads as if the command were unknown.
const WORDS: [(&str, CollectorFault); 20] = [
    ("DENIED", CollectorFault::NotAllowed),
    ("AUTHENTICATE:1003", CollectorFault::NotAuthenticated),
    // In the middle of a method: the others were not tried.
    ("AUTHENTICATE:1002", CollectorFault::NotReachable),
    // It took too long, as with a collector that has too much to do.
    ("AUTHENTICATE:1006", CollectorFault::NotReachable),
    ("AUTHENTICATE:1004", CollectorFault::NotAuthenticated),
    ("Can't resolve", CollectorFault::NotResolved),
    ("couldn't locate", CollectorFault::NotResolved),
    ("Name or service not known", CollectorFault::NotResolved),
    ("SECMAN:2003", CollectorFault::NotReachable),
    ("SECMAN:2007", CollectorFault::NotReachable),
    ("SECMAN:2011", CollectorFault::NotReachable),
    // No connection, or one that broke off.
    ("CEDAR:600", CollectorFault::NotReachable),
    ("failed to make connection", CollectorFault::NotReachable),
    ("Connection refused", CollectorFault::NotReachable),
    ("Connection reset", CollectorFault::NotReachable),
    ("Broken pipe", CollectorFault::NotReachable),
    ("timed out", CollectorFault::NotReachable),
    ("timeout reading", CollectorFault::NotReachable),
    ("No route to host", CollectorFault::NotReachable),
    ("Network is unreachable", CollectorFault::NotReachable),
];

impl CollectorFault {
    /// Returns what a message tells of; `None` where it tells of none. Of several, the collector's own answer counts.
    pub fn of(message: &str) -> Option<Self> {
        WORDS.iter().find(|(words, _)| message.contains(words)).map(|(_, fault)| *fault)
    }

    /// Whether the collector answered.
    pub fn is_answer(self) -> bool {
        matches!(self, Self::NotAllowed | Self::NotAuthenticated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_programs_and_lines_of_logs_tell_what_is_wrong() {
        for (message, fault) in [
            (
                "SECMAN:2010:Received \"DENIED\" from server for user guest@lab using method IDTOKENS.",
                Some(CollectorFault::NotAllowed),
            ),
            (
                "ERROR: AUTHENTICATE:1003:Failed to authenticate with any method|AUTHENTICATE:1004:Failed to authenticate using IDTOKENS",
                Some(CollectorFault::NotAuthenticated),
            ),
            ("Can't resolve collector no.such.invalid; skipping update", Some(CollectorFault::NotResolved)),
            ("ERROR: couldn't locate (null)!", Some(CollectorFault::NotResolved)),
            (
                "attempt to connect to <127.0.0.9:9> failed: Connection refused (connect errno = 111).",
                Some(CollectorFault::NotReachable),
            ),
            ("ERROR: failed to make connection to <127.0.0.9:9>", Some(CollectorFault::NotReachable)),
            (
                "SECMAN:2011:Connection closed during command authorization. Probably due to an unknown command.",
                Some(CollectorFault::NotReachable),
            ),
            (
                "Error: communication error; AUTHENTICATE:1002:Failure performing handshake",
                Some(CollectorFault::NotReachable),
            ),
            (
                "AUTHENTICATE:1002:Failure performing handshake; AUTHENTICATE:1004:Failed to authenticate using FS",
                Some(CollectorFault::NotReachable),
            ),
            (
                "AUTHENTICATE:1006:exceeded 1700000020 deadline during authentication|AUTHENTICATE:1004:Failed to authenticate \
                 using IDTOKENS",
                Some(CollectorFault::NotReachable),
            ),
            (
                "SECMAN:2010:Received \"DENIED\" from server|CEDAR:6002:failed to send EOM",
                Some(CollectorFault::NotAllowed),
            ),
            ("CEDAR:6002:failed to send EOM", Some(CollectorFault::NotReachable)),
            (
                "condor_read(): timeout reading 5 bytes from collector at <127.0.0.9:9>.",
                Some(CollectorFault::NotReachable),
            ),
            ("condor_write(): Socket closed: Broken pipe", Some(CollectorFault::NotReachable)),
            ("STARTD_CRON job HOIST_LEASE started. pid=63", None),
        ] {
            assert_eq!(CollectorFault::of(message), fault, "{message}");
        }
    }
}
