//! Starting an init step by step, to stop it wherever a busy machine might.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::local_cloud::support::init_program;

/// Which processes of an init are stopped at a point of its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// All that there are.
    Everybody,
    /// The one that got there; the others go on.
    OnlyTheOne,
}

/// The init's start, for as far as it was let.
pub(crate) struct Traced {
    /// The process that was started.
    pub(crate) child: Child,
    /// How many system calls were made in all.
    pub(crate) calls: usize,
    /// How many of them by a process that did not hold the lock of its instance's life yet.
    pub(crate) unlocked: usize,
    /// How many of them by the first process before there were others.
    pub(crate) alone: usize,
    /// Whether it came so far as to serve, or ended, before it was stopped.
    pub(crate) over: bool,
}

/// The command that starts the init of an instance.
pub(crate) fn init_command(directory: &Path, id: &str) -> Command {
    let mut command = Command::new(init_program());
    command.arg("__init").arg(directory).env_clear().env("HOIST_INSTANCE", id).env("HOME", directory.join("home"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Starts the init of the instance `id` and stops it at its `point`th system call, counted over all of its processes.
pub(crate) fn start_and_stop(directory: &Path, id: &str, point: usize, whom: Stopped) -> Traced {
    let mut command = init_command(directory, id);
    // SAFETY: one system call between fork and exec.
    unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
    // A thread of its own, since a thread waits for what it traces itself only.
    std::thread::scope(|scope| scope.spawn(|| trace(command, directory, point, whom)).join().unwrap())
}

fn trace(mut command: Command, directory: &Path, point: usize, whom: Stopped) -> Traced {
    let child = command.spawn().unwrap();
    let first = Pid::from_raw(child.id().cast_signed());
    let mut known = BTreeSet::from([first]);
    let mut inside = BTreeSet::new();
    let (mut calls, mut unlocked, mut alone) = (0, 0, 0);
    waitpid(first, Some(WaitPidFlag::__WALL)).unwrap();
    ptrace::setoptions(first, Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACEFORK).unwrap();
    let mut go_on = Some((first, None));
    let (stopped, over) = loop {
        if let Some((process, signal)) = go_on.take() {
            // It may have been killed meanwhile, which the next wait tells.
            let _ = ptrace::syscall(process, signal);
        }
        match waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)).unwrap() {
            WaitStatus::Exited(process, _) | WaitStatus::Signaled(process, _, _) => {
                known.remove(&process);
                if known.is_empty() {
                    break (None, true);
                }
            }
            WaitStatus::PtraceSyscall(process) => {
                let enters = inside.insert(process);
                if !enters {
                    inside.remove(&process);
                }
                calls += usize::from(enters);
                if !directory.join("alive").exists() {
                    unlocked = calls;
                }
                if known.len() == 1 {
                    alone = calls;
                }
                if enters && calls == point {
                    break (Some(process), false);
                }
                if directory.join("status.json").exists() {
                    break (Some(process), true);
                }
                go_on = Some((process, None));
            }
            WaitStatus::PtraceEvent(process, _, _) => go_on = Some((process, None)),
            WaitStatus::Stopped(process, signal) => {
                // The first stop of a new one, or a signal for one that is known.
                let passed_on = (!known.insert(process) && signal != Signal::SIGTRAP).then_some(signal);
                go_on = Some((process, passed_on));
            }
            other => panic!("{other:?}"),
        }
    };
    for &process in &known {
        let stops = !over && (whom == Stopped::Everybody || Some(process) == stopped);
        let _ = kill(process, Signal::SIGSTOP);
        let at = if Some(process) == stopped {
            None
        } else {
            match waitpid(process, Some(WaitPidFlag::__WALL)) {
                Ok(WaitStatus::Stopped(_, signal)) => Some(signal),
                Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) | Err(_) => continue,
                Ok(_) => None,
            }
        };
        let _ = ptrace::detach(process, at.filter(|_| stops));
        if !stops {
            let _ = kill(process, Signal::SIGCONT);
        }
    }
    Traced { child, calls, unlocked, alone, over }
}
