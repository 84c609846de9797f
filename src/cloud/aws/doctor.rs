//! Findings of `hoist doctor` about an account at AWS.

use jiff::SignedDuration;

use super::annex::AnnexSetup;
use super::api::AwsSession;
use crate::annex::DriftStatus;
use crate::provider::{CloudError, DoctorFinding, FindingHealth};

/// Maximum tolerated error of this clock: AWS refuses requests that are signed more than five minutes off (AWS
/// Signature Version 4), and a clock that is a minute off will be five minutes off some day.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// Returns the finding that no such cloud is configured.
pub(super) fn absent() -> DoctorFinding {
    let remedy = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_REGION; or EC2_URL, \
                  EC2_ACCESS_KEY and EC2_SECRET_KEY";
    DoctorFinding::absent("ec2", "no credentials and no region are configured", remedy)
}

/// Checks the caller's identity, the clock and the regions of the account, and the set-up for annexes, which `set_up`
/// returns.
pub(super) async fn examine(
    session: &AwsSession,
    set_up: impl FnOnce() -> Result<AnnexSetup, CloudError>,
) -> Vec<DoctorFinding> {
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
    // A refusal contains the time, too, and a wrong clock causes refusals.
    findings.extend(session.clock_skew().map(clock));
    if findings.iter().all(|finding| finding.health != FindingHealth::Wrong || finding.what == "clock") {
        findings.push(match session.regions().await {
            Ok(regions) => DoctorFinding::ok(
                "ec2 api",
                format!(
                    "answers; {}",
                    match regions.len() {
                        1 => "1 region".to_owned(),
                        several => format!("{several} regions"),
                    }
                ),
            ),
            Err(error) => wrong("ec2 api", error),
        });
        if !session.is_compatible() {
            findings.push(annexes(set_up()).await);
        }
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

/// Checks the set-up for annexes.
async fn annexes(set_up: Result<AnnexSetup, CloudError>) -> DoctorFinding {
    let wants = "whoever makes annexes needs the permissions of `hoist annex policy --for user`";
    let set_up = match set_up {
        Ok(set_up) => set_up,
        Err(error) => return DoctorFinding::wrong("annexes", error.message, error.hint),
    };
    let made = match set_up.outputs().await {
        Ok(Some(made)) => made,
        Ok(None) => {
            let remedy = "`hoist annex setup` does that, once in a region; `--cloud local` needs none";
            return DoctorFinding::absent("annexes", "not set up in this region", remedy);
        }
        // Users without annexes need no permission to look for them.
        Err(error) if error.kind.is_refusal() => {
            return DoctorFinding::absent("annexes", error.message, wants);
        }
        Err(error) => return DoctorFinding::wrong("annexes", error.message, error.hint),
    };
    let place = format!("set up, with the bucket {}", made.bucket);
    let found = match set_up.check(None).await {
        Ok(found) => found,
        Err(error) if error.kind.is_refusal() => {
            return DoctorFinding::ok("annexes", format!("{place}; looking closer is for who may set up"));
        }
        Err(error) => return DoctorFinding::wrong("annexes", error.message, error.hint),
    };
    let other: Vec<String> = found
        .iter()
        .filter(|thing| thing.presence != DriftStatus::There)
        .map(|thing| format!("{} is {}", thing.what, thing.presence.as_str()))
        .collect();
    match other.is_empty() {
        true => DoctorFinding::ok("annexes", place),
        false => DoctorFinding::wrong(
            "annexes",
            format!("the set-up is not as it should be: {}", other.join(", ")),
            Some("`hoist annex check-setup` says how; `hoist annex setup` mends it".to_owned()),
        ),
    }
}
