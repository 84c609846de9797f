//! The init's event loop: a single thread that waits for children, clients and timers only.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Display;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::getuid;

use super::config::{HostKind, InitConfig};
use super::connection::{Connection, Received, Waiting};
use super::console::say;
use super::file_worker;
use super::job::{InitJobs, JobEnvironment, StartResult};
use super::lease::{LeaseClock, LeaseTerms};
use super::shutdown::{KillScope, Shutdown};
use super::signals::POWER_OFF;
use super::user_data::UserDataRun;
use crate::host::process_mark::MARK_VARIABLE;
use crate::host::protocol::{InitStatus, Operation, Reply, Request, Secret, peer_user};
use crate::provider::{Command, ExitOutcome};

/// The time after which the idle init of this host exits. It is started again on demand.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// The time for which no client is accepted after a failure to accept one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A serving init.
pub(super) struct Init {
    directory: PathBuf,
    place: HostKind,
    status: InitStatus,
    secret: Secret,
    environment: JobEnvironment,
    mark: (OsString, OsString),
    listener: UnixListener,
    signals: SignalFd,
    connections: BTreeMap<u64, Connection>,
    next_connection: u64,
    accept_at: Option<Instant>,
    jobs: InitJobs,
    user_data: UserDataRun,
    dies_at: Option<Instant>,
    lease: Option<LeaseClock>,
    ending: Option<Shutdown>,
    children: bool,
    idle_since: Instant,
}

impl Init {
    /// Creates an init that is ready to serve, and publishes its status in the directory.
    pub(super) fn new(
        directory: PathBuf,
        config: InitConfig,
        status: InitStatus,
        secret: Secret,
        lease: Option<LeaseClock>,
        listener: UnixListener,
        signals: SigSet,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let signals = SignalFd::with_flags(&signals, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
        let mut environment: JobEnvironment = std::env::vars_os().collect();
        if let Some(address) = &status.address {
            environment.insert("HOIST_ADDRESS".into(), address.into());
        }
        if let Some(file) = config.lease.as_ref().and_then(LeaseTerms::file) {
            environment.insert("HOIST_LEASE_FILE".into(), file.into());
        }
        environment.extend(config.user_data.environment.into_iter().map(|(k, v)| (k.into(), v.into())));
        let mark: (OsString, OsString) = (MARK_VARIABLE.into(), config.id.clone().into());
        environment.extend([mark.clone()]);
        let now = Instant::now();
        let init = Self {
            jobs: InitJobs::new(&directory, &config.id)?,
            user_data: UserDataRun::new(config.user_data.steps),
            dies_at: config.dies_at.map(|at| now + until(at)),
            lease,
            mark,
            place: config.place,
            directory,
            environment,
            listener,
            signals,
            connections: BTreeMap::new(),
            next_connection: 0,
            accept_at: None,
            ending: None,
            children: false,
            idle_since: now,
            status,
            secret,
        };
        init.status.publish()?;
        Ok(init)
    }

    /// Serves until it is told to end.
    pub(super) fn run(mut self) -> ExitCode {
        loop {
            self.reap();
            let now = Instant::now();
            if self.step(now) {
                return ExitCode::SUCCESS;
            }
            self.wait(now);
        }
    }

    /// Performs the actions that are due. Returns whether the init has ended.
    fn step(&mut self, now: Instant) -> bool {
        if self.dies_at.is_some_and(|at| at <= now) {
            self.dies_at = None;
            self.end(Some("it was made to die by a rehearsal".to_owned()));
        }
        if self.ending.is_none() && self.lease.as_mut().is_some_and(|lease| lease.is_over(now)) {
            self.end(Some("its lease is over".to_owned()));
        }
        if self.ending.is_none() {
            self.user_data.advance(&self.directory, &self.environment);
            if let Some(result) = self.user_data.result() {
                let reply = done_or_failed(result);
                self.answer_those(|waiting| *waiting == Waiting::Start, &reply);
            }
            // While the host ends, the results of commands are not reported: they end with the host.
            for (name, finished) in self.jobs.tick(now) {
                self.answer_those(|waiting| *waiting == Waiting::Job(name.clone()), &Reply::Finished(finished));
            }
            if self.jobs.outputs.next_look().is_some_and(|at| at <= now) {
                self.jobs.look_at_outputs(now);
            }
        }
        let over = self.step_to_the_end(now);
        self.connections.retain(|_, connection| !connection.send());
        if self.children || !self.connections.is_empty() || !self.jobs.is_idle() {
            self.idle_since = now;
        }
        let idle = matches!(self.place, HostKind::ThisHost) && now.duration_since(self.idle_since) >= IDLE_LIMIT;
        if idle {
            self.tell_clean_end();
        }
        (over && self.connections.is_empty()) || idle
    }

    fn step_to_the_end(&mut self, now: Instant) -> bool {
        let Some(ending) = &self.ending else { return false };
        if self.children {
            let Some(survivors) = ending.tick(now) else { return false };
            // The client may ask again; until then the init goes on to look after the survivors.
            let message = format!("these processes cannot be ended: {}", survivors.join(", "));
            say(&self.directory, &message);
            self.ending = None;
            self.answer_those(|waiting| *waiting == Waiting::End, &Reply::Failed(message));
            return false;
        }
        if self.status.clean != Some(true) {
            self.status.ended = self.status.ended.take().or_else(|| ending.reason.clone());
            self.tell_clean_end();
        }
        // Closing the connection tells clients that wait for a command that it will not finish.
        self.connections.retain(|_, connection| matches!(connection.waiting, Waiting::End | Waiting::Answered));
        self.answer_those(|waiting| *waiting == Waiting::End, &Reply::Done);
        true
    }

    /// Records in the status that this init has no children left, so that its end is not taken for that of a killed
    /// init.
    fn tell_clean_end(&mut self) {
        self.status.clean = Some(true);
        // If this fails, the cloud reports that the init was killed, which is acceptable.
        let _ = self.status.publish();
    }

    fn end(&mut self, reason: Option<String>) {
        if self.ending.is_none() {
            let reach = match self.place {
                HostKind::Instance { isolated: true, .. } => KillScope::Namespace,
                _ => KillScope::Descendants,
            };
            self.ending = Some(Shutdown::begin(reach, reason));
        }
    }

    /// Reaps every child that ended, including adopted orphans.
    fn reap(&mut self) {
        loop {
            let (process, outcome) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(process, code)) => (process, ExitOutcome::Exit(code)),
                Ok(WaitStatus::Signaled(process, signal, _)) => (process, ExitOutcome::Signal(signal as i32)),
                Ok(WaitStatus::StillAlive) => {
                    self.children = true;
                    return;
                }
                Ok(_) | Err(Errno::EINTR) => continue,
                // No children; waitpid has no other error for these arguments.
                Err(_) => {
                    self.children = false;
                    return;
                }
            };
            self.jobs.ended(process.as_raw(), outcome);
            self.user_data.ended(process.as_raw(), outcome, &self.directory);
        }
    }

    /// Waits until an event occurs or an action is due, and reads the clients' requests.
    fn wait(&mut self, now: Instant) {
        let timeout = match self.next_due(now) {
            // Rounded up, since waking early would only cause another wait.
            Some(due) => PollTimeout::try_from(due.saturating_duration_since(now) + Duration::from_millis(1))
                .unwrap_or(PollTimeout::MAX),
            None => PollTimeout::NONE,
        };
        self.accept_at = self.accept_at.filter(|&at| at > now);
        let listened_for = if self.accept_at.is_some() { PollFlags::empty() } else { PollFlags::POLLIN };
        let mut waited_for = vec![
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.listener.as_fd(), listened_for),
        ];
        let mut numbers = Vec::with_capacity(self.connections.len());
        for (number, connection) in &self.connections {
            let mut wanted = PollFlags::POLLIN;
            wanted.set(PollFlags::POLLOUT, connection.wants_to_send());
            waited_for.push(PollFd::new(connection.stream().as_fd(), wanted));
            numbers.push(*number);
        }
        if poll(&mut waited_for, timeout).is_err() {
            return;
        }
        let ready: Vec<bool> = waited_for.iter().map(|one| one.any().unwrap_or(true)).collect();
        drop(waited_for);
        if ready[0] {
            while let Ok(Some(signal)) = self.signals.read_signal() {
                let number = signal.ssi_signo.cast_signed();
                // Children are reaped in any case, and the other signals are ignored.
                if number == Signal::SIGIO as i32 {
                    self.jobs.outputs.changed();
                } else if number == POWER_OFF as i32 && matches!(self.place, HostKind::Instance { .. }) {
                    self.end(Some("it was turned off from within".to_owned()));
                }
            }
        }
        if ready[1] {
            self.accept();
        }
        for (number, ready) in numbers.into_iter().zip(&ready[2..]) {
            if *ready {
                self.receive(number);
            }
        }
    }

    fn next_due(&self, now: Instant) -> Option<Instant> {
        let ending = self.ending.as_ref().map(|ending| ending.next_tick(now));
        let idle = matches!(self.place, HostKind::ThisHost).then(|| self.idle_since + IDLE_LIMIT);
        let idle = idle.filter(|_| !self.children && self.connections.is_empty());
        let jobs = [self.jobs.next_tick(), self.jobs.outputs.next_look()];
        let jobs = jobs.into_iter().flatten().min().filter(|_| self.ending.is_none());
        let lease = self.lease.as_ref().filter(|_| self.ending.is_none()).map(LeaseClock::next_look);
        [ending, idle, self.dies_at, lease, jobs, self.accept_at].into_iter().flatten().min()
    }

    fn accept(&mut self) {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => {
                    // Usually out of descriptors. Clients wait until some are free; retrying at once would waste CPU
                    // time.
                    self.accept_at = Some(Instant::now() + ACCEPT_PAUSE);
                    return;
                }
            };
            if peer_user(&stream).is_ok_and(|user| user == getuid().as_raw())
                && let Ok(connection) = Connection::new(stream)
            {
                self.connections.insert(self.next_connection, connection);
                self.next_connection += 1;
            }
        }
    }

    fn receive(&mut self, number: u64) {
        let Some(connection) = self.connections.get_mut(&number) else { return };
        match connection.receive() {
            Received::Nothing => {}
            Received::Closed => {
                // The requested operation goes on without the client.
                self.connections.remove(&number);
            }
            Received::Request(request) => self.handle(number, *request),
        }
    }

    fn handle(&mut self, number: u64, request: Request) {
        if request.secret != self.secret {
            self.answer(number, &Reply::Failed("this host is another one than you think".to_owned()));
            return;
        }
        match request.operation {
            Operation::Shutdown => {
                self.end(None);
                self.wait_for(number, Waiting::End);
                if let Some(connection) = self.connections.get_mut(&number) {
                    connection.tell(&Reply::Ending);
                }
            }
            _ if self.ending.is_some() => {
                // The client sees the connection end, as it does when the host ends a moment later.
                self.connections.remove(&number);
            }
            Operation::AwaitStart => self.wait_for(number, Waiting::Start),
            Operation::Run { command, environment } => self.run_command(number, &command, environment),
            files @ (Operation::Put { .. } | Operation::Get { .. } | Operation::Remove { .. }) => {
                let Some(connection) = self.connections.remove(&number) else { return };
                let (stream, head) = connection.into_parts();
                match file_worker::start(stream, head, files) {
                    Ok(()) => self.children = true,
                    Err(error) => say(&self.directory, &format!("cannot fork: {error}")),
                }
            }
        }
    }

    fn run_command(&mut self, number: u64, command: &Command, whole: Option<Vec<(String, String)>>) {
        let mut environment = match whole {
            Some(variables) => variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
            None => self.environment.clone(),
        };
        environment.extend(command.environment.iter().map(|(k, v)| (k.into(), v.into())));
        // Last, so that nothing overrides it: the mark is how all processes of this host are found.
        environment.extend([self.mark.clone()]);
        match self.jobs.begin(command, &environment) {
            StartResult::Running(name) => {
                self.children = true;
                self.wait_for(number, Waiting::Job(name));
            }
            StartResult::Finished(finished) => self.answer(number, &Reply::Finished(finished)),
            StartResult::Failed(message) => self.answer(number, &Reply::Failed(message)),
        }
    }

    fn wait_for(&mut self, number: u64, waiting: Waiting) {
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.waiting = waiting;
        }
    }

    fn answer(&mut self, number: u64, reply: &Reply) {
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.answer(reply);
        }
    }

    fn answer_those(&mut self, wait: impl Fn(&Waiting) -> bool, reply: &Reply) {
        for connection in self.connections.values_mut().filter(|connection| wait(&connection.waiting)) {
            connection.answer(reply);
        }
    }
}

fn done_or_failed<E: Display>(result: &Result<(), E>) -> Reply {
    match result {
        Ok(()) => Reply::Done,
        Err(error) => Reply::Failed(error.to_string()),
    }
}

/// Returns the time from now until `at`, or zero if that has passed.
fn until(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
}
