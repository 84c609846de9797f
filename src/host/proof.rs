//! The proof that no process of a host is left, once no marked process is.

use std::path::Path;

use super::init::{HostKind, InitConfig};
use super::init_record::InitRecord;
use super::protocol::{InitStatus, InstanceLayout, read_status};
use super::suspects::{anybodys, suspects};
use super::terminate_error::TerminateError;
use crate::os::cgroup::{Cgroup, Survivors};

/// The evidence of a host's end. A program may have shed its environment and its output, and so its mark.
#[derive(Debug)]
pub(super) struct Proof<'a> {
    /// The host's id, which its processes carry as their mark.
    id: &'a str,
    /// The path to which the host's directory is moved.
    gone: &'a Path,
    /// Whether the host may have processes that nothing distinguishes from others, for the case that its record is
    /// lost.
    may_hide: bool,
    begun: Option<InitRecord>,
    /// Whether a living init was seen to end as the last process of the host.
    pub(super) witnessed: bool,
    /// The last init's statement about its own end; see [`InitStatus::clean`].
    clean: Option<bool>,
    /// Whether no init ever got as far as running a program.
    nothing_ran: bool,
}

/// Returns whether the host in this directory was configured with a process namespace.
fn is_isolated(directory: &Path) -> bool {
    let place = InitConfig::read(directory).ok().flatten().map(|config| config.place);
    matches!(place, Some(HostKind::Instance { isolated: true, .. }))
}

/// Proves that nothing is left of a host without a process namespace whose record was lost.
fn unrecorded(id: &str) -> Result<(), TerminateError> {
    match Cgroup::found(id).map(|group| group.end()) {
        Some(Ok(())) => return Ok(()),
        Some(Err(Survivors::Processes(left))) => {
            return Err(TerminateError::processes(format!("these processes cannot be ended: {}", left.join(", "))));
        }
        Some(Err(Survivors::Unseen(_))) | None => {}
    }
    let suspects = anybodys();
    if suspects.is_empty() {
        return Ok(());
    }
    Err(TerminateError::unrecorded(&suspects))
}

impl<'a> Proof<'a> {
    /// Collects the evidence before the host with this id, in `directory`, is ended.
    pub(super) fn of(
        id: &'a str,
        directory: &Path,
        gone: &'a Path,
        begun: Option<&InitRecord>,
        may_hide: bool,
    ) -> Self {
        let directory = [directory, gone].into_iter().find(|place| place.join(InstanceLayout::CONFIG).exists());
        let status = directory.and_then(|place| read_status(place).ok().flatten());
        // The first is made before any program starts, and each program has its output file in one of the others.
        let nothing_ran = directory.is_some_and(|place| {
            let is_empty = |name: &str| std::fs::read_dir(place.join(name)).is_ok_and(|mut all| all.next().is_none());
            let has_none = |name: &str| !place.join(name).exists() || is_empty(name);
            !begun.is_some_and(|begun| begun.served)
                && !place.join(InstanceLayout::STATUS).exists()
                && has_none(InstanceLayout::RUNS)
                && has_none(InstanceLayout::USER_DATA)
        });
        let clean = match &status {
            Some(status) => status.clean,
            None if begun.is_none() => None,
            None => Some(false),
        };
        Self { id, gone, may_hide, begun: begun.cloned(), witnessed: false, clean, nothing_ran }
    }

    /// Proves that nothing is left, ending any processes still found.
    pub(super) fn give(&self) -> Result<(), TerminateError> {
        // The init may have ended by itself since.
        let clean = match read_status(self.gone) {
            Ok(Some(InitStatus { clean: Some(true), .. })) => Some(true),
            _ => self.clean,
        };
        // For a host from before there were such records, its marks are the only evidence.
        let Some(begun) = &self.begun else {
            return match clean {
                Some(false) if !self.witnessed && !is_isolated(self.gone) => {
                    Err(self.unproved("it is not recorded how it was begun"))
                }
                _ if self.may_hide && !self.witnessed && clean != Some(true) && !self.nothing_ran => {
                    unrecorded(self.id)
                }
                _ => Ok(()),
            };
        };
        if begun.isolated || begun.ended || begun.is_of_another_boot() {
            return Ok(());
        }
        let why = match &begun.cgroup {
            Some(path) => match Cgroup::at(path.clone()).end() {
                Ok(()) => return Ok(()),
                Err(Survivors::Processes(left)) => {
                    return Err(TerminateError::processes(format!(
                        "these processes cannot be ended: {}",
                        left.join(", ")
                    )));
                }
                Err(Survivors::Unseen(why)) => why,
            },
            None => begun.without.clone().unwrap_or_else(|| format!("{} has no control group", self.id)),
        };
        let seen_to_end = self.witnessed || clean != Some(false) || self.nothing_ran;
        if seen_to_end && !begun.doubtful {
            return Ok(());
        }
        match suspects(begun) {
            Some(suspects) if suspects.is_empty() => Ok(()),
            Some(suspects) => Err(TerminateError::suspected(&suspects, &why)),
            None => Err(self.unproved(&why)),
        }
    }

    fn unproved(&self, why: &str) -> TerminateError {
        TerminateError::not_proved(&format!(
            "its init was killed before it could end what it had started, and a program that shed its environment and its output \
             cannot be told from others here ({why})"
        ))
    }
}
