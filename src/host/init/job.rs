//! Commands: started once per key, ended at their time limit, with results that outlive the client.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::time::{Duration, Instant, SystemTime};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::output_files::Outputs;
use crate::host::process_mark::{ProcessMark, marked};
use crate::host::protocol::InstanceLayout;
use crate::os::{Durability, digest_hex, files, oom, processes};
use crate::provider::{Command, CompletedProcess, ExitOutcome};

/// The grace period between asking a command at its time limit to stop and killing it.
pub(super) const STOP_GRACE: Duration = Duration::from_secs(2);

/// The number of results kept. Only the latest are ever asked for again, and health checks every minute add up.
const KEPT_RESULTS: usize = 500;

/// The number of ended commands after which old results are deleted.
const FORGET_EACH: usize = 50;

/// A running command.
#[derive(Debug)]
struct InitJob {
    key: String,
    leader: i32,
    started: Instant,
    phase: JobPhase,
    ended: Option<(ExitOutcome, Duration)>,
}

#[derive(Debug)]
enum JobPhase {
    /// Running, until its time limit if it has one.
    Running { deadline: Option<Instant> },
    /// Asked to stop.
    Stopping { kill_at: Instant },
    /// Killed.
    Killed,
}

/// The record of a command on disk.
#[derive(Debug, Serialize, Deserialize)]
struct StoredJob {
    key: String,
    /// The process group, for the time after the init's end.
    group: i32,
    /// The result; `None` while the command runs.
    finished: Option<CompletedProcess>,
}

/// The outcome of a request to run a command.
#[derive(Debug)]
pub(super) enum StartResult {
    /// The command runs, under this name.
    Running(String),
    /// The command had already ended.
    Finished(CompletedProcess),
    /// The command cannot be run.
    Failed(String),
}

/// All commands of a host.
#[derive(Debug)]
pub(super) struct InitJobs {
    runs: PathBuf,
    mark: ProcessMark,
    running: BTreeMap<String, InitJob>,
    /// The files of their output.
    pub(super) outputs: Outputs,
    /// Results that could not be saved on disk, kept for the lifetime of this init.
    unsaved: BTreeMap<String, CompletedProcess>,
    /// The number of commands that ended since old results were last deleted.
    ended: usize,
}

impl InitJobs {
    /// Creates the commands of the host in `directory`. Stops commands that an earlier init left running.
    pub(super) fn new(directory: &Path, id: &str) -> io::Result<Self> {
        let outputs = Outputs::new(directory)?;
        let runs = directory.join(InstanceLayout::RUNS);
        Ok(Self {
            mark: ProcessMark { id: id.to_owned(), outputs: vec![runs.clone()] },
            runs,
            running: BTreeMap::new(),
            outputs,
            unsaved: BTreeMap::new(),
            ended: 0,
        })
    }

    /// Runs `command`, unless a command with its key is running or has ended.
    pub(super) fn begin(&mut self, command: &Command, environment: &JobEnvironment) -> StartResult {
        let name = digest_hex(&[command.key.as_bytes()], 24);
        if self.running.contains_key(&name) {
            return StartResult::Running(name);
        }
        if let Some(finished) = self.unsaved.get(&name) {
            return StartResult::Finished(finished.clone());
        }
        match self.earlier(&name) {
            Ok(None) => {}
            Ok(Some(finished)) => return StartResult::Finished(finished),
            Err(error) => return StartResult::Failed(format!("cannot read the result of {}: {error}", command.key)),
        }
        match self.spawn(&name, command, environment) {
            Ok(job) => {
                self.running.insert(name.clone(), job);
                StartResult::Running(name)
            }
            Err(error) => StartResult::Failed(error.to_string()),
        }
    }

    /// Returns the result of a command that was started before and is no longer running.
    fn earlier(&self, name: &str) -> io::Result<Option<CompletedProcess>> {
        let Some(content) = files::read_if_there(&self.record(name))? else { return Ok(None) };
        let stored: StoredJob = serde_json::from_slice(&content)?;
        if let Some(finished) = stored.finished {
            return Ok(Some(finished));
        }
        // The init that started the command was killed first. Leftovers of the command must not run beside a second
        // attempt.
        for process in marked(&self.mark) {
            if nix::unistd::getpgid(Some(Pid::from_raw(process))) == Ok(Pid::from_raw(stored.group)) {
                processes::signal(process, Signal::SIGKILL);
            }
        }
        let finished = CompletedProcess {
            outcome: ExitOutcome::Signal(libc::SIGKILL),
            output: self.outputs.text(name),
            took: Duration::ZERO,
        };
        self.store(name, &StoredJob { finished: Some(finished.clone()), ..stored })?;
        Ok(Some(finished))
    }

    fn spawn(&self, name: &str, command: &Command, environment: &JobEnvironment) -> io::Result<InitJob> {
        let because = |what: String| move |error: io::Error| io::Error::new(error.kind(), format!("{what}: {error}"));
        let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidInput, message);
        let Some(program) = command.argv.first() else {
            return Err(invalid(format!("{}: there is no program", command.key)));
        };
        if !command.directory.is_dir() {
            let message = format!("cannot run {program}: there is no directory {}", command.directory.display());
            return Err(invalid(message));
        }
        let output = self.outputs.open(name).map_err(because(format!("cannot keep the output of {program}")))?;
        let started = Instant::now();
        let leader = spawn(&command.argv, &command.directory, environment, &output)
            .map_err(because(format!("cannot run {program}")))?;
        let stored = StoredJob { key: command.key.clone(), group: leader, finished: None };
        if let Err(error) = self.store(name, &stored) {
            // Without its record, the command might be run twice.
            processes::signal(-leader, Signal::SIGKILL);
            return Err(because(format!("cannot record that {program} runs"))(error));
        }
        let phase = JobPhase::Running { deadline: started.checked_add(command.timeout) };
        Ok(InitJob { key: command.key.clone(), leader, started, phase, ended: None })
    }

    /// Notes that a process ended.
    pub(super) fn ended(&mut self, process: i32, outcome: ExitOutcome) {
        if let Some(job) = self.running.values_mut().find(|job| job.leader == process && job.ended.is_none()) {
            job.ended = Some((outcome, job.started.elapsed()));
        }
    }

    /// Stops commands that reached their time limit. Returns the finished ones, by name.
    pub(super) fn tick(&mut self, now: Instant) -> Vec<(String, CompletedProcess)> {
        let mut over = Vec::new();
        for (name, job) in &mut self.running {
            if job.ended.is_none()
                && let JobPhase::Running { deadline: Some(deadline) } = job.phase
                && deadline <= now
            {
                processes::signal(-job.leader, Signal::SIGTERM);
                // A stopped process handles the signal only after it continues.
                processes::signal(-job.leader, Signal::SIGCONT);
                job.phase = JobPhase::Stopping { kill_at: now + STOP_GRACE };
            }
            if let JobPhase::Stopping { kill_at } = job.phase
                && kill_at <= now
            {
                processes::signal(-job.leader, Signal::SIGKILL);
                job.phase = JobPhase::Killed;
            }
            let Some((outcome, took)) = job.ended else { continue };
            match job.phase {
                JobPhase::Running { .. } => over.push((name.clone(), outcome, took)),
                // The rest of its group has until the end of the grace period. While the group exists, its id is not
                // reused.
                JobPhase::Stopping { .. } if group_exists(job.leader) => {}
                JobPhase::Stopping { .. } | JobPhase::Killed => over.push((name.clone(), ExitOutcome::TimedOut, took)),
            }
        }
        over.into_iter().map(|(name, outcome, took)| self.finish(name, outcome, took)).collect()
    }

    fn finish(&mut self, name: String, outcome: ExitOutcome, took: Duration) -> (String, CompletedProcess) {
        let finished = CompletedProcess { outcome, output: self.outputs.text(&name), took };
        let Some(job) = self.running.remove(&name) else { return (name, finished) };
        let stored = StoredJob { key: job.key, group: job.leader, finished: Some(finished.clone()) };
        if self.store(&name, &stored).is_err() {
            // Usually a full disk. The command must not appear to have been cut off.
            self.unsaved.insert(name.clone(), finished.clone());
        }
        self.outputs.discard(&name);
        self.ended += 1;
        if self.ended > FORGET_EACH {
            self.ended = 0;
            self.forget();
        }
        (name, finished)
    }

    /// Returns the time at which [`Self::tick`] has something to do next, as far as that depends on time.
    pub(super) fn next_tick(&self) -> Option<Instant> {
        let due = |job: &InitJob| match job.phase {
            JobPhase::Running { deadline } if job.ended.is_none() => deadline,
            // The group may end before the grace period does, so it is checked often enough for the delay to go
            // unnoticed.
            JobPhase::Stopping { kill_at } if job.ended.is_some() => {
                Some(kill_at.min(Instant::now() + Duration::from_millis(20)))
            }
            JobPhase::Stopping { kill_at } => Some(kill_at),
            JobPhase::Running { .. } | JobPhase::Killed => None,
        };
        self.running.values().filter_map(due).min()
    }

    /// Returns whether no command is running.
    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Trims output that has become too long.
    pub(super) fn look_at_outputs(&mut self, now: Instant) {
        let running = &self.running;
        self.outputs.look(now, |name| running.contains_key(name));
    }

    /// Deletes all results but the latest [`KEPT_RESULTS`].
    fn forget(&self) {
        let mut records: Vec<(SystemTime, PathBuf)> = fs::read_dir(&self.runs)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "json"))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        records.sort();
        let surplus = records.len().saturating_sub(KEPT_RESULTS);
        for (_, record) in records.into_iter().take(surplus) {
            let name = record.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            if !self.running.contains_key(name) {
                // A failed removal is retried the next time.
                let _ = fs::remove_file(&record);
            }
        }
    }

    fn record(&self, name: &str) -> PathBuf {
        self.runs.join(format!("{name}.json"))
    }

    fn store(&self, name: &str, stored: &StoredJob) -> io::Result<()> {
        files::write_whole(&self.record(name), &serde_json::to_vec(stored)?, 0o600, Durability::Process)
    }
}

fn group_exists(group: i32) -> bool {
    kill(Pid::from_raw(-group), None) != Err(Errno::ESRCH)
}

/// The complete environment of a program.
pub(super) type JobEnvironment = BTreeMap<OsString, OsString>;

/// Starts a program in its own process group, with empty standard input, and with `output` as standard output and
/// error.
pub(super) fn spawn(
    argv: &[String],
    directory: &Path,
    environment: &JobEnvironment,
    output: &fs::File,
) -> io::Result<i32> {
    let start = |program: &str, arguments: &[String]| {
        let mut command = process::Command::new(program);
        // SAFETY: makes only system calls, which are allowed between fork and exec. Unblocks the signals that the init
        // blocks.
        unsafe {
            command.pre_exec(|| {
                oom::do_not_spare_this_process();
                Ok(SigSet::empty().thread_set_mask()?)
            })
        };
        command
            .args(arguments)
            .env_clear()
            .envs(environment)
            .current_dir(directory)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output.try_clone()?)
            .spawn()
    };
    let Some((program, arguments)) = argv.split_first() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let child = match start(program, arguments) {
        // A script without `#!` is run by the shell, as a shell does itself.
        Err(error) if error.raw_os_error() == Some(libc::ENOEXEC) => start("/bin/sh", argv)?,
        other => other?,
    };
    Ok(child.id().cast_signed())
}
