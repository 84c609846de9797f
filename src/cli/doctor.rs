//! `hoist doctor`

pub(in crate::cli) mod annexes;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use clap::Args;
use jiff::SignedDuration;

use super::clouds::{Clouds, has_ec2_settings};
use super::context::Context;
use super::exit::{CommandResult, Exit};
use super::runtime::block_on;
use crate::cloud::aws::api::AwsSession;
use crate::provider::{Cloud as _, CloudError};
use crate::report::{DoctorFinding, FindingHealth, doctor_human, doctor_json};
use crate::state::StateFile;

/// The most that this clock may be wrong: AWS refuses requests that are signed more than five minutes off (AWS
/// Signature Version 4), and a clock that is a minute wrong will be five minutes wrong some day.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

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
        let mut findings = vec![state_file(context), local_cloud(&clouds), ssh(), agent()];
        findings.push(annexes::htcondor(|program| output(program, &["-version"])));
        let wanted = context.global.region.is_some() || context.global.profile.is_some();
        if wanted || context.global.endpoint_url.is_some() || has_ec2_settings() {
            let session = clouds.session(&context.ec2_config());
            findings.extend(block_on(ec2(&session))?);
        } else {
            let remedy = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_REGION; or EC2_URL, \
                          EC2_ACCESS_KEY and EC2_SECRET_KEY";
            findings.push(DoctorFinding::absent("ec2", "no credentials and no region are configured", remedy));
        }
        if context.wants_json() {
            context.print_json(&doctor_json(&findings))?;
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

fn local_cloud(clouds: &Clouds) -> DoctorFinding {
    match clouds.local() {
        Ok(cloud) => match cloud.capabilities().lacks.first() {
            Some(lack) => DoctorFinding::ok("local cloud", format!("works; {lack}")),
            None => DoctorFinding::ok("local cloud", "works, with namespaces"),
        },
        Err(error) => DoctorFinding::wrong("local cloud", error.message, error.hint),
    }
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

async fn ec2(session: &Arc<AwsSession>) -> Vec<DoctorFinding> {
    let wrong = |what, error: CloudError| DoctorFinding::wrong(what, error.message, error.hint);
    let mut findings = Vec::new();
    match session.region().await {
        Ok(region) => {
            let endpoint = session.endpoint().await.ok().flatten().map(|url| format!(" at {url}")).unwrap_or_default();
            findings.push(DoctorFinding::ok("ec2 region", format!("{region}{endpoint}")));
        }
        Err(error) => return vec![wrong("ec2 settings", error)],
    }
    match session.identity().await {
        Ok(identity) => {
            let who = match (&identity.arn, &identity.account) {
                (Some(arn), _) => arn.clone(),
                (None, Some(account)) => format!("account {account}"),
                (None, None) => "accepted".to_owned(),
            };
            findings.push(DoctorFinding::ok("credentials", who));
        }
        Err(error) => findings.push(wrong("credentials", error)),
    }
    // A refusal tells the time, too, and a wrong clock is a reason to be refused.
    findings.extend(session.clock_skew().map(clock));
    if findings.iter().all(|finding| finding.health != FindingHealth::Wrong || finding.what == "clock") {
        findings.push(match session.regions().await {
            Ok(regions) => {
                DoctorFinding::ok("ec2 api", format!("answers; {}", crate::report::count(regions.len(), "region")))
            }
            Err(error) => wrong("ec2 api", error),
        });
        findings.extend(annexes::setup(session).await);
    }
    findings
}

fn clock(skew: SignedDuration) -> DoctorFinding {
    let seconds = skew.abs().as_secs();
    if skew.abs() <= CLOCK_TOLERANCE {
        return DoctorFinding::ok("clock", format!("{seconds} s off the cloud's"));
    }
    let which = if skew.is_positive() { "behind" } else { "ahead of" };
    let remedy = "set it by the network: timedatectl set-ntp true".to_owned();
    DoctorFinding::wrong(
        "clock",
        format!("it is {seconds} s {which} the cloud's; requests are refused from 300 s on"),
        Some(remedy),
    )
}
