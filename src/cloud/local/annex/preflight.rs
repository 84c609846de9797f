//! Checks of an annex before it is created.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use nix::sys::resource::{Resource, getrlimit};

use super::super::Inner;
use super::super::user_data;
use super::files::GroupFiles;
use super::group_file::GroupFile;
use crate::annex::{AnnexId, AnnexSpec, HTCondorJoin, PoolSoftware};
use crate::diagnostics::{agreeing, counted};
use crate::os::search_path;
use crate::provider::{CloudError, CloudErrorKind};
use crate::template::Templates;

/// The HTCondor programs that an instance needs to start.
const PROGRAMS: [&str; 3] = ["condor_master", "condor_config_val", "condor_token_create"];

/// The memory that an instance takes when idle, in bytes: its init.
const MEMORY: u64 = 4 << 20;

/// The same with HTCondor's daemons for a machine that runs jobs: those of HTCondor 23.9 were measured at 10 MiB per
/// instance, shared pages not counted.
const MEMORY_WITH_HTCONDOR: u64 = 16 << 20;

/// The number of processes of an instance without and with HTCondor (master, procd, shared port and startd), jobs not
/// counted.
const PROCESSES: u64 = 1;
const PROCESSES_WITH_HTCONDOR: u64 = 5;

/// Returns all problems.
pub(super) fn check(
    inner: &Inner,
    id: &AnnexId,
    spec: &AnnexSpec,
    templates: &Templates,
) -> Result<Vec<CloudError>, CloudError> {
    let mut wrong = Vec::new();
    let files = GroupFiles::read(&inner.root, id, spec, templates);
    let read = files.and_then(|files| user_data::read(files.user_data(), inner.why_plain().is_none()));
    wrong.extend(read.err());
    let joins = matches!(spec.software, PoolSoftware::HTCondor(_));
    if let Some(joining) = spec.joining() {
        wrong.extend(check_htcondor(&search_path(), nix::unistd::getuid().is_root()));
        wrong.extend(check_containers(&search_path(), joining));
    }
    let known = GroupFile::read(&inner.root, id)?.map_or(0, |group| group.members.len());
    let more = u64::from(spec.count).saturating_sub(known as u64);
    wrong.extend(check_count(more, joins));
    wrong.extend(namesake(inner, id)?);
    Ok(wrong)
}

/// Returns the reasons why instances cannot run HTCondor here.
fn check_htcondor(search_path: &OsStr, is_root: bool) -> Vec<CloudError> {
    let mut wrong = Vec::new();
    if is_root {
        let message = "HTCondor takes no jobs from root, and instances of the local cloud are their user's";
        let error = CloudError::new(CloudErrorKind::Rejected, message);
        wrong.push(error.hint("run hoist as an ordinary user, or join no pool with --pool-software none"));
    }
    let is_there = |program: &&str| std::env::split_paths(search_path).any(|place| is_file(&place.join(program)));
    let missing: Vec<&str> = PROGRAMS.into_iter().filter(|program| !is_there(program)).collect();
    if !missing.is_empty() {
        let message =
            format!("this machine has no HTCondor: there is no {} in PATH or /usr/sbin", missing.join(", no "));
        let error = CloudError::new(CloudErrorKind::Rejected, message);
        wrong.push(error.hint(
            "install it, on Debian and Ubuntu with `apt install htcondor`, or join no pool with --pool-software none",
        ));
    }
    wrong
}

/// Returns the errors of what instances are to have for containers and this machine has not: nothing is installed on
/// it.
fn check_containers(search_path: &OsStr, joining: &HTCondorJoin) -> Vec<CloudError> {
    let is_there = |program: &str| std::env::split_paths(search_path).any(|place| is_file(&place.join(program)));
    let wanted = [("--docker", "docker", joining.docker), ("--apptainer", "apptainer", joining.apptainer)];
    let missing = wanted.into_iter().filter(|(_, program, wanted)| *wanted && !is_there(program));
    let error = |(option, program, _): (&str, &str, bool)| {
        let message = format!(
            "{option}: this machine has no {program} in PATH, and instances of the local cloud have what it has"
        );
        CloudError::new(CloudErrorKind::Rejected, message).hint(format!("install it here, or leave {option} out"))
    };
    missing.map(error).collect()
}

fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Returns an error if so many more instances are too many for this machine.
fn check_count(more: u64, joins: bool) -> Option<CloudError> {
    let (memory, processes) = if joins { (MEMORY_WITH_HTCONDOR, PROCESSES_WITH_HTCONDOR) } else { (MEMORY, PROCESSES) };
    let by_memory = available_memory().map(|available| (available / memory, "free memory"));
    let by_processes = process_limit().map(|limit| (limit / processes, "limit of processes (ulimit -u)"));
    let (most, what) = [by_memory, by_processes].into_iter().flatten().min()?;
    (more > most).then(|| {
        let (instances, are) = (counted(more, "more instance"), agreeing(more, "is", "are"));
        let message = format!("{instances} {are} too many for this machine, whose {what} takes {most}");
        CloudError::new(CloudErrorKind::Quota, message).hint("ask for fewer with --count")
    })
}

/// Returns the available memory, in bytes.
fn available_memory() -> Option<u64> {
    let known = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = known.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Returns the limit of this user's processes; `None` if unlimited.
fn process_limit() -> Option<u64> {
    let (soft, _) = getrlimit(Resource::RLIMIT_NPROC).ok()?;
    // The limit does not apply to root.
    (soft != nix::libc::RLIM_INFINITY && !nix::unistd::getuid().is_root()).then_some(soft)
}

/// Returns an error if another annex of this name exists, of another time or another state file.
pub(super) fn namesake(inner: &Inner, id: &AnnexId) -> Result<Option<CloudError>, CloudError> {
    let other = inner.root.all_annexes()?.into_iter().find(|other| other.name == id.name && other != id);
    Ok(other.filter(|other| inner.root.annex(other).exists()).map(|other| {
        let place: PathBuf = inner.root.annex(&other);
        let message = format!("there is another annex {} on this local cloud, in {}", id.name, place.display());
        CloudError::new(CloudErrorKind::Rejected, message)
            .hint("take another name, or delete that one first, with the state file that records it")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_htcondor_lacks_here_is_named() {
        let directory = tempfile::tempdir().unwrap();
        for program in &PROGRAMS[1..] {
            std::fs::write(directory.path().join(program), "").unwrap();
        }
        let found = check_htcondor(directory.path().as_os_str(), true);
        assert_eq!(found.len(), 2);
        assert!(found[0].message.contains("root"), "{}", found[0]);
        assert!(found[1].message.ends_with("no condor_master in PATH or /usr/sbin"), "{}", found[1]);
        std::fs::write(directory.path().join(PROGRAMS[0]), "").unwrap();
        assert!(check_htcondor(directory.path().as_os_str(), false).is_empty());
    }

    #[test]
    fn what_containers_need_has_to_be_here() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("docker"), "").unwrap();
        let joining = |docker, apptainer| HTCondorJoin { docker, apptainer, ..HTCondorJoin::default() };
        let check = |joining| check_containers(directory.path().as_os_str(), &joining);
        assert!(check(joining(true, false)).is_empty() && check(joining(false, false)).is_empty());
        let error = check(joining(true, true)).remove(0);
        assert!(error.message.starts_with("--apptainer: this machine has no apptainer"), "{error}");
    }

    #[test]
    fn more_than_this_machine_takes_is_refused() {
        assert!(check_count(1, true).is_none());
        let error = check_count(u64::from(u32::MAX), false).unwrap();
        assert!(error.message.contains("too many for this machine"), "{error}");
    }
}
