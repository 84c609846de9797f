//! Processes that a killed init may have left behind, for hosts without other evidence.
//!
//! Orphans are adopted by the reaper that once adopted the init itself. So the leftovers of a host have, at their root,
//! a process of this user whose parent is that reaper and that is younger than the host. If there is none, nothing is
//! left.

use std::fs;

use nix::unistd::{SysconfVar, getuid, sysconf};

use super::init_record::InitRecord;
use super::process_identity::ProcessIdentity;
use super::process_mark::has_mark;
use crate::os::processes::{
    all, describe, has_terminal, is_kernel_thread, is_zombie, parent_of, session_of, start_time,
};

/// Returns the process that adopts the orphans below this process, itself an orphan.
pub(super) fn reaper_of(process: i32) -> Option<ProcessIdentity> {
    let reaper = parent_of(process)?;
    Some((reaper, start_time(reaper)?))
}

/// Returns the current time in the unit of [`start_time`].
pub(super) fn now() -> u64 {
    let each_second =
        sysconf(SysconfVar::CLK_TCK).ok().flatten().and_then(|ticks| u64::try_from(ticks).ok()).unwrap_or(100);
    let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let mut parts = uptime.split([' ', '.']);
    let mut next = || parts.next().and_then(|part| part.parse::<u64>().ok()).unwrap_or_default();
    let (seconds, hundredths) = (next(), next());
    // One tick earlier, since both are rounded.
    (seconds * each_second + hundredths * each_second / 100).saturating_sub(1)
}

/// Returns the possible leftovers of this host, each as `PID (name)`, or `None` if they cannot be determined.
pub(super) fn suspects(begun: &InitRecord) -> Option<Vec<String>> {
    let is_there = |&(process, started): &ProcessIdentity| start_time(process) == Some(started);
    if begun.reapers.is_empty() || !begun.reapers.iter().all(is_there) {
        return None;
    }
    let own = std::process::id().cast_signed();
    let is_suspect = |&process: &i32| {
        process != own
            && parent_of(process).is_some_and(|parent| begun.reapers.iter().any(|(reaper, _)| *reaper == parent))
            && start_time(process).is_some_and(|started| started >= begun.since)
            && !is_zombie(process)
            && may_be_mine(process)
            // A marked process belongs to another host, whose init looks after it.
            && !has_mark(process)
    };
    Some(all().filter(is_suspect).map(describe).collect())
}

/// Returns the possible leftovers of any host of this user without a process namespace, each as `PID (name)`. Without
/// the host's start time and reaper, these are all processes without a terminal and without a mark that may have been
/// adopted: those that do not share their session with their parent. The caller and its ancestors are left out.
pub(super) fn anybodys() -> Vec<String> {
    let own = std::process::id().cast_signed();
    let asks: Vec<i32> =
        std::iter::successors(Some(own), |process| parent_of(*process)).take_while(|it| *it > 0).collect();
    let is_suspect = |&process: &i32| {
        !asks.contains(&process)
            && parent_of(process).is_some_and(|parent| session_of(parent) != session_of(process))
            && !is_kernel_thread(process)
            && !has_terminal(process)
            && !is_zombie(process)
            && may_be_mine(process)
            && !has_mark(process)
    };
    all().filter(is_suspect).map(describe).collect()
}

/// Returns whether the process may descend from one that this user started: root's daemons switch to other users.
fn may_be_mine(process: i32) -> bool {
    if getuid().is_root() {
        return true;
    }
    let me = getuid().as_raw().to_string();
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap_or_default();
    users.split_ascii_whitespace().any(|user| user == me)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retry::{Limit, Pauses, poll_blocking_until};

    #[test]
    fn only_what_is_younger_than_the_host_and_went_to_its_reaper_is_suspected() {
        let own = std::process::id().cast_signed();
        let mut child = std::process::Command::new("sleep").arg("100").spawn().unwrap();
        let started = start_time(child.id().cast_signed()).unwrap();
        let begun = |since, reapers: Vec<ProcessIdentity>| InitRecord { since, reapers, ..InitRecord::default() };
        let me = (own, start_time(own).unwrap());
        let found =
            |begun: &InitRecord| suspects(begun).map(|found| found.contains(&format!("{} (sleep)", child.id())));
        assert!(now() >= started.saturating_sub(1));
        assert_eq!(found(&begun(started, vec![me])), Some(true));
        assert_eq!(found(&begun(started + 1, vec![me])), Some(false));
        assert_eq!(found(&begun(started, vec![(1, start_time(1).unwrap())])), Some(false));
        assert_eq!(
            found(&begun(started, vec![me, (own, 1)])),
            None,
            "that reaper is gone, and another one took its place"
        );
        assert_eq!(found(&begun(started, Vec::new())), None);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn where_nothing_is_recorded_whatever_somebody_may_have_taken_in_is_suspected() {
        let run = |program: &str| std::process::Command::new(program).args(["sleep", "100"]).spawn().unwrap();
        let (mut daemon, mut child) = (run("setsid"), run("env"));
        let name = |process: &std::process::Child| format!("{} (sleep)", process.id());
        let (pause, limit) = (std::time::Duration::from_millis(10), std::time::Duration::from_secs(20));
        let is_seen = || anybodys().contains(&name(&daemon)).then_some(());
        poll_blocking_until(Pauses::fixed(pause), Limit::Time(limit), is_seen);
        let found = anybodys();
        for process in [&mut daemon, &mut child] {
            process.kill().unwrap();
            process.wait().unwrap();
        }
        assert!(found.contains(&name(&daemon)), "{found:?}");
        assert!(!found.contains(&name(&child)), "{found:?}");
        assert!(!found.iter().any(|it| it.starts_with(&format!("{} ", std::process::id()))), "{found:?}");
    }

    #[test]
    fn a_daemon_of_root_that_became_another_user_is_suspected() {
        use std::os::unix::process::CommandExt as _;
        if !getuid().is_root() {
            // Only root can switch users.
            return;
        }
        let own = std::process::id().cast_signed();
        let mut daemon = std::process::Command::new("sleep").arg("100").uid(65534).gid(65534).spawn().unwrap();
        let since = start_time(daemon.id().cast_signed()).unwrap();
        let begun = InitRecord { since, reapers: vec![(own, start_time(own).unwrap())], ..InitRecord::default() };
        let found = suspects(&begun).unwrap();
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        assert!(found.contains(&format!("{} (sleep)", daemon.id())), "{found:?}");
    }
}
