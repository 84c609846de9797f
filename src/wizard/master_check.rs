//! Checks for conflicts between valid answers, as far as they concern the files.

use super::answers::{Answers, Binary, CloudKind, PasswordSource, Scaler};
use super::render_error::WizardError;
use super::worker::has_password;

/// Why this program cannot be copied to a master.
pub(super) const NO_WAY: &str = "it is copied to the master by SSH, and nobody can log in there without a key pair";

/// Checks that files can be made of these answers.
///
/// # Errors
/// The first invalid answer, by its name.
pub(super) fn check(answers: &Answers) -> Result<(), WizardError> {
    if answers.max_workers < answers.min_workers.max(1) || answers.jobs_per_worker == 0 {
        let why = format!(
            "{} to {} workers of {} jobs are none",
            answers.min_workers, answers.max_workers, answers.jobs_per_worker
        );
        return Err(WizardError::answer("workers", why));
    }
    // HTCondor's domain: a part of user identities, in which other characters have special meanings.
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !answers.pool.starts_with(|c: char| c.is_ascii_alphanumeric()) || !answers.pool.chars().all(is_name) {
        let why = format!("{:?} is no name of letters, digits, \".\", \"-\" and \"_\"", answers.pool);
        return Err(WizardError::answer("pool", why));
    }
    check_password(answers)?;
    match &answers.scaler {
        Scaler::Elastiq => check_elastiq(answers)?,
        Scaler::Hoist(binary) if answers.cloud != CloudKind::Local => check_binary(answers, binary)?,
        Scaler::Hoist(_) => {}
    }
    if answers.cloud != CloudKind::Local {
        for (question, answer) in
            [("image", &answers.image), ("worker type", &answers.worker_type), ("master type", &answers.master_type)]
        {
            if answer.as_deref().is_none_or(str::is_empty) {
                return Err(WizardError::answer(question, "it is missing, and this cloud launches nothing without it"));
            }
        }
    }
    Ok(())
}

fn check_password(answers: &Answers) -> Result<(), WizardError> {
    let PasswordSource::Kept(place) = &answers.password else { return Ok(()) };
    let refuse = |why: &str| Err(WizardError::answer("password", why.to_owned()));
    let is_place = place
        .strip_prefix("s3://")
        .is_some_and(|rest| rest.split_once('/').is_some_and(|(b, k)| !b.is_empty() && !k.is_empty()))
        || place.strip_prefix("ssm:").is_some_and(|name| !name.is_empty());
    if !is_place || place.chars().any(char::is_control) {
        return refuse("it is kept in s3://BUCKET/KEY or in ssm:NAME, and in no other place");
    }
    if answers.cloud == CloudKind::Local {
        return refuse("machines of the local cloud have no role that could read it from there; keep it in a file");
    }
    if answers.scaler == Scaler::Elastiq {
        return refuse(
            "elastiq launches workers without an instance profile, and so without a role that could read it from there; keep it in a file",
        );
    }
    let needed =
        [("master", true, &answers.master_profile), ("workers", has_password(answers), &answers.worker_profile)];
    for (whose, needs_it, profile) in needed {
        if needs_it && profile.is_none() {
            let why = format!(
                "the {whose} can read it from {} only as a role: name an instance profile for the {whose}, or keep the password in a file",
                if place.starts_with("ssm:") { "a parameter" } else { "a bucket" }
            );
            return Err(WizardError::answer("password", why));
        }
    }
    Ok(())
}

fn check_elastiq(answers: &Answers) -> Result<(), WizardError> {
    if answers.cloud == CloudKind::Local {
        return Err(WizardError::answer("scaler", "elastiq knows no local cloud; hoist's own scaler does"));
    }
    if answers.image.as_deref().is_some_and(|image| image.starts_with("resolve:")) {
        let why =
            "elastiq looks images up by their ids, and knows no resolve:ssm: names; give the id that it stands for";
        return Err(WizardError::answer("image", why));
    }
    Ok(())
}

fn check_binary(answers: &Answers, binary: &Binary) -> Result<(), WizardError> {
    let refuse = |why: &str| Err(WizardError::answer("hoist's program", why.to_owned()));
    let (source, digest) = match binary {
        Binary::At { source, sha256 } => (source.as_str(), sha256.as_str()),
        Binary::Own { bucket: Some(bucket) } => return refuse(&format!("it has not been put into {bucket}")),
        Binary::Own { bucket: None } if answers.key_name.is_none() => return refuse(NO_WAY),
        Binary::Own { bucket: None } => return Ok(()),
    };
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
    let is_source = match (source.strip_prefix("https://"), source.strip_prefix("s3://")) {
        (Some(rest), _) => is_word(rest),
        (None, Some(rest)) => rest
            .split_once('/')
            .is_some_and(|(b, k)| !b.is_empty() && !k.is_empty() && !k.chars().any(char::is_control)),
        (None, None) => false,
    };
    if !is_source {
        return refuse("the master fetches it from https://… or s3://BUCKET/KEY, and from nowhere else");
    }
    if source.starts_with("s3://") && answers.master_profile.is_none() {
        return refuse(
            "the master can fetch it from a bucket only as a role: name an instance profile for it, or give an https:// address",
        );
    }
    if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        return refuse("its SHA-256 is 64 digits and letters a to f, as `sha256sum hoist` prints");
    }
    Ok(())
}
