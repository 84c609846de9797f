//! The files made from the answers: user data of master and workers, a launch plan for the master, and the next steps.

use secrecy::SecretString;
use serde_json::json;

use super::answers::{Answers, CloudKind, Scaler};
use super::elastiq_conf::elastiq_conf;
use super::launch_plan::launch_plan;
use super::master_check::check;
use super::master_steps::{next_steps, notes};
use super::render_error::WizardError;
use super::scaler::of_hoist;
use super::worker::{pool, worker};
use crate::template::{Templates, Values};
use crate::user_data::{LIMIT, Part, fit, write_message};

/// The files of a cluster, with notes.
#[derive(Clone, PartialEq, Eq)]
pub struct Cluster {
    /// The master's user data. It contains the pool's password, and so is a secret, if the password is kept in a file.
    pub master: Vec<u8>,
    /// The workers' user data as text, also contained in the master's; equally secret.
    pub worker: Vec<u8>,
    /// A launch plan in TOML that boots the master with this user data, which has to be in the same directory.
    pub plan: String,
    /// Notes on these files for the user.
    pub notes: Vec<String>,
    /// The user's next steps, in order.
    pub next_steps: Vec<String>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { master, worker, plan, notes, next_steps } = self;
        f.debug_struct("Cluster")
            .field("master", &format_args!("{} bytes", master.len()))
            .field("worker", &format_args!("{} bytes", worker.len()))
            .field("plan", plan)
            .field("notes", notes)
            .field("next_steps", next_steps)
            .finish()
    }
}

/// Renders all files; equal answers make equal bytes. `password` is the pool's, if the answers keep it in a file;
/// `file` is the name of the master's user data, in whose directory the plan is put.
///
/// # Errors
/// Answers that are invalid in their place or conflict with each other, each with its name; an invalid template of the
/// user's own; user data that exceeds the size limit of clouds.
pub fn render(
    answers: &Answers,
    templates: &Templates,
    password: Option<&SecretString>,
    file: &str,
) -> Result<Cluster, WizardError> {
    check(answers)?;
    let worker = worker(answers, templates, password)?;
    let values = master_values(answers, &worker, password)?;
    let master = match answers.cloud {
        CloudKind::Local => templates.get("htcondor-local-manager")?.render(&values)?.into_bytes(),
        CloudKind::Ec2 | CloudKind::Compatible => sized_master(templates, values, worker.len())?,
    };
    let worker = worker.into_bytes();
    // elastiq launches workers with this text as it is; hoist's scaler compresses it where only that makes it fit.
    let may_compress = matches!(answers.scaler, Scaler::Hoist(_));
    if answers.cloud != CloudKind::Local {
        fit(worker.clone(), may_compress, &[]).map_err(|why| WizardError::TooLarge(format!("the workers: {why}")))?;
    }
    Ok(Cluster {
        master,
        worker,
        plan: launch_plan(answers, file)?,
        notes: notes(answers),
        next_steps: next_steps(answers, file),
    })
}

fn master_values(answers: &Answers, worker: &str, password: Option<&SecretString>) -> Result<Values, WizardError> {
    let mut values = pool(answers, Some(password))?;
    values.insert("login".to_owned(), json!(answers.os.login));
    values.insert("min_workers".to_owned(), json!(answers.min_workers));
    values.insert("max_workers".to_owned(), json!(answers.max_workers));
    match &answers.scaler {
        Scaler::Hoist(binary) => {
            values.extend(of_hoist(answers, binary));
            values.insert("worker_user_data".to_owned(), json!(worker));
        }
        Scaler::Elastiq => {
            values.insert("scaler".to_owned(), json!("elastiq"));
            values.insert("elastiq_conf".to_owned(), json!(elastiq_conf(answers, worker)?));
        }
    }
    Ok(values)
}

/// Returns the master's user data in the most readable form that fits: as plain text; or with the workers' user data
/// packed; or packed as a whole, where the parts common to both are compressed together. Even the last form is text if
/// that fits, since the web pages of clouds accept only text.
fn sized_master(templates: &Templates, mut values: Values, worker: usize) -> Result<Vec<u8>, WizardError> {
    let template = templates.get("elastic-master")?;
    let plain = template.render(&values);
    if let Ok(plain) = &plain
        && plain.len() <= LIMIT
    {
        return Ok(plain.clone().into_bytes());
    }
    values.insert("packed".to_owned(), json!(true));
    let packed = template.render(&values)?;
    if packed.len() <= LIMIT {
        return Ok(packed.into_bytes());
    }
    // If the plain form cannot be rendered, the packed one is used.
    let whole = plain.unwrap_or(packed);
    let parts = [
        ("the workers' user data".to_owned(), worker),
        ("the master's own".to_owned(), whole.len().saturating_sub(worker)),
    ];
    let packed =
        fit(whole.into_bytes(), true, &parts).map_err(|why| WizardError::TooLarge(format!("the master: {why}")))?;
    let message = write_message([Part::new("application/gzip", "master", "the master's", packed.clone())]);
    Ok(if message.len() <= LIMIT { message } else { packed })
}
