//! The differences between two plans, service by service, with old and new values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{CloudConfig, LaunchSpec, Plan, Program, Reference, Service, SourceFile, Text};

/// The number of digits of a digest that are shown.
const DIGEST_SHOWN: usize = 8;

/// The placeholder of values that nobody should read.
const HIDDEN: &str = "[hidden]";

/// Words in a name that mark its value as secret.
const TELLING: [&str; 8] =
    ["password", "passwd", "passphrase", "secret", "token", "credential", "private_key", "api_key"];

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The key in the plan.
    pub what: String,
    /// The old value, if any.
    pub before: Option<String>,
    /// The new value, if any.
    pub after: Option<String>,
}

/// Returns the differences of the services that are in both plans, by service. For secrets their sources are shown, and
/// values whose names mark them as secret are hidden.
pub fn differences(old: &Plan, new: &Plan) -> BTreeMap<String, Vec<Difference>> {
    let before: BTreeMap<&str, (usize, &Service)> =
        old.services().map(|(level, service)| (service.name.as_str(), (level, service))).collect();
    let mut found = BTreeMap::new();
    for (level, service) in new.services() {
        let Some(&(earlier_level, earlier)) = before.get(service.name.as_str()) else { continue };
        let sides = (said(old, earlier_level, earlier), said(new, level, service));
        let different = compared(sides);
        if !different.is_empty() {
            found.insert(service.name.clone(), different);
        }
    }
    found
}

type ShownDifference = Vec<(String, String)>;

fn compared((before, after): (ShownDifference, ShownDifference)) -> Vec<Difference> {
    let earlier: BTreeMap<&str, &str> = before.iter().map(|(what, value)| (what.as_str(), value.as_str())).collect();
    let later: BTreeMap<&str, &str> = after.iter().map(|(what, value)| (what.as_str(), value.as_str())).collect();
    let mut told = BTreeSet::new();
    let keys = after.iter().chain(&before).map(|(what, _)| what.as_str());
    keys.filter(|what| told.insert(*what) && earlier.get(what) != later.get(what))
        .map(|what| {
            let shown = |side: &BTreeMap<&str, &str>| {
                side.get(what).map(|value| if hides(what, value) { HIDDEN.to_owned() } else { (*value).to_owned() })
            };
            Difference { what: what.to_owned(), before: shown(&earlier), after: shown(&later) }
        })
        .collect()
}

/// Returns whether the value under this key must be hidden. Sources of secrets need not be. Arguments are judged by
/// their content.
fn hides(what: &str, value: &str) -> bool {
    let telling = |text: &str| {
        let text = text.to_ascii_lowercase().replace('-', "_");
        TELLING.iter().any(|word| text.contains(word))
    };
    !what.starts_with("secret ") && (telling(what) || what.ends_with(".args") && telling(value))
}

/// Returns all of a plan's settings for a service, in display order.
fn said(plan: &Plan, level: usize, service: &Service) -> ShownDifference {
    let mut said = ShownDifference::new();
    let mut add = |what: &str, value: Option<String>| said.extend(value.map(|value| (what.to_owned(), value)));
    add("level", plan.levels.get(level).map(|level| level.name.clone()));
    add("cloud", Some(service.cloud.clone()));
    if let Some(cloud) = plan.clouds.get(&service.cloud) {
        add("cloud is", Some(place(cloud)));
    }
    add("address", service.address.as_ref().map(ToString::to_string));
    add("run_on", word(&service.run_on));
    if let Some(launch) = &service.launch {
        launched(launch, &mut add);
        add("lease", plan.lease_of(service).map(|lease| lease.to_string()));
    }
    settings("ssh", &service.ssh, &[], &mut add);
    add("timeout", Some(format!("{} s", service.timeout.as_secs_f64())));
    if let Some(elastic) = &service.elastic {
        let words = |stop: &Vec<String>| stop.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" ");
        add("elastic.stop", Some(elastic.stop.as_ref().map_or_else(|| "the usual one".to_owned(), words)));
        add("elastic.timeout", Some(format!("{} s", elastic.timeout.as_secs_f64())));
    }
    for (kind, program) in service.programs.iter() {
        ran(kind, program, &mut add);
    }
    for (name, text) in &service.attributes {
        add(&format!("attribute {name}"), Some(text.to_string()));
    }
    for (name, source) in &service.secrets {
        add(&format!("secret {name}"), Some(source.to_string()));
    }
    for (name, value) in variables(plan, service) {
        add(&format!("variable {name}"), Some(value));
    }
    said
}

fn launched(launch: &LaunchSpec, add: &mut impl FnMut(&str, Option<String>)) {
    settings("", launch, &["user_data", "tags", "lease"], add);
    add("user_data", launch.user_data.as_ref().map(file));
    for (tag, text) in &launch.tags {
        add(&format!("tag {tag}"), Some(text.to_string()));
    }
}

/// Adds every setting of a part of a plan but `others`, so that none is forgotten: its key in the plan, below `prefix`,
/// and its value as the plan writes it.
fn settings(prefix: &str, part: &impl serde::Serialize, others: &[&str], add: &mut impl FnMut(&str, Option<String>)) {
    let Ok(Value::Object(fields)) = serde_json::to_value(part) else { return };
    for (key, value) in fields.iter().filter(|(key, _)| !others.contains(&key.as_str())) {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Object(_) => settings(&key, value, &[], add),
            value => add(&key, written(value)),
        }
    }
}

/// Returns a value as the plan writes it; none for what is not set.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => Some(items.iter().filter_map(written).collect::<Vec<_>>().join(", ")),
        other => Some(other.to_string()),
    }
}

fn ran(kind: &str, program: &Program, add: &mut impl FnMut(&str, Option<String>)) {
    add(kind, Some(file(&program.file)));
    let args: Vec<String> = program.args.iter().map(|arg| format!("{:?}", arg.as_str())).collect();
    add(&format!("{kind}.args"), (!args.is_empty()).then(|| args.join(" ")));
    add(&format!("{kind}.config"), program.config.as_ref().map(file));
    add(&format!("{kind}.timeout"), Some(format!("{} s", program.timeout.as_secs_f64())));
    add(&format!("{kind}.retries"), Some(program.retries.to_string()));
    add(&format!("{kind}.optional"), program.optional.then(|| "true".to_owned()));
    add(&format!("{kind}.on_failure"), word(&program.on_failure));
}

/// Returns the variables that the service references, also through others.
fn variables(plan: &Plan, service: &Service) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut texts: Vec<Text> = service.texts().cloned().collect();
    while let Some(text) = texts.pop() {
        for reference in text.references() {
            let Reference::Global(name) = reference else { continue };
            if let Some(value) = plan.variables.get(&name)
                && found.insert(name, value.clone()).is_none()
            {
                texts.push(Text::new(value.as_str()));
            }
        }
    }
    found
}

fn file(file: &SourceFile) -> String {
    let digest: String = file.digest.chars().take(DIGEST_SHOWN).collect();
    format!("{} ({digest})", file.path.display())
}

fn place(cloud: &CloudConfig) -> String {
    let parts = [Some(&cloud.provider), cloud.region.as_ref(), cloud.endpoint.as_ref()];
    parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
}

/// Returns the value in the plan's spelling.
fn word(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}
