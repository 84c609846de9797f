//! Entering an instance of the local cloud from a terminal.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::init::{HostKind, InitConfig, LeaseTerms};
use super::process_mark::MARK_VARIABLE;
use super::protocol::{InitStatus, InstanceLayout, read_status};
use crate::provider::{EntryProgram, HostError};

/// The program that enters namespaces (util-linux).
const ENTERS: &str = "nsenter";

/// The variables of the terminal, which are the caller's.
const OF_TERMINAL: [&str; 4] = ["TERM", "COLORTERM", "LANG", "LC_ALL"];

/// Where the configuration of an instance's own HTCondor is, in its home directory.
const CONDOR_CONFIG: &str = "pool/condor_config";

/// Runs the command in the home directory, which an instance may see at another place than this machine.
const AT_HOME: &str = "cd && exec \"$@\"";

/// Returns the program that enters the instance in this directory: in its namespaces, where it has some, and with the
/// environment of its programs.
///
/// # Errors
/// The instance does not run, or cannot be read.
pub(crate) fn entry(directory: &Path, id: &str) -> Result<EntryProgram, HostError> {
    let failed = |error: io::Error| HostError::failed(format!("cannot enter instance {id}: {error}"));
    let status = read_status(directory).map_err(failed)?.filter(InitStatus::is_running);
    let (Some(status), Some(config)) = (status, InitConfig::read(directory).map_err(failed)?) else {
        return Err(HostError::failed(format!("instance {id} does not run")));
    };
    let environment = environment(directory, &config, &status).map_err(failed)?;
    let mut argv: Vec<OsString> = Vec::new();
    if let HostKind::Instance { isolated: true, .. } = config.place {
        argv.extend([ENTERS, "-t"].map(OsString::from));
        argv.push(status.process.to_string().into());
        argv.extend(["-m", "-p", "-u", "-i"].map(OsString::from));
        let users = |process: &str| fs::read_link(format!("/proc/{process}/ns/user"));
        // Who has one of his own keeps his identity in it. It cannot be entered twice.
        if users("self").map_err(failed)? != users(&status.process.to_string()).map_err(failed)? {
            argv.extend(["-U", "--preserve-credentials"].map(OsString::from));
        }
        argv.push("--".into());
    }
    argv.extend(["sh", "-c", AT_HOME, "sh"].map(OsString::from));
    Ok(EntryProgram { argv, environment })
}

/// Returns the environment of the instance's programs, with the caller's terminal.
fn environment(directory: &Path, config: &InitConfig, status: &InitStatus) -> io::Result<Vec<(OsString, OsString)>> {
    let given = fs::read(format!("/proc/{}/environ", status.process))?;
    let variable = |text: &[u8]| {
        let at = text.iter().position(|&byte| byte == b'=')?;
        Some((OsStr::from_bytes(&text[..at]).to_owned(), OsString::from_vec(text[at + 1..].to_vec())))
    };
    let mut all: Vec<(OsString, OsString)> = given.split(|&byte| byte == 0).filter_map(variable).collect();
    let own = |name: &str| std::env::var_os(name).map(|value| (OsString::from(name), value));
    all.extend(OF_TERMINAL.into_iter().filter_map(own));
    if let Some(address) = &status.address {
        all.push(("HOIST_ADDRESS".into(), address.into()));
    }
    if let Some(file) = config.lease.as_ref().and_then(LeaseTerms::file) {
        all.push(("HOIST_LEASE_FILE".into(), file.into()));
    }
    let condor: PathBuf = directory.join(InstanceLayout::HOME).join(CONDOR_CONFIG);
    if condor.is_file() {
        all.push(("CONDOR_CONFIG".into(), condor.into()));
    }
    all.extend(config.user_data.environment.iter().map(|(name, value)| (name.into(), value.into())));
    all.push((MARK_VARIABLE.into(), config.id.clone().into()));
    Ok(all)
}
