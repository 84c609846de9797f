//! Daemonization: turns a new process into a serving init, without a parent, in its own session and, where configured,
//! its own namespaces.

use std::fs::{File, OpenOptions};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::ExitCode;

use nix::libc;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{ForkResult, dup2_stderr, dup2_stdin, dup2_stdout, fork, setsid};

use super::config::{HostKind, InitConfig};
use super::event_loop::Init;
use super::lease::LeaseClock;
use super::signals::take_signals;
use super::start_report::StartReport;
use super::{address, namespaces};
use crate::host::protocol::{InitEndpoint, InitStatus, InstanceLayout, Secret, socket_address};
use crate::os::{FileLock, files, oom, processes};

/// Becomes the init of the host in `directory`, and serves until it is told to end.
///
/// The original process exits at once. The outcome is written to its standard output as a [`StartReport`].
pub(super) fn start(directory: &Path) -> ExitCode {
    match prepare(directory) {
        Ok(PreparedInit::Serve(init)) => init.run(),
        Ok(PreparedInit::Leave) => ExitCode::SUCCESS,
        Err(error) => {
            StartReport::Failed(error.to_string()).send();
            ExitCode::FAILURE
        }
    }
}

/// The outcome of [`prepare`] in one of the processes that it forks.
enum PreparedInit {
    /// This process is the init.
    Serve(Box<Init>),
    /// Another process continues, and this one exits.
    Leave,
}

fn prepare(directory: &Path) -> io::Result<PreparedInit> {
    let while_doing = |what: &str| {
        let what = what.to_owned();
        move |error: io::Error| io::Error::new(error.kind(), format!("cannot {what}: {error}"))
    };
    close_inherited();
    // Without this, an init whose binary its user may not read would hide its environment, with the mark in it, from
    // that user.
    nix::sys::prctl::set_dumpable(true).map_err(|error| while_doing("be seen by its user")(error.into()))?;
    // Independent of the name by which it was started.
    nix::sys::prctl::set_name(c"hoist").map_err(|error| while_doing("name itself")(error.into()))?;
    let config = InitConfig::read(directory).map_err(while_doing("read its settings"))?.ok_or_else(|| {
        let message = format!("there is no {} in {}", InstanceLayout::CONFIG, directory.display());
        io::Error::new(io::ErrorKind::NotFound, message)
    })?;
    std::env::set_current_dir(directory).map_err(while_doing("enter its directory"))?;
    let signals = take_signals().map_err(while_doing("set up signals"))?;
    let Some(alive) =
        FileLock::try_whole(Path::new(InstanceLayout::ALIVE)).map_err(while_doing("lock its directory"))?
    else {
        StartReport::AlreadyThere.send();
        return Ok(PreparedInit::Leave);
    };
    alive.keep();
    if !is_wanted(directory, &config).map_err(while_doing("look at its directory"))? {
        StartReport::AlreadyThere.send();
        return Ok(PreparedInit::Leave);
    }
    let lease = config.lease.as_ref().map(LeaseClock::watch);
    oom::spare_this_process();
    setsid().map_err(|error| while_doing("leave the session")(error.into()))?;
    if fork_off("leave its parent")? {
        return Ok(PreparedInit::Leave);
    }
    let claim = InitClaim::make(&config).map_err(while_doing("claim an address"))?;
    if let HostKind::Instance { isolated, .. } = &config.place {
        // The caller's umask is not used, so that permissions of files do not depend on who launches.
        umask(Mode::from_bits_truncate(0o022));
        if *isolated {
            namespaces::separate().map_err(while_doing("make namespaces"))?;
            if fork_off("start in its namespaces")? {
                return Ok(PreparedInit::Leave);
            }
        } else {
            become_reaper().map_err(while_doing("take in orphans"))?;
        }
    } else {
        become_reaper().map_err(while_doing("take in orphans"))?;
    }
    // The process id as /proc outside has it; read before the instance gets its own /proc.
    let process = std::fs::read_link("/proc/self").map_err(while_doing("read /proc/self"))?;
    let process = process.to_str().and_then(|number| number.parse().ok()).unwrap_or_default();
    let started = processes::start_time(process).ok_or_else(|| io::Error::other("cannot read /proc/self/stat"))?;
    furnish(directory, &config, claim.address).map_err(while_doing("set up its namespaces"))?;
    std::env::set_current_dir(directory).map_err(while_doing("enter its directory again"))?;

    let secret = Secret::random().map_err(while_doing("make a secret"))?;
    let contact = InitEndpoint { socket: claim.name, secret: secret.clone() };
    let address = claim.address.map(|address| address.to_string());
    let status = InitStatus::new(process, started, &contact, address).map_err(while_doing("describe itself"))?;
    let init = Init::new(directory.to_owned(), config, status, secret, lease, claim.listener, signals)
        .map_err(while_doing("begin to serve"))?;
    StartReport::Ready.send();
    silence().map_err(while_doing("let go of its standard output"))?;
    Ok(PreparedInit::Serve(Box::new(init)))
}

/// Returns whether this init, which already holds its host's lock, is still needed.
///
/// If hoist is killed right after it forked, the forked process may get here much later: after another init has served
/// and ended, or after the host was ended and its directory moved away.
fn is_wanted(directory: &Path, config: &InitConfig) -> io::Result<bool> {
    // An instance has one life, while inits of this host come and go.
    if matches!(config.place, HostKind::Instance { .. }) && Path::new(InstanceLayout::STATUS).try_exists()? {
        return Ok(false);
    }
    let entered = std::fs::metadata(".")?;
    match std::fs::metadata(directory) {
        Ok(named) => Ok((named.dev(), named.ino()) == (entered.dev(), entered.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The init's socket, and the address that belongs to it.
struct InitClaim {
    listener: UnixListener,
    name: String,
    address: Option<Ipv4Addr>,
}

impl InitClaim {
    fn make(config: &InitConfig) -> io::Result<Self> {
        if let HostKind::Instance { .. } = config.place {
            let (listener, name, address) = address::claim(&config.id)?;
            return Ok(Self { listener, name, address: Some(address) });
        }
        // The random part keeps other users from taking the name in advance.
        let name = format!("hoist-host/{}-{}", config.id, files::random_hex(8)?);
        let listener = UnixListener::bind_addr(&socket_address(&name)?)?;
        Ok(Self { listener, name, address: None })
    }
}

fn furnish(directory: &Path, config: &InitConfig, address: Option<Ipv4Addr>) -> io::Result<()> {
    let (HostKind::Instance { hostname, isolated: true }, Some(address)) = (&config.place, address) else {
        return Ok(());
    };
    let shared = config.lease.as_ref().and_then(|lease| lease.directory.as_deref()).filter(|it| *it != directory);
    namespaces::furnish(directory, shared)?;
    namespaces::name(directory, config.user_data.hostname.as_ref().unwrap_or(hostname), address)
}

/// Forks. Returns true in the parent, which is to exit.
fn fork_off(purpose: &str) -> io::Result<bool> {
    // SAFETY: this process has one thread.
    match unsafe { fork() } {
        Ok(ForkResult::Parent { .. }) => Ok(true),
        Ok(ForkResult::Child) => Ok(false),
        Err(error) => Err(io::Error::new(io::Error::from(error).kind(), format!("cannot fork to {purpose}: {error}"))),
    }
}

fn become_reaper() -> io::Result<()> {
    Ok(nix::sys::prctl::set_child_subreaper(true)?)
}

/// Closes all descriptors other than standard input, output and error: an instance must not inherit the caller's files.
fn close_inherited() {
    // SAFETY: nothing in this process owns a descriptor yet. It cannot fail on Linux 5.9 or later; on earlier ones the
    // few that are open in hoist close by themselves, and only a careless caller's stay.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
}

/// Redirects standard output and error to the console, since nobody reads them from here on.
fn silence() -> io::Result<()> {
    let nothing = File::open("/dev/null")?;
    let console = OpenOptions::new().append(true).create(true).open(InstanceLayout::CONSOLE)?;
    dup2_stdin(&nothing)?;
    dup2_stdout(&console)?;
    dup2_stderr(&console)?;
    debug_assert!(nothing.as_raw_fd() > 2 && console.as_raw_fd() > 2);
    Ok(())
}

/// Tests whether the kernel allows this user namespaces. Prints the reason to standard output if it does not.
pub(super) fn probe() -> ExitCode {
    close_inherited();
    let failed = |error: io::Error| {
        StartReport::Failed(error.to_string()).send();
        ExitCode::FAILURE
    };
    if let Err(error) = namespaces::separate() {
        return failed(error);
    }
    // SAFETY: this process has one thread.
    match unsafe { fork() } {
        Ok(ForkResult::Parent { child }) => match nix::sys::wait::waitpid(child, None) {
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => failed(error.into()),
        },
        Ok(ForkResult::Child) => match namespaces::try_out() {
            Ok(()) => {
                StartReport::Ready.send();
                ExitCode::SUCCESS
            }
            Err(error) => failed(error),
        },
        Err(error) => failed(error.into()),
    }
}
