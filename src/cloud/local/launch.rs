//! Launches: recorded first, then started; safe to repeat.

use std::ffi::OsString;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use super::describe::look;
use super::file_error::failed;
use super::locks::LockScope;
use super::process_view::ProcessView;
use super::reservation::{Reservation, TOKEN_FILE};
use super::state_dir::StateDir;
use super::terminate::{bring_down, side_by_side};
use super::tombstones;
use super::user_data;
use crate::host::{
    Beginning, DESCRIPTION, HostKind, InitConfig, InitRecord, InstanceLayout, InstanceUserData, MARK_VARIABLE,
    RecordedInstance, StartReport, is_alive, read_lease, read_status, write_lease,
};
use crate::os::{Durability, remove_tree, remove_whole, search_path, tail, write_whole};
use crate::provider::{
    CloudError, CloudErrorKind, Instance, LaunchRequest, RUN_VARIABLE, SERVICE_VARIABLE, TAG_FLEET, TAG_RUN,
    TAG_STATE_FILE,
};
use crate::retry::{Limit, Pauses, poll_blocking_until};

/// The most instances of a launch: more would only wait for each other.
pub(super) const MAX_BATCH: usize = 1000;

/// The longest token, as in EC2.
const TOKEN_LIMIT: usize = 64;

/// The longest host name that Linux accepts, less one.
const HOSTNAME_LIMIT: usize = 63;

/// How long an init started by another process may take to serve: far more than it needs, even on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The interval of checks for such an init.
const START_PAUSE: Duration = Duration::from_millis(2);

/// How many bytes of the end of the console the error of a failed start includes.
const CONSOLE_SHOWN: usize = 1000;

/// The variables of the launching process's environment that programs on an instance inherit. Others may hold secrets.
const PASSED_ON: [&str; 8] = ["LANG", "LANGUAGE", "TZ", "TERM", "USER", "LOGNAME", "SHELL", "COLORTERM"];

/// A prefix of further inherited variables.
const PASSED_ON_PREFIX: &str = "LC_";

/// Performs the launch `request`, or continues it where an earlier call was interrupted.
pub(super) fn launch(
    root: &StateDir,
    init_program: &Path,
    isolated: bool,
    request: &LaunchRequest,
) -> Result<Vec<Instance>, CloudError> {
    check(request)?;
    root.make()?;
    let _lock = root.lock(LockScope::Reservation(&StateDir::reservation_name(&request.token)))?;
    let known = tombstones::read(root)?;
    let found = Reservation::find(root, &request.token)?;
    let is_new = found.is_none();
    let reservation = match found {
        Some(reservation) if reservation.is_for(request) => reservation,
        Some(_) => {
            let message = format!("token {} was used before, for another launch", request.token);
            return Err(CloudError::new(CloudErrorKind::Rejected, message));
        }
        None if known.values().any(|entry| entry.token == request.token) => return Err(used(&request.token)),
        None => Reservation::new(root, request, isolated)?,
    };
    let user_data = user_data::read(request.machine.user_data.as_deref(), reservation.isolated)?;
    let ids: Vec<(usize, String)> = reservation.ids.iter().cloned().enumerate().collect();
    if ids.iter().all(|(_, id)| known.contains_key(id)) {
        return Err(used(&request.token));
    }
    // Tags and ids are on disk before the instances exist.
    if is_new {
        reservation.write(root)?;
    }

    // An instance that was begun before may have processes although its directory does not show them.
    let eyes = (!is_new).then(ProcessView::default);
    let starter = Launcher { root, init_program, reservation: &reservation, user_data: &user_data, eyes: &eyes };
    let (started, failures) = side_by_side(&ids, |(index, id)| starter.start(*index, id));
    if let Some(mut failure) = failures.into_iter().next() {
        if is_new {
            // All or none: a failed launch must leave no instances.
            let (_, stuck) = side_by_side(&started, |(_, id)| {
                let _lock = root.lock(LockScope::Instance(id))?;
                bring_down(root, id)
            });
            if !stuck.is_empty() {
                // It is unknown whether instances exist; repeating the call completes the launch or the clean-up.
                failure.kind = CloudErrorKind::Transient;
            } else if ids.iter().all(|(_, id)| !root.instance(id).exists() && !root.gone(id).exists()) {
                // The launch has failed, and the same request may be made again. If the removal fails, the launch is
                // shown as pending.
                let _ = reservation.remove(root);
            }
        }
        return Err(failure);
    }
    if !reservation.isolated && !reservation.came_up {
        Reservation { came_up: true, ..reservation.clone() }.write(root)?;
    }
    let ledger = tombstones::read(root)?;
    let eyes = ProcessView::default();
    ids.into_iter().map(|(index, id)| Ok(look(root, &reservation, index, id, &ledger, &eyes)?.0)).collect()
}

fn check(request: &LaunchRequest) -> Result<(), CloudError> {
    let refuse = |message| Err(CloudError::new(CloudErrorKind::Rejected, message));
    let count = request.slots.len();
    if count == 0 || count > MAX_BATCH {
        return refuse(format!("cannot launch {count} instances at once: the local cloud takes 1 to {MAX_BATCH}"));
    }
    if request.token.is_empty() || request.token.len() > TOKEN_LIMIT || !request.token.is_ascii() {
        return refuse(format!("the token {:?} is not 1 to {TOKEN_LIMIT} ASCII characters", request.token));
    }
    Ok(())
}

fn used(token: &str) -> CloudError {
    CloudError::new(CloudErrorKind::TokenUsed, format!("the instances of token {token} are terminated"))
}

/// Starts instances of one reservation.
struct Launcher<'a> {
    root: &'a StateDir,
    init_program: &'a Path,
    reservation: &'a Reservation,
    user_data: &'a InstanceUserData,
    eyes: &'a Option<ProcessView>,
}

impl Launcher<'_> {
    /// Brings one instance up, unless it was up before or was terminated.
    fn start(&self, index: usize, id: &str) -> Result<(), CloudError> {
        let _lock = self.root.lock(LockScope::Instance(id))?;
        // It may have been terminated since the launch began.
        if tombstones::read(self.root)?.contains_key(id) {
            return Ok(());
        }
        let directory = self.root.instance(id);
        match read_status(&directory) {
            Ok(None) => {}
            Err(error) if error.kind() != io::ErrorKind::InvalidData && !self.was_replaced(&error) => {
                return Err(failed("read the status in", &directory, &error));
            }
            // Up, or dead; instances are never started twice.
            Ok(Some(_)) | Err(_) => return Ok(()),
        }
        if self.had_its_life(&directory, id) {
            return Ok(());
        }
        let is_new = !directory.exists();
        let report = match self.furnish(&directory, index, id) {
            Ok(()) => self.begin(&directory, index, id),
            Err(error) => Err(failed("make", &directory, &error)),
        };
        let (failure, nothing_ran) = match report {
            Ok(StartReport::Ready) => return Ok(()),
            Ok(StartReport::AlreadyThere) => return self.await_other(&directory, index, id),
            Ok(StartReport::Failed(reason)) => (self.not_started(index, id, &reason), false),
            Err(failure) => (failure, is_new),
        };
        // If the clean-up fails, the rest is shown as pending, and removed by a termination.
        let _ = if nothing_ran {
            let _ = remove_whole(&self.root.begun(id));
            remove_tree(&directory).map_err(drop)
        } else {
            bring_down(self.root, id).map_err(drop)
        };
        Err(failure)
    }

    /// Whether another file has taken the place of its directory.
    fn was_replaced(&self, error: &io::Error) -> bool {
        self.eyes.is_some() && error.kind() == io::ErrorKind::NotADirectory
    }

    /// Whether it was started before, and its directory has been moved, removed or emptied since.
    fn had_its_life(&self, directory: &Path, id: &str) -> bool {
        let Some(eyes) = self.eyes else { return false };
        let begun = InitRecord::read(&self.root.begun(id)).ok().flatten();
        begun.as_ref().is_some_and(|begun| begun.served)
            || !directory.join(InstanceLayout::CONFIG).exists() && (begun.is_some() || eyes.sees(id))
    }

    fn begin(&self, directory: &Path, index: usize, id: &str) -> Result<StartReport, CloudError> {
        let Reservation { tags, launched_at, isolated, .. } = self.reservation.clone();
        let described = RecordedInstance { root: self.root.path().to_owned(), tags, launched_at, index };
        let environment = self.environment(directory, index, id, &described);
        let begun = InitRecord { isolated, described: Some(described), ..InitRecord::default() };
        let record = self.root.begun(id);
        let beginning = Beginning { id, program: self.init_program, directory, record: &record };
        beginning.begin(begun, environment).map_err(|error| self.not_started(index, id, &error.to_string()))
    }

    /// Creates the directory, or its missing parts.
    fn furnish(&self, directory: &Path, index: usize, id: &str) -> io::Result<()> {
        make(directory, 0o700)?;
        let token = self.reservation.token.as_bytes();
        write_whole(&directory.join(TOKEN_FILE), token, 0o600, Durability::Process)?;
        make(&directory.join(InstanceLayout::HOME), 0o755)?;
        make(&directory.join(InstanceLayout::TMP), 0o1777)?;
        make(&directory.join(InstanceLayout::VAR_TMP), 0o1777)?;
        let service = &self.reservation.services[index];
        let config = InitConfig {
            id: id.to_owned(),
            place: HostKind::Instance { hostname: hostname(service), isolated: self.reservation.isolated },
            dies_at: self.reservation.dies_at(index),
            lease: self.reservation.lease(self.root, id),
            user_data: self.user_data.clone(),
        };
        // Written once: an end that was moved before a repeated call stays.
        if let Some(ends) = self.reservation.expires_at.filter(|_| self.reservation.annex().is_none())
            && read_lease(directory).ok().flatten().is_none()
        {
            write_lease(directory, ends, Durability::Process)?;
        }
        config.write(directory)
    }

    fn environment(
        &self,
        directory: &Path,
        index: usize,
        id: &str,
        described: &RecordedInstance,
    ) -> Vec<(OsString, OsString)> {
        let mut environment: Vec<(OsString, OsString)> = std::env::vars_os()
            .filter(|(name, _)| {
                name.to_str().is_some_and(|name| PASSED_ON.contains(&name) || name.starts_with(PASSED_ON_PREFIX))
            })
            .collect();
        environment.push(("PATH".into(), search_path()));
        let mut set = |name: &str, value: OsString| environment.push((name.into(), value));
        set(MARK_VARIABLE, id.into());
        // The description is optional: the instance is found by its mark.
        if let Ok(text) = serde_json::to_string(described) {
            set(DESCRIPTION, text.into());
        }
        set("HOME", directory.join(InstanceLayout::HOME).into());
        if !self.reservation.isolated {
            set("TMPDIR", directory.join(InstanceLayout::TMP).into());
        }
        if let Some(run) = self.reservation.tags.get(TAG_RUN) {
            set(RUN_VARIABLE, run.into());
        }
        // Workers have names of their own.
        let service = self.reservation.services.get(index).filter(|_| !self.reservation.tags.contains_key(TAG_FLEET));
        if let Some(service) = service {
            set(SERVICE_VARIABLE, service.into());
        }
        // A program in the instance that launches others for the same run records them where whoever ends it looks.
        if let Some(file) = self.reservation.tags.get(TAG_STATE_FILE) {
            set("HOIST_RUN_STATE", file.into());
        }
        environment
    }

    /// Waits for the init that another hoist process started, which was killed before it reported.
    fn await_other(&self, directory: &Path, index: usize, id: &str) -> Result<(), CloudError> {
        let unseen = |error: io::Error| failed("look at", directory, &error);
        let serves = || {
            if read_status(directory).map_err(unseen)?.is_some() {
                return Ok(Some(()));
            }
            if is_alive(directory).map_err(unseen)? {
                return Ok(None);
            }
            let message = format!("instance {id} was on its way up and went away");
            Err(CloudError::new(CloudErrorKind::Transient, message))
        };
        poll_blocking_until(Pauses::fixed(START_PAUSE), Limit::Time(START_LIMIT), || serves().transpose())
            .unwrap_or_else(|| Err(self.not_started(index, id, "it takes too long to come up")))
    }

    fn not_started(&self, index: usize, id: &str, reason: &str) -> CloudError {
        let exhausted = ["(os error 11)", "(os error 12)", "(os error 28)"].iter().any(|code| reason.contains(code));
        let kind = if exhausted { CloudErrorKind::NoCapacity } else { CloudErrorKind::Rejected };
        let service = &self.reservation.services[index];
        let console =
            tail(&self.root.instance(id).join(InstanceLayout::CONSOLE), u64::MAX, CONSOLE_SHOWN).unwrap_or_default();
        let printed = if console.is_empty() { String::new() } else { format!("; it printed: {}", console.trim_end()) };
        let failure = CloudError::new(
            kind,
            format!("cannot start instance {id} for {service} on this machine: {reason}{printed}"),
        );
        if exhausted {
            failure.hint("end some other programs or raise this user's limits (ulimit -a), then repeat the command")
        } else {
            failure
        }
    }
}

/// Creates a directory with exactly these permissions, unless it exists.
fn make(path: &Path, mode: u32) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Turns a service's name into a host name: invalid characters become hyphens.
fn hostname(service: &str) -> String {
    let mut name: String =
        service.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    name.truncate(HOSTNAME_LIMIT);
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() { "instance".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_makes_a_host_name() {
        assert_eq!(hostname("web-0"), "web-0");
        assert_eq!(hostname("my_db"), "my-db");
        assert_eq!(hostname("../é \n"), "instance");
        assert_eq!(hostname(&"x".repeat(200)).len(), HOSTNAME_LIMIT);
    }
}
