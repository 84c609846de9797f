//! The user data of coalition's workers.

use std::path::Path;

use secrecy::ExposeSecret as _;
use serde_json::json;

use super::user_data_choice::UserDataChoice;
use crate::compat::{CoalitionConfig, Provider};
use crate::diagnostics::{Diagnostic, Diagnostics, Place, Severity};
use crate::plan::{DollarTemplate, MAX_TEXT, read_text_file};
use crate::template::{DollarForm, Template, TemplateError, Templates, Values};
use crate::user_data::{LintOptions, lint};

/// Name of the built-in template.
const BUILT_IN: &str = "worker-cloud-init";

/// What stands for the worker's name while a template is rendered.
const NAME: &str = "hoist-worker-name";

/// Names in coalition's templates that stand for keys.
const KEYS: [&str; 3] = ["access_key", "secret_access_key", "key_id_json"];

/// Returns the user data of workers, with remarks.
///
/// # Errors
/// The template is wrong, a value is missing or unfit, a key would be in it, or it would not work.
pub(super) fn worker_user_data(
    config: &CoalitionConfig,
    os: &str,
    choice: &UserDataChoice,
) -> Result<(Vec<u8>, Vec<Diagnostic>), Diagnostics> {
    let (named, text) = match &choice.template {
        Some(path) => (path.display().to_string(), of_users(config, path, choice)?),
        None => (BUILT_IN.to_owned(), built_in(config, os)?),
    };
    let data = text.into_bytes();
    let remarks = checked_user_data(&data, Path::new(&named), choice.allow_secret)?;
    Ok((data, remarks))
}

/// Checks user data from the file or template `named`; returns its warnings.
///
/// # Errors
/// It would not work, or holds a secret that is not allowed.
pub(crate) fn checked_user_data(data: &[u8], named: &Path, allow_secret: bool) -> Result<Vec<Diagnostic>, Diagnostics> {
    let (mut errors, mut remarks) = (Vec::new(), Vec::new());
    for finding in lint(data, &LintOptions::default()).findings {
        // Sizes are the cloud's to judge, which adds parts of its own.
        let is_allowed = finding.secret.is_some() && allow_secret;
        if finding.diagnostic.severity == Severity::Note || finding.check == "size" || is_allowed {
            continue;
        }
        let place = Place::new(named, usize::try_from(finding.file_line).ok());
        let problem = Diagnostic { place: Some(place), ..finding.diagnostic }.of("user data").printable();
        if problem.is_error() { errors.push(problem) } else { remarks.push(problem) }
    }
    if errors.is_empty() { Ok(remarks) } else { Err(Diagnostics(errors)) }
}

fn built_in(config: &CoalitionConfig, os: &str) -> Result<String, Diagnostics> {
    let environment = config.program_environment.as_deref().map(|entries| {
        let entries: Vec<&str> = entries.split_whitespace().collect();
        json!(entries)
    });
    let text = |value: &Option<String>| value.as_ref().map(|value| json!(value));
    let storage = if config.provider == Provider::Ec2 { "s3" } else { "gcs" };
    // As in coalition's own template, the render program finds the bucket and itself by these names.
    let usual = || {
        let directory = config.install_directory.as_deref().unwrap_or("/usr/local/bin");
        let mount_point = config.mount_point.as_deref().unwrap_or("/mnt/bucket");
        json!([
            format!("GUERILLA={directory}/guerillarender/data/usr/local/guerilla"),
            format!("GUERILLA_CLOUD_ROOT={mount_point}")
        ])
    };
    let given = [
        ("os", Some(json!(os))),
        ("bucket", text(&config.bucket)),
        ("region", Some(json!(config.region.as_deref().unwrap_or("us-east-1")))),
        ("storage", Some(json!(storage))),
        ("mount_point", text(&config.mount_point)),
        ("coalition_package", text(&config.coalition_package)),
        ("program_package", text(&config.program_package)),
        ("install_directory", text(&config.install_directory)),
        ("server", text(&config.server)),
        ("port", Some(json!(config.port))),
        ("environment", environment.or_else(|| (config.provider == Provider::Ec2).then(usual))),
    ];
    let values: Values = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    let templates = Templates::of_user(None).map_err(wrong)?;
    templates.get(BUILT_IN).and_then(|template| template.render(&values)).map_err(wrong)
}

fn wrong(error: TemplateError) -> Diagnostics {
    error.diagnostic.into()
}

/// Renders a template of the user's own: `$name`, or handlebars where its name ends in `.hbs`.
fn of_users(config: &CoalitionConfig, path: &Path, choice: &UserDataChoice) -> Result<String, Diagnostics> {
    let named = path.display().to_string();
    let text = read_text_file(path, MAX_TEXT)
        .map_err(|error| Diagnostic::error(format!("the template cannot be read: {error}")).at(Place::file(path)))?;
    let mut values = config.worker_values(NAME);
    if path.extension().is_some_and(|ending| ending == "hbs") {
        let template = Template::handlebars(&named, &text, &Templates::of_user(None).map_err(wrong)?).map_err(wrong)?;
        return template.render(&values).map_err(wrong).map(|text| text.replace(NAME, name_of_worker(config, &text).1));
    }
    let parsed = DollarTemplate::parse(&text)
        .map_err(|error| Diagnostic::error(error.message).at(Place::new(path, Some(error.line))))?;
    let keys: Vec<(&str, usize)> = parsed.names().filter(|(name, _)| KEYS.contains(name)).collect();
    if let (Some((_, line)), false) = (keys.first(), choice.allow_secret) {
        return Err(with_keys(config, &keys).at(Place::new(path, Some(*line))).into());
    }
    add_keys(config, &keys, path, &mut values)?;
    let has_name = parsed.names().any(|(name, _)| name == "hostname");
    let (head, name) = name_of_worker(config, &text);
    let opens = ["{{", "{%", "{#"].into_iter().find(|open| text.contains(open));
    if let (Some(open), true) = (opens, has_name && !head.is_empty()) {
        let why = format!("the template names $hostname and holds \"{open}\", which cloud-init would take for its own");
        return Err(Diagnostic::error(why).at(Place::file(path)).into());
    }
    // Keys may hold characters that the notation cannot guard, and stand where coalition puts them.
    let form = if keys.is_empty() { DollarForm::Text } else { DollarForm::Raw };
    let rendered =
        Template::dollar(&named, &text, form).and_then(|template| template.render(&values)).map_err(wrong)?;
    let head = if has_name { head } else { "" };
    Ok(format!("{head}{}", rendered.replace(NAME, name)))
}

/// Returns what stands for a worker's name in user data, which is the same for all: the identity that the machine has
/// at its cloud, by which its worker is known. The first is what the user data must begin with for it.
fn name_of_worker(config: &CoalitionConfig, text: &str) -> (&'static str, &'static str) {
    let is_script = text.starts_with("#!");
    match (config.provider, is_script) {
        (Provider::Ec2, true) => ("", "$(cat /var/lib/cloud/data/instance-id)"),
        (Provider::Gce, true) => ("", "$(hostname -s)"),
        (Provider::Ec2, false) => ("## template: jinja\n", "{{ v1.instance_id }}"),
        (Provider::Gce, false) => ("## template: jinja\n", "{{ v1.local_hostname }}"),
    }
}

/// Returns the refusal of keys in user data.
fn with_keys(config: &CoalitionConfig, keys: &[(&str, usize)]) -> Diagnostic {
    let mut names: Vec<String> = keys.iter().map(|(name, _)| format!("${name}")).collect();
    names.sort();
    names.dedup();
    let why =
        format!("{} would put a key into the user data, which everybody on the machine can read", names.join(" and "));
    let role = if config.provider == Provider::Ec2 { "iaminstanceprofile" } else { "serviceaccount" };
    let without =
        format!("the built-in template {BUILT_IN} opens the bucket by the role of \"{role}\", and needs no key");
    Diagnostic::error(why).hint(without)
}

/// Adds the keys that a template names.
fn add_keys(
    config: &CoalitionConfig,
    keys: &[(&str, usize)],
    path: &Path,
    values: &mut Values,
) -> Result<(), Diagnostics> {
    for (name, line) in keys {
        let secret = |key: &Option<secrecy::SecretString>| key.as_ref().map(|key| key.expose_secret().to_owned());
        let value = match *name {
            "access_key" => secret(&config.access_key),
            "secret_access_key" => secret(&config.secret_access_key),
            _ => match &config.key_file {
                None => None,
                Some(file) => Some(read_text_file(Path::new(file), MAX_TEXT).map_err(|error| {
                    Diagnostic::error(format!("the key file {file} cannot be read: {error}")).at(Place::file(path))
                })?),
            },
        };
        let value = value.ok_or_else(|| {
            let why = format!("the template names ${name}, which [authentication] does not set");
            Diagnostic::error(why).at(Place::new(path, Some(*line)))
        })?;
        values.insert((*name).to_owned(), json!(value));
    }
    Ok(())
}
