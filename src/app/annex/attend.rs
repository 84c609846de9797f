//! A program that has the terminal of this process.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::process::Child;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{CommandError, CommandResult, Exit};
use crate::os::processes::{Handle, descendants, is_ignored};

/// How long a program may take to end when it is told to, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// Starts a program and waits for it; returns its exit code. Ctrl-C, however often, is for the program, which gets it
/// from the terminal; SIGTERM ends the program with all that it has started, and so does a terminal that hangs up,
/// unless this process was started not to mind (`nohup`).
pub(super) async fn attend(start: impl FnOnce() -> Result<Child, CommandError>) -> CommandResult {
    let hook = |kind| signal(kind).map_err(|error| CommandError::new(format!("cannot listen for signals: {error}")));
    let (mut interrupt, mut terminate) = (hook(SignalKind::interrupt())?, hook(SignalKind::terminate())?);
    let mut hangup = if is_ignored(Signal::SIGHUP) { None } else { Some(hook(SignalKind::hangup())?) };
    let mut child = start()?;
    loop {
        tokio::select! {
            ended = child.wait() => {
                return ended.map(code).map_err(|error| CommandError::new(format!("cannot wait for a program: {error}")));
            }
            _ = interrupt.recv() => {}
            _ = terminate.recv() => break,
            () = hung_up(hangup.as_mut()) => break,
        }
    }
    end(&mut child).await;
    Ok(Exit::Terminated)
}

/// Waits until the terminal hangs up; for ever where that is ignored.
async fn hung_up(hangup: Option<&mut tokio::signal::unix::Signal>) {
    match hangup {
        Some(hangup) => drop(hangup.recv().await),
        None => std::future::pending().await,
    }
}

/// Ends a program and all that it has started: one that enters namespaces has its command as a child there, which would
/// outlive it.
async fn end(child: &mut Child) {
    let Some(program) = child.id().map(u32::cast_signed) else { return };
    // Held before the first one ends, since its children are another's after that.
    let family: Vec<Handle> = descendants(program).into_iter().chain([program]).filter_map(Handle::open).collect();
    let tell = |signal| {
        for process in &family {
            process.signal(signal);
        }
    };
    tell(Signal::SIGTERM);
    let reaped = tokio::time::timeout(GRACE, child.wait());
    let (_, family_ended) = tokio::join!(reaped, wait_for(&family));
    if !family_ended {
        tell(Signal::SIGKILL);
        // It cannot be declined.
        let _ = child.wait().await;
    }
}

/// Waits until all have ended, for the grace; returns whether they have.
async fn wait_for(family: &[Handle]) -> bool {
    let give_up = Instant::now() + GRACE;
    loop {
        if family.iter().all(|process| process.wait_for_end(Instant::now())) {
            return true;
        }
        if Instant::now() > give_up {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Returns a program's exit code as a shell has it: 128 and the number of the signal that ended it.
fn code(status: ExitStatus) -> Exit {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    match code.and_then(|code| u8::try_from(code).ok()) {
        Some(0) => Exit::Done,
        Some(code) => Exit::Program(code),
        None => Exit::Failed,
    }
}
