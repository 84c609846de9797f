//! The workers' user data.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::answers::{Answers, CloudKind, PasswordSource, Scaler};
use super::render_error::WizardError;
use crate::template::{Templates, Values};

/// The placeholder of the master's address in the workers' user data: hoist's scaler replaces it by the private address
/// of the machine on which it runs.
pub const MANAGER_ADDRESS: &str = "%manager_address%";

/// elastiq's placeholder.
const MANAGER_OF_ELASTIQ: &str = "%ipv4%";

/// Returns the user data of a worker, with the scaler's placeholder for the master's address.
pub(super) fn worker(
    answers: &Answers,
    templates: &Templates,
    password: Option<&SecretString>,
) -> Result<String, WizardError> {
    let mut values = pool(answers, password)?;
    let manager = match answers.scaler {
        Scaler::Hoist(_) => MANAGER_ADDRESS,
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

/// Returns the values that master and workers must agree on.
pub(super) fn pool(answers: &Answers, password: Option<&SecretString>) -> Result<Values, WizardError> {
    // elastiq finds a worker's instance by the address in its name, and private clouds seldom have names for addresses.
    let no_dns = answers.scaler == Scaler::Elastiq || answers.cloud == CloudKind::Compatible;
    let mut values = Values::from_iter([
        ("os".to_owned(), json!(answers.os.word)),
        ("pool".to_owned(), json!(answers.pool)),
        ("docker".to_owned(), json!(answers.docker)),
        ("no_dns".to_owned(), json!(no_dns)),
    ]);
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
