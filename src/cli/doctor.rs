//! `hoist doctor`

pub(in crate::cli) mod htcondor;

use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;

use super::clouds::Clouds;
use super::context::Context;
use super::exit::{CommandResult, Exit};
use super::runtime::block_on;
use crate::plan::ProviderRules;
use crate::provider::{CloudError, DoctorFinding, FindingHealth};
use crate::report::{DoctorDocument, doctor_human};
use crate::state::StateFile;

/// Show what is configured, reachable and missing here: credentials, region, clock, SSH, HTCondor, the set-up for
/// annexes, the state file
///
/// Exit code 0 when nothing is wrong, 1 when something is. What is not set up, such as a cloud that nobody uses, is not
/// wrong.
#[derive(Args, Debug)]
pub(super) struct Doctor {}

impl Doctor {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let clouds = Clouds::new(context)?;
        let named = context.names_a_cloud().then(|| context.ec2_config());
        let examined = block_on(async {
            let mut examined = Vec::new();
            for provider in clouds.providers() {
                examined.push(provider.examine(named.as_ref().filter(|named| named.provider == provider.name())).await);
            }
            examined
        })?;
        let mut examined = examined.into_iter();
        let mut findings = vec![state_file(context)];
        // What is here, then what is elsewhere.
        findings.extend(examined.next().unwrap_or_default());
        findings.extend([ssh(), agent(), htcondor::programs(|program| output(program, &["-version"]))]);
        findings.extend(examined.flatten());
        if let Err(CloudError { message, hint, .. }) = clouds.provider(&context.ec2_config()) {
            findings.push(match named {
                Some(_) => DoctorFinding::wrong(ProviderRules::EC2.name, message, hint),
                None => DoctorFinding::absent(ProviderRules::EC2.name, message, hint.unwrap_or_default()),
            });
        }
        if context.wants_json() {
            context.print_json(&DoctorDocument::of(&findings))?;
        } else {
            context.print(&doctor_human(&findings, context.style))?;
        }
        let wrong = findings.iter().any(|finding| finding.health == FindingHealth::Wrong);
        Ok(if wrong { Exit::Failed } else { Exit::Done })
    }
}

fn state_file(context: &Context) -> DoctorFinding {
    let path = context.state_path.display();
    match StateFile::open_existing(&context.state_path) {
        Ok(Some(state)) => match state.runs(false) {
            Ok(runs) => DoctorFinding::ok(
                "state file",
                format!("{path}, {}{}", crate::report::count(runs.len(), "run"), living_annexes(&state)),
            ),
            Err(error) => DoctorFinding::wrong("state file", error.to_string(), error.hint()),
        },
        Ok(None) => match first_that_exists(&context.state_path) {
            Some(directory) if nix::unistd::access(directory, nix::unistd::AccessFlags::W_OK).is_ok() => {
                DoctorFinding::ok("state file", format!("{path}, made with the first run"))
            }
            _ => DoctorFinding::wrong(
                "state file",
                format!("{path} is not there and cannot be made"),
                Some("--state FILE or HOIST_STATE names another".to_owned()),
            ),
        },
        Err(error) => DoctorFinding::wrong("state file", error.to_string(), error.hint()),
    }
}

/// How many annexes live, where some do.
fn living_annexes(state: &StateFile) -> String {
    match state.annexes(false).map_or(0, |annexes| annexes.len()) {
        0 => String::new(),
        1 => ", 1 annex".to_owned(),
        several => format!(", {several} annexes"),
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
    // Asked for what it cannot do, it only says how it is used.
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
            DoctorFinding::ok("ssh agent", crate::report::count(list.lines().count(), "key"))
        }
        Some(_) => {
            DoctorFinding::absent("ssh agent", "it runs and holds no key, or does not answer", "ssh-add adds a key")
        }
        None => DoctorFinding::absent("ssh agent", "there is no program ssh-add", "install OpenSSH's client"),
    }
}

/// What the program prints, on either stream; none when there is no such program.
fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
    Some(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}
