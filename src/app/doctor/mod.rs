//! Check of the installation: configuration, reachability and missing programs.

mod fleets;
mod htcondor;
mod queues;

use std::path::Path;
use std::process::{Command, Stdio};

use super::{Clouds, CommandError, Workspace};
use crate::plan::ProviderRules;
use crate::provider::{CloudError, DoctorFinding};
use crate::report::count;
use crate::state::StateFile;

pub(crate) use htcondor::is_there;

/// Checks the state file, every provider, and the programs that hoist calls. A cloud that nobody named is an error only
/// if it is set up and does not work.
///
/// # Errors
/// A foreign file or directory is in the place of one of hoist's own directories.
pub(crate) async fn examine(workspace: &Workspace) -> Result<Vec<DoctorFinding>, CommandError> {
    let clouds = Clouds::new(workspace)?;
    let named = workspace.clouds.names_a_cloud().then(|| workspace.clouds.ec2_config());
    let mut findings = vec![state_file(&workspace.state_path)];
    let living = fleets::living(&workspace.state_path);
    findings.extend(living.iter().map(fleets::fleet));
    findings.extend(queues::queues(workspace, &living).await);
    for (position, provider) in clouds.providers().enumerate() {
        findings.extend(provider.examine(named.as_ref().filter(|named| named.provider == provider.name())).await);
        if position == 0 {
            // Local findings come before remote ones.
            findings.extend([ssh(), agent(), htcondor::programs(|program| output(program, &["-version"]))]);
        }
    }
    if let Err(CloudError { message, hint, .. }) = clouds.provider(&workspace.clouds.ec2_config()) {
        findings.push(match named {
            Some(_) => DoctorFinding::wrong(ProviderRules::EC2.name, message, hint),
            None => DoctorFinding::absent(ProviderRules::EC2.name, message, hint.unwrap_or_default()),
        });
    }
    Ok(findings)
}

fn state_file(path: &Path) -> DoctorFinding {
    let shown = path.display();
    match StateFile::open_existing(path) {
        Ok(Some(state)) => match state.runs(false) {
            Ok(runs) => DoctorFinding::ok(
                "state file",
                format!("{shown}, {}{}{}", count(runs.len(), "run"), living_annexes(&state), living_fleets(&state)),
            ),
            Err(error) => DoctorFinding::wrong("state file", error.to_string(), error.hint()),
        },
        Ok(None) => match first_that_exists(path) {
            Some(directory) if nix::unistd::access(directory, nix::unistd::AccessFlags::W_OK).is_ok() => {
                DoctorFinding::ok("state file", format!("{shown}, made with the first run"))
            }
            _ => DoctorFinding::wrong(
                "state file",
                format!("{shown} is not there and cannot be made"),
                Some("--state FILE or HOIST_STATE names another".to_owned()),
            ),
        },
        Err(error) => DoctorFinding::wrong("state file", error.to_string(), error.hint()),
    }
}

/// Describes the number of living annexes, if there are any.
fn living_annexes(state: &StateFile) -> String {
    match state.annexes(false).map_or(0, |annexes| annexes.len()) {
        0 => String::new(),
        1 => ", 1 annex".to_owned(),
        several => format!(", {several} annexes"),
    }
}

/// Describes the number of fleets that have not ended, if there are any.
fn living_fleets(state: &StateFile) -> String {
    match state.fleets(false).map_or(0, |fleets| fleets.len()) {
        0 => String::new(),
        fleets => format!(", {}", count(fleets, "fleet")),
    }
}

fn first_that_exists(path: &Path) -> Option<&Path> {
    path.ancestors()
        .skip(1)
        .map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path })
        .find(|p| p.exists())
}

fn ssh() -> DoctorFinding {
    let missing = |program: &str| {
        let remedy = "install OpenSSH's client (Debian: apt install openssh-client)".to_owned();
        DoctorFinding::wrong("ssh", format!("there is no program {program}"), Some(remedy))
    };
    let Some(version) = output("ssh", &["-V"]) else { return missing("ssh") };
    // An invalid option makes it print its usage only.
    if output("ssh-keygen", &["-?"]).is_none() {
        return missing("ssh-keygen");
    }
    DoctorFinding::ok("ssh", version.lines().next().unwrap_or_default().trim().to_owned())
}

fn agent() -> DoctorFinding {
    if std::env::var_os("SSH_AUTH_SOCK").is_none_or(|value| value.is_empty()) {
        let remedy = "plans that name no key file need one: eval $(ssh-agent); ssh-add";
        return DoctorFinding::absent("ssh agent", "none runs", remedy);
    }
    match output("ssh-add", &["-l"]) {
        Some(list)
            if list.lines().any(|line| line.split(' ').next().is_some_and(|bits| bits.parse::<u32>().is_ok())) =>
        {
            DoctorFinding::ok("ssh agent", count(list.lines().count(), "key"))
        }
        Some(_) => {
            DoctorFinding::absent("ssh agent", "it runs and holds no key, or does not answer", "ssh-add adds a key")
        }
        None => DoctorFinding::absent("ssh agent", "there is no program ssh-add", "install OpenSSH's client"),
    }
}

/// Returns the output of the program on both streams; none if there is no such program.
fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
    Some(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}
