//! Running a program step by step, to kill it at a chosen record of its journal.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// A program under a tracer.
///
/// It has two points at each commit of its state file: before the first byte is written, when all that led to the
/// commit is done and it is not; and before it is flushed, when it is done and nothing that follows from it is.
pub(crate) struct Traced {
    process: Pid,
    points: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    tracer: Option<JoinHandle<WaitStatus>>,
}

impl Traced {
    /// Starts it, to be killed at this point, counted from 1. What it says on standard error goes to a file.
    pub(crate) fn start(mut command: Command, errors: File, point: usize) -> Self {
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        // SAFETY: one system call between fork and exec.
        unsafe { command.pre_exec(|| Ok(ptrace::traceme()?)) };
        let (points, over): (Arc<AtomicUsize>, Arc<AtomicBool>) = Default::default();
        let (told, process) = channel();
        let (count, end) = (Arc::clone(&points), Arc::clone(&over));
        // A thread of its own, since a thread waits for what it traces itself only.
        let tracer = std::thread::spawn(move || {
            let status = trace(command, point, &told, &count);
            end.store(true, Ordering::SeqCst);
            status
        });
        Self { process: process.recv().unwrap(), points, over, tracer: Some(tracer) }
    }

    /// How many points it has passed.
    pub(crate) fn points(&self) -> usize {
        self.points.load(Ordering::SeqCst)
    }

    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let _ = kill(self.process, signal);
    }

    /// Waits for its end; tells whether it was killed.
    pub(crate) fn was_killed(mut self) -> bool {
        let status = self.tracer.take().unwrap().join().unwrap();
        matches!(status, WaitStatus::Signaled(_, Signal::SIGKILL, _))
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        if let Some(tracer) = self.tracer.take() {
            if !self.is_over() {
                let _ = kill(self.process, Signal::SIGKILL);
            }
            let _ = tracer.join();
        }
    }
}

fn trace(mut command: Command, point: usize, told: &Sender<Pid>, points: &AtomicUsize) -> WaitStatus {
    #[expect(clippy::zombie_processes, reason = "the tracer waits for it")]
    let child = command.spawn().unwrap();
    let first = Pid::from_raw(child.id().cast_signed());
    waitpid(first, Some(WaitPidFlag::__WALL)).unwrap();
    ptrace::setoptions(first, Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE).unwrap();
    told.send(first).unwrap();
    let mut is_written = false;
    let mut go_on = Some((first, None));
    loop {
        if let Some((process, signal)) = go_on.take() {
            // It may have been killed meanwhile, which the next wait tells.
            let _ = ptrace::syscall(process, signal);
        }
        match waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)).unwrap() {
            status @ (WaitStatus::Exited(process, _) | WaitStatus::Signaled(process, ..)) if process == first => {
                return status;
            }
            WaitStatus::Exited(..) | WaitStatus::Signaled(..) => {}
            WaitStatus::PtraceSyscall(process) => {
                let is_point = match call(process) {
                    Some(Call::Write) if !is_written => {
                        is_written = true;
                        true
                    }
                    Some(Call::Flush) => {
                        is_written = false;
                        true
                    }
                    _ => false,
                };
                if is_point && points.fetch_add(1, Ordering::SeqCst) + 1 == point {
                    kill(first, Signal::SIGKILL).unwrap();
                } else {
                    go_on = Some((process, None));
                }
            }
            WaitStatus::PtraceEvent(process, ..) => go_on = Some((process, None)),
            WaitStatus::Stopped(process, signal) => {
                // A new thread begins with a stop; all else is for the program.
                let passed_on = (!matches!(signal, Signal::SIGSTOP | Signal::SIGTRAP)).then_some(signal);
                go_on = Some((process, passed_on));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A system call on the state file's log of writes.
enum Call {
    Write,
    Flush,
}

/// Which call a thread is about to make.
fn call(thread: Pid) -> Option<Call> {
    let info = ptrace::syscall_info(thread).ok()?;
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return None;
    }
    // SAFETY: the kernel says that it is an entry.
    let (number, arguments) = unsafe { (info.u.entry.nr, info.u.entry.args) };
    let call = match i64::try_from(number).ok()? {
        libc::SYS_pwrite64 | libc::SYS_write => Call::Write,
        libc::SYS_fdatasync | libc::SYS_fsync => Call::Flush,
        _ => return None,
    };
    let file = fs::read_link(format!("/proc/{thread}/fd/{}", arguments[0])).ok()?;
    file.to_string_lossy().ends_with("hoist.db-wal").then_some(call)
}
