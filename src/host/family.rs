//! Ending everything that carries a mark, with all that descends from it.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::census::{Census, is_init};
use super::process_tag::ProcessTag;
use crate::os::processes;
use crate::os::processes::Handle;

/// How long killed processes may take to vanish; one that waits for a dead disk or network mount takes longer.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// How long those that were killed in one round are waited for before the next one.
const ROUND_LIMIT: Duration = Duration::from_secs(1);

/// The pause between two rounds of killing: what was not to be killed now is not to be a moment later.
const KILL_PAUSE: Duration = Duration::from_millis(1);

/// Ends every process that carries `mark`, and what they have begotten, until a look finds none, and one more.
///
/// An init is the last to go, once nothing lives that descends from it: it takes in whatever loses its parent, so
/// nothing of its host is left then, whatever it shed. True where that was so.
///
/// # Errors
/// Those that are left after [`KILL_LIMIT`], each as `PID (name)`.
pub(crate) fn end_family(mark: &ProcessTag) -> Result<bool, Vec<String>> {
    let give_up = Instant::now() + KILL_LIMIT;
    let mut whole = false;
    // A process that forks while the list is read may hide its child from one look, not from two.
    let mut looks_without = 0;
    while looks_without < 2 {
        let marked = Census::fresh().of(mark);
        if marked.is_empty() {
            looks_without += 1;
            continue;
        }
        looks_without = 0;
        if Instant::now() > give_up {
            // What was stopped would not even end by itself.
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

/// One round: programs, or when there are none any more their inits; true where an init went as the last of its host.
fn round(mark: &ProcessTag, marked: &[i32], give_up: Instant) -> bool {
    let (inits, programs): (Vec<i32>, Vec<i32>) = marked.iter().partition(|&&process| is_init(process));
    let hold = |process: i32| {
        // Looked at again with the handle in hand: it cannot become another process from here on.
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
        // One that lost its parent since is met by the next round.
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
    // One that belongs to somebody else will not end soon.
    let killed: Vec<Handle> = doomed.into_iter().filter(|handle| handle.signal(Signal::SIGKILL)).collect();
    // The first process of a namespace is gone only when all others in it are, marked or not.
    let wait_until = give_up.min(Instant::now() + if whole { KILL_LIMIT } else { ROUND_LIMIT });
    let ended = killed.iter().filter(|handle| handle.wait_for_end(wait_until)).count();
    whole && ended > 0
}
