//! Ending all processes that carry a mark, and their descendants.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::census::{Census, is_init};
use super::process_mark::ProcessMark;
use crate::os::processes;
use crate::os::processes::Handle;

/// The time that killed processes may take to vanish. A process that waits for a dead disk or network mount takes
/// longer.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// The time that one round waits for the processes that it killed.
const ROUND_LIMIT: Duration = Duration::from_secs(1);

/// The pause between two rounds of killing. It is short, since a process that could not be killed in one round may be
/// ready for it a moment later.
const KILL_PAUSE: Duration = Duration::from_millis(1);

/// Ends every process that carries `mark`, and all its descendants, until two scans in a row find none.
///
/// Inits are killed last, after all their descendants: an init adopts every orphan of its host, so once it has no
/// descendants, nothing of the host is left, not even processes that shed their mark. Returns whether that was so.
///
/// # Errors
/// The processes that are left after [`KILL_LIMIT`], each as `PID (name)`.
pub(crate) fn end_family(mark: &ProcessMark) -> Result<bool, Vec<String>> {
    let give_up = Instant::now() + KILL_LIMIT;
    let mut whole = false;
    // A process that forks during a scan may hide its child from that scan, but not from the next one as well.
    let mut looks_without = 0;
    while looks_without < 2 {
        let marked = Census::fresh().of(mark);
        if marked.is_empty() {
            looks_without += 1;
            continue;
        }
        looks_without = 0;
        if Instant::now() > give_up {
            // A stopped process would not end even by itself.
            for &process in &marked {
                processes::signal(process, Signal::SIGCONT);
            }
            return Err(marked.into_iter().map(processes::describe).collect());
        }
        whole |= round(mark, &marked, give_up);
        std::thread::sleep(KILL_PAUSE);
    }
    Ok(whole)
}

/// Kills in one round all programs or, if none are left, their inits. Returns whether an init ended as the last process
/// of its host.
fn round(mark: &ProcessMark, marked: &[i32], give_up: Instant) -> bool {
    let (inits, programs): (Vec<i32>, Vec<i32>) = marked.iter().partition(|&&process| is_init(process));
    let hold = |process: i32| {
        // Checked again with the handle open: from here on the process id cannot be reused.
        let handle = Handle::open(process)?;
        mark.is_on(process).then_some((process, handle))
    };
    let inits: Vec<(i32, Handle)> = inits.into_iter().filter_map(hold).collect();
    for (_, init) in &inits {
        init.signal(Signal::SIGSTOP);
    }
    let mut doomed: Vec<Handle> = programs.into_iter().filter_map(hold).map(|(_, handle)| handle).collect();
    let own = std::process::id().cast_signed();
    let family = processes::descendants_of(marked);
    let descends = |parent: i32| marked.contains(&parent) || family.contains(&parent);
    for &process in family.iter().filter(|it| **it != own && !marked.contains(it)) {
        // A process that was orphaned meanwhile is killed in the next round.
        if !processes::is_zombie(process)
            && let Some(handle) = Handle::open(process)
            && processes::parent_of(process).is_some_and(descends)
        {
            doomed.push(handle);
        }
    }
    let is_last = doomed.is_empty() && inits.iter().all(|(init, _)| processes::is_stopped(*init));
    if is_last {
        doomed = inits.into_iter().map(|(_, handle)| handle).collect();
    }
    let whole = is_last && !doomed.is_empty();
    // Processes of another user cannot be signalled, so their end is not awaited.
    let killed: Vec<Handle> = doomed.into_iter().filter(|handle| handle.signal(Signal::SIGKILL)).collect();
    // The first process of a namespace ends only after all others in it have ended, marked or not.
    let wait_until = give_up.min(Instant::now() + if whole { KILL_LIMIT } else { ROUND_LIMIT });
    let ended = killed.iter().filter(|handle| handle.wait_for_end(wait_until)).count();
    whole && ended > 0
}
