//! The workers' user data.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::answers::{Answers, CloudKind, PasswordSource, Scaler};
use super::render_error::WizardError;
use crate::template::{Templates, Values};

/// The placeholder of the master's address in the workers' user data: hoist's scaler replaces it by the private address
/// of the machine on which it runs.
pub const MANAGER_ADDRESS: &str = "%manager_address%";

/// The placeholder of the worker's token: hoist's scaler puts one there at each launch.
pub const WORKER_TOKEN: &str = "%worker_token%";

/// The placeholder of the seconds that a worker's lease has left when it accepts no more work.
pub const GRACE: &str = "%grace%";

/// Seconds without a job after which HTCondor ends on a worker, if workers that wait for jobs are ended by the scaler:
/// a lease with its grace, as the master's file has them, beside the idle time.
const FUSE: u32 = 3600;

/// The same, if some workers wait for jobs all day.
const LONG_FUSE: u32 = 24 * 3600;

/// elastiq's placeholder.
const MANAGER_OF_ELASTIQ: &str = "%ipv4%";

/// Returns the user data of a worker, with the scaler's placeholder for the master's address.
pub(super) fn worker(
    answers: &Answers,
    templates: &Templates,
    password: Option<&SecretString>,
) -> Result<String, WizardError> {
    let mut values = pool(answers, has_password(answers).then_some(password))?;
    let manager = match answers.scaler {
        Scaler::Hoist(_) => {
            values.extend(of_scaler(answers));
            MANAGER_ADDRESS
        }
        Scaler::Elastiq => MANAGER_OF_ELASTIQ,
    };
    values.insert("manager".to_owned(), json!(manager));
    values.insert("slots".to_owned(), json!(answers.jobs_per_worker));
    let template = match answers.cloud {
        CloudKind::Local => "htcondor-local-worker",
        CloudKind::Ec2 | CloudKind::Compatible => "htcondor-worker",
    };
    Ok(templates.get(template)?.render(&values)?)
}

/// Whether workers get the pool's password: elastiq has no tokens for them, and CernVM's HTCondor may know none.
pub(super) fn has_password(answers: &Answers) -> bool {
    answers.scaler == Scaler::Elastiq || (!answers.os.has_tokens() && answers.cloud != CloudKind::Local)
}

/// Returns what workers of hoist's scaler have besides.
fn of_scaler(answers: &Answers) -> Values {
    let fuse = if answers.min_workers == 0 { FUSE } else { LONG_FUSE };
    let mut values = Values::from_iter([
        ("grace".to_owned(), json!(GRACE)),
        ("noclaim_shutdown".to_owned(), json!(answers.idle_seconds.saturating_add(fuse))),
    ]);
    if !has_password(answers) {
        values.insert("worker_token".to_owned(), json!(WORKER_TOKEN));
    }
    match answers.cloud {
        CloudKind::Ec2 => drop(values.insert("spot_notices".to_owned(), json!(true))),
        // Such a cloud need not let a machine see that its lease was renewed.
        CloudKind::Compatible => drop(values.insert("lease_manager".to_owned(), json!(MANAGER_ADDRESS))),
        CloudKind::Local => {}
    }
    values
}

/// Returns the values that master and workers must agree on. `password` is the pool's, which may be kept elsewhere;
/// none at all: the machine gets neither it nor its place.
pub(super) fn pool(answers: &Answers, password: Option<Option<&SecretString>>) -> Result<Values, WizardError> {
    // elastiq finds a worker's instance by the address in its name, and private clouds seldom have names for addresses.
    let no_dns = answers.scaler == Scaler::Elastiq || answers.cloud == CloudKind::Compatible;
    let mut values = Values::from_iter([
        ("os".to_owned(), json!(answers.os.word)),
        ("pool".to_owned(), json!(answers.pool)),
        ("docker".to_owned(), json!(answers.docker)),
        ("no_dns".to_owned(), json!(no_dns)),
    ]);
    let Some(password) = password else { return Ok(values) };
    let (key, value) = match (&answers.password, password) {
        (PasswordSource::Kept(place), _) => ("pool_password_from", place.as_str()),
        (PasswordSource::File(_), Some(password)) => ("pool_password", password.expose_secret()),
        (PasswordSource::File(file), None) => {
            let why = format!("it was not read from {}", file.display());
            return Err(WizardError::answer("password", why));
        }
    };
    values.insert(key.to_owned(), json!(value));
    Ok(values)
}
