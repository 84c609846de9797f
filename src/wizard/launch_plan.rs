//! A launch plan for the master, in the native notation.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::answers::{Answers, CloudKind, Scaler};
use super::program_bundle::{bundle_name, is_copied};
use super::render_error::WizardError;
use crate::plan::{LOCAL_CLOUD, ProviderRules, Text, is_valid_name};

/// The cloud's name in the plan.
const CLOUD: &str = "cluster";

#[derive(Serialize)]
struct PlanDocument<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    clouds: BTreeMap<&'static str, CloudTable<'a>>,
    levels: [LevelTable<'a>; 1],
}

#[derive(Serialize)]
struct CloudTable<'a> {
    provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    compatible: bool,
}

#[derive(Serialize)]
struct LevelTable<'a> {
    name: &'static str,
    services: BTreeMap<&'static str, ServiceTable<'a>>,
}

#[derive(Serialize)]
struct ServiceTable<'a> {
    cloud: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subnet: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_groups: Option<[&'a str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_profile: Option<&'a str>,
    user_data: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    boot: Option<Boot>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ssh: Option<Ssh<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elastic: Option<Elastic>,
    tags: BTreeMap<&'static str, String>,
}

/// Says that the master runs hoist's scaler, which the end of the run stops first.
#[derive(Serialize)]
struct Elastic {}

/// Brings this program to the master.
#[derive(Serialize)]
struct Boot {
    program: String,
    args: [&'static str; 1],
}

#[derive(Serialize)]
struct Ssh<'a> {
    user: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
}

/// Returns the plan's name. It differs from the file's name, which commands in the file's directory would take for a
/// plan file.
pub(super) fn plan_name(file: &str) -> String {
    let name = Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = format!("cluster-{}", name.strip_prefix("master-").unwrap_or(name));
    if is_valid_name(&name) { name } else { "cluster".to_owned() }
}

/// Returns a plan that launches the master with the user data `file`, in whose directory the plan has to be.
///
/// # Errors
/// An answer that a plan would interpret: as a reference, or as a variable of the environment.
pub(super) fn launch_plan(answers: &Answers, file: &str) -> Result<String, WizardError> {
    let text = |question, answer: &'_ Option<String>| answer.as_deref().map_or(Ok(()), |text| check(question, text));
    for (question, answer) in [
        ("region", &answers.region),
        ("endpoint", &answers.endpoint),
        ("image", &answers.image),
        ("master type", &answers.master_type),
        ("key name", &answers.key_name),
        ("subnet", &answers.subnet),
        ("master's security group", &answers.master_group),
        ("master's instance profile", &answers.master_profile),
        ("lease", &answers.lease),
    ] {
        text(question, answer)?;
    }
    check("pool", &answers.pool)?;
    check("file", file)?;
    let key = answers.key_file.as_ref().map(|path| path.to_str().ok_or("it is not UTF-8"));
    let key = key.transpose().map_err(|why| WizardError::answer("key file", why))?;
    key.map_or(Ok(()), |key| check("key file", key))?;
    let is_local = answers.cloud == CloudKind::Local;
    let name = plan_name(file);
    let service = ServiceTable {
        cloud: if is_local { LOCAL_CLOUD } else { CLOUD },
        image: answers.image.as_deref(),
        instance_type: answers.master_type.as_deref(),
        key_name: answers.key_name.as_deref(),
        subnet: answers.subnet.as_deref(),
        security_groups: answers.master_group.as_deref().map(|group| [group]),
        instance_profile: answers.master_profile.as_deref(),
        user_data: file,
        lease: answers.lease.as_deref(),
        boot: is_copied(answers)
            .then(|| Boot { program: format!("{}.tar.gz", bundle_name(file)), args: [answers.os.login] }),
        ssh: (!is_local).then_some(Ssh { user: answers.os.login, key }),
        elastic: (!is_local && matches!(answers.scaler, Scaler::Hoist(_))).then_some(Elastic {}),
        tags: BTreeMap::from([("Name", format!("{} master", answers.pool))]),
    };
    let cloud = CloudTable {
        provider: ProviderRules::EC2.name,
        region: answers.region.as_deref(),
        endpoint: answers.endpoint.as_deref(),
        compatible: answers.cloud == CloudKind::Compatible,
    };
    let plan = PlanDocument {
        name: &name,
        clouds: if is_local { BTreeMap::new() } else { BTreeMap::from([(CLOUD, cloud)]) },
        levels: [LevelTable { name: "master", services: BTreeMap::from([("master", service)]) }],
    };
    let written = toml::to_string(&plan).map_err(|error| WizardError::Plan(error.to_string()))?;
    Ok(format!(
        "# The master of the pool {}. Launch it with `hoist plan boot` and this file, end it with `hoist plan terminate {name}`.\n{written}",
        answers.pool
    ))
}

/// Checks that a plan takes this text literally.
fn check(question: &'static str, text: &str) -> Result<(), WizardError> {
    if !Text::new(text).is_plain() || text.starts_with("env.") {
        let why = format!("a launch plan would take {text:?} for a reference; give another");
        return Err(WizardError::answer(question, why));
    }
    if text.chars().any(char::is_control) {
        return Err(WizardError::answer(question, format!("{text:?} has control characters")));
    }
    Ok(())
}
