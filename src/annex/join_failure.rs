//! Why an instance of an annex is not in its pool, by what it says and logs.

use std::fmt;

use super::node_log::{NodeLog, REPORT_LOG};
use crate::batch::htcondor::CollectorFault;

/// The words with which an instance begins what it says on its console (the template `annex-report`).
const NOT_IN_POOL: &str = "hoist: not in the pool: ";

/// What it says there once the pool lets it in.
const LET_IN: &str = "hoist: the pool lets this machine in";

/// The words with which it begins to say that its configuration failed (the template `annex-files`).
const NOT_CONFIGURED: &str = "its configuration failed: ";

/// The words with which the init of a local instance tells that its user data failed.
const USER_DATA: &str = "hoist: user data: ";

/// The logs that tell why, the one first without which no job runs.
const TELLING: [&str; 2] = ["StartLog", "MasterLog"];

/// The words with which a startd logs that a job of the pool's has come to it: the pool lets it in.
const CLAIMED: &str = "-> Claimed";

/// The length, in characters, to which what an instance says is cut.
const LONGEST: usize = 300;

/// Why an instance is not in its pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinFailure {
    /// What kind of failure it is.
    pub kind: JoinFailureKind,
    /// What the instance says or logs, in one line.
    pub said: String,
}

/// A kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinFailureKind {
    /// Its collector.
    Collector(CollectorFault),
    /// It was not configured to its end.
    NotConfigured,
    /// Something else.
    Other,
}

impl JoinFailure {
    /// Returns what an instance last said on its console; `None` where it said nothing, or was let in since.
    pub fn in_console(console: &str) -> Option<Self> {
        let mut failure = None;
        let mut before = "";
        for line in console.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if line.contains(LET_IN) {
                failure = None;
            } else if let Some((_, said)) = line.split_once(NOT_IN_POOL) {
                failure = Some(Self::said(said));
            } else if let Some((_, said)) = line.split_once(USER_DATA) {
                // What it printed last tells more than how it ended.
                let said = if before.is_empty() { said } else { before };
                failure = Some(Self::new(JoinFailureKind::NotConfigured, said));
            }
            before = line;
        }
        failure
    }

    /// Returns what an instance tells, by its logs or else on its console. Where the console tells that the pool let it
    /// in, and of no failure since, what it logged before holds no more.
    pub fn of(logs: &[NodeLog], console: &str) -> Option<Self> {
        let said = Self::in_console(console);
        if said.is_none() && console.contains(LET_IN) { None } else { Self::in_logs(logs).or(said) }
    }

    /// Returns what the logs of an instance tell: of what last went wrong with its collector the first line, or else
    /// what it said on its console and stored with them.
    pub fn in_logs(logs: &[NodeLog]) -> Option<Self> {
        let named = |name: &str| logs.iter().find(|log| log.name == name).map(|log| log.text.as_str());
        let report = named(REPORT_LOG).and_then(Self::in_console);
        if report.as_ref().is_some_and(|report| report.kind == JoinFailureKind::NotConfigured) {
            return report;
        }
        TELLING.into_iter().filter_map(named).find_map(Self::in_log).or(report)
    }

    fn in_log(log: &str) -> Option<Self> {
        let mut last: Option<(CollectorFault, &str)> = None;
        for line in log.lines() {
            if line.contains(CLAIMED) {
                last = None;
            } else if let Some(fault) = CollectorFault::of(line)
                && last.is_none_or(|(known, _)| known != fault)
            {
                last = Some((fault, line));
            }
        }
        last.map(|(fault, line)| Self::new(JoinFailureKind::Collector(fault), without_time(line)))
    }

    fn said(said: &str) -> Self {
        match (said.strip_prefix(NOT_CONFIGURED), CollectorFault::of(said)) {
            (Some(why), _) => Self::new(JoinFailureKind::NotConfigured, why),
            (None, Some(fault)) => Self::new(JoinFailureKind::Collector(fault), said),
            (None, None) => Self::new(JoinFailureKind::Other, said),
        }
    }

    fn new(kind: JoinFailureKind, said: &str) -> Self {
        let said = said.trim();
        let cut = said.char_indices().nth(LONGEST).map(|(at, _)| format!("{}…", &said[..at]));
        Self { kind, said: cut.unwrap_or_else(|| said.to_owned()) }
    }
}

impl JoinFailureKind {
    /// Returns the kind in one word, for documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collector(CollectorFault::NotAllowed) => "not-allowed",
            Self::Collector(CollectorFault::NotAuthenticated) => "not-authenticated",
            Self::Collector(CollectorFault::NotResolved) => "not-resolved",
            Self::Collector(CollectorFault::NotReachable) => "not-reachable-now",
            Self::NotConfigured => "not-configured",
            Self::Other => "other",
        }
    }
}

/// `the pool does not let it in: SECMAN:2010:…`
impl fmt::Display for JoinFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            JoinFailureKind::Collector(CollectorFault::NotAllowed) => "the pool does not let it in: ",
            JoinFailureKind::Collector(CollectorFault::NotAuthenticated) => "the pool takes none of its credentials: ",
            JoinFailureKind::Collector(CollectorFault::NotResolved) => "it finds no address of the collector: ",
            JoinFailureKind::Collector(CollectorFault::NotReachable) => "the collector is not reachable now: ",
            JoinFailureKind::NotConfigured => NOT_CONFIGURED,
            JoinFailureKind::Other => "",
        };
        write!(f, "{what}{}", self.said)
    }
}

/// Returns a line of a log without its time: `12/01/26 19:43:24 `.
fn without_time(line: &str) -> &str {
    let is_time = |word: &str| word.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | ':' | '.' | '-'));
    let mut parts = line.splitn(3, ' ');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(day), Some(time), Some(rest)) if is_time(day) && is_time(time) => rest,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(failure: Option<JoinFailure>) -> String {
        failure.map(|failure| failure.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_last_that_a_console_says_counts_until_the_pool_lets_the_machine_in() {
        let console = "hoist: not in the pool: ERROR: couldn't locate (null)! \n\
             ==> /log/StartLog <==\n12/01/26 19:43:19 Can't resolve collector no.such.invalid; skipping update\n\
             [   64.1] hoist: not in the pool: SECMAN:2010:Received \"DENIED\" from server for user guest@lab using method IDTOKENS. \n";
        assert_eq!(
            told(JoinFailure::in_console(console)),
            "the pool does not let it in: SECMAN:2010:Received \"DENIED\" from server for user guest@lab using method IDTOKENS."
        );
        let over = format!("{console}hoist: the pool lets this machine in\n");
        assert_eq!(JoinFailure::in_console(&over), None);
        let logged = [NodeLog::new("MasterLog", "Can't resolve collector a")];
        assert_eq!(JoinFailure::of(&logged, &over), None);
        assert_eq!(JoinFailure::of(&logged, console), JoinFailure::in_logs(&logged));
        assert_eq!(JoinFailure::of(&logged, ""), JoinFailure::in_logs(&logged));
        assert_eq!(JoinFailure::of(&[], console), JoinFailure::in_console(console));
        assert_eq!(JoinFailure::in_console("Debian GNU/Linux 13 login:"), None);
    }

    #[test]
    fn a_configuration_that_failed_is_told_by_what_it_printed_last() {
        let local = "Configuration Error Line 69 while reading global config source /pool/condor_config\n\
             hoist: user data: its script ended with exit code 1\n\n";
        assert_eq!(
            told(JoinFailure::in_console(local)),
            "its configuration failed: Configuration Error Line 69 while reading global config source /pool/condor_config"
        );
        let report = "hoist: not in the pool: its configuration failed: cannot fetch s3://bucket/key\n";
        let logs = [NodeLog::new("MasterLog", "ERROR: SECMAN:2003:TCP failed"), NodeLog::new(REPORT_LOG, report)];
        assert_eq!(told(JoinFailure::in_logs(&logs)), "its configuration failed: cannot fetch s3://bucket/key");
    }

    #[test]
    fn of_what_last_went_wrong_in_a_log_the_first_line_is_told() {
        let refused = "12/01/26 19:43:18 STARTD_CRON job HOIST_LEASE started. pid=63\n\
             12/01/26 19:43:19 attempt to connect to <127.0.0.9:9> failed: Connection refused (connect errno = 111).\n\
             12/01/26 19:43:19 ERROR: SECMAN:2003:TCP connection to collector 127.0.0.9:9 failed.\n\
             12/01/26 19:43:19 Failed to start non-blocking update to <127.0.0.9:9>.\n";
        let denied = "12/01/26 19:44:01 SECMAN: FAILED: Received \"DENIED\" from server for user guest@lab using method IDTOKENS.\n\
             12/01/26 19:44:01 ERROR: SECMAN:2010:Received \"DENIED\" from server for user guest@lab using method IDTOKENS.\n";
        let told_of = |text: &str| told(JoinFailure::in_logs(&[NodeLog::new("StartLog", text)]));
        let first = "the collector is not reachable now: attempt to connect to <127.0.0.9:9> failed: Connection refused (connect errno = 111).";
        assert_eq!(told_of(refused), first);
        assert!(told_of(&format!("{refused}{denied}")).starts_with("the pool does not let it in: SECMAN: FAILED"));
        // A collector that restarts is waited for, whatever was before.
        let restarts = "12/01/26 19:44:10 ERROR: SECMAN:2011:Connection closed during command authorization. Probably due to an unknown command.\n";
        assert!(
            told_of(&format!("{denied}{restarts}"))
                .starts_with("the collector is not reachable now: ERROR: SECMAN:2011")
        );
        let claimed = "12/01/26 19:45:00 slot1_1: Changing state: Owner -> Claimed\n";
        assert_eq!(told_of(&format!("{refused}{claimed}")), "");
        assert!(told_of(&format!("{claimed}{denied}")).starts_with("the pool does not let it in"));
        assert_eq!(told_of("12/01/26 19:43:18 STARTD_CRON job HOIST_LEASE started. pid=63\n"), "");
    }

    #[test]
    fn the_startd_comes_first_and_what_was_stored_last() {
        let (master, report) = (
            NodeLog::new("MasterLog", "Can't resolve collector a"),
            NodeLog::new(REPORT_LOG, "hoist: not in the pool: strange"),
        );
        let start = NodeLog::new("StartLog", "Can't resolve collector b");
        assert!(told(JoinFailure::in_logs(&[master.clone(), report.clone(), start])).ends_with("collector b"));
        assert!(told(JoinFailure::in_logs(&[report.clone(), master])).ends_with("collector a"));
        assert_eq!(told(JoinFailure::in_logs(&[report])), "strange");
    }
}
