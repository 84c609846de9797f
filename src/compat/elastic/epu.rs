use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use super::fleet_import::{FleetImport, Notes, fleet};
use crate::diagnostics::{Diagnostic, Diagnostics, Place, shown};
use crate::elastic::engine::{ConfigError, NpreservingConfig, QueuelenConfig, Variables};
use crate::elastic::fleet::{
    FleetEngine, FleetFile, FleetQueue, MachineKind, NpreservingSettings, QueueKind, QueuelenSettings, Workers,
};
use crate::yaml::{self, ValueError};

/// Keys of the engine `npreserving`.
const NPRESERVING: [&str; 2] = ["preserve_n", "unique_instances"];

/// Keys of the engine `queuelen`.
const QUEUELEN: [&str; 3] = ["queuelen_high_water", "queuelen_low_water", "min_instances"];

/// Tables whose keys count like those beside them.
const TABLES: [&str; 3] = ["engine_conf", "general", "health"];

/// Parts of the names of variables whose values are not copied.
const SECRET: [&str; 7] = ["password", "passwd", "secret", "token", "credential", "private", "access_key"];

/// Maximum depth of a document.
const DEEPEST: usize = 64;

/// Address of a message broker whose own is not known.
const BROKER: &str = "http://localhost:15672";

/// Imports a configuration of EPU's controller. Returns none for a document with no key of an engine.
pub(super) fn import_epu(text: &str, file: &Path) -> Result<Option<FleetImport>, Diagnostics> {
    let refused = |line: Option<usize>, message: String| {
        Diagnostics::from(Diagnostic::error(message).at(Place::new(file, line)).printable())
    };
    let is_likely =
        text.trim_start().starts_with('{') || NPRESERVING.iter().chain(&QUEUELEN).any(|key| text.contains(key));
    if !is_likely {
        return Ok(None);
    }
    if is_deep(text) {
        return Err(refused(None, format!("this is nested more than {DEEPEST} levels deep")));
    }
    let document = yaml::read_value(text).map_err(|error| {
        // Other messages could quote values.
        let message = match &error {
            ValueError::Repeated { key, .. } => format!("\"{}\" is given twice", shown(key)),
            ValueError::Text(_) => "this is neither valid JSON nor valid YAML".to_owned(),
        };
        refused(usize::try_from(error.line()).ok(), message)
    })?;
    let Value::Object(entries) = document else { return Ok(None) };
    let mut settings = Map::new();
    for (key, value) in entries {
        match value {
            Value::Object(inner) if TABLES.contains(&key.as_str()) => settings.extend(inner),
            value => drop(settings.insert(key, value)),
        }
    }
    let has = |keys: &[&str]| keys.iter().any(|key| settings.contains_key(*key));
    let line = |key: &str| line_of(text, key);
    let mut notes = Notes::new(file, Vec::new());
    for key in ["provisioner_vars", "unique_instances"] {
        // Not left to the engine, whose message quotes the value, which may hold secrets.
        let has_values = |value: &Value| value.as_object().is_some_and(|own| own.values().all(Value::is_object));
        let is_right = match settings.get(key) {
            None | Some(Value::Null) => true,
            Some(value) if key == "provisioner_vars" => value.is_object(),
            Some(value) => has_values(value),
        };
        if !is_right {
            return Err(refused(line(key), format!("\"{key}\" must be a table of names and values")));
        }
    }
    let fleet = match (has(&NPRESERVING), has(&QUEUELEN)) {
        (false, false) => return Ok(None),
        (true, true) => {
            let message = "this mixes settings of the engines npreserving and queuelen; keep those of one";
            return Err(refused(line("queuelen_high_water"), message.to_owned()));
        }
        (true, false) => {
            npreserving(&settings, text, &mut notes).map_err(|error| refused(line("preserve_n"), error.to_string()))?
        }
        (false, true) => queuelen(&settings, text, &mut notes)
            .map_err(|error| refused(line("queuelen_high_water"), error.to_string()))?,
    };
    for key in settings.keys() {
        if NPRESERVING.contains(&key.as_str()) || QUEUELEN.contains(&key.as_str()) || key == "provisioner_vars" {
            continue;
        }
        let why = match key.as_str() {
            "monitor_health" | "health_boot_timeout" | "health_missing_timeout" | "health_zombie_timeout" => {
                "workers that do not join within \"deploy_time\" are replaced, and the queue knows who is alive"
            }
            "devmode_no_failure_compensation" => "failed workers are always replaced",
            "iaas_site" | "iaas_allocation" | "deployable_type" => "write it as [cloud] and [machine]",
            "queue_name_work" => continue,
            _ => "it has no counterpart",
        };
        notes.add(line(key), format!("\"{}\" is not carried over: {why}", shown(key)));
    }
    let message = "EPU's provisioner knew the cloud and its credentials: complete [cloud] and [machine]; keys go to \
                   /etc/hoist/credentials.env, readable by root alone";
    notes.add(None, message);
    Ok(Some(FleetImport { source: "epu", fleet, notes: notes.into_sorted() }))
}

fn npreserving(settings: &Map<String, Value>, text: &str, notes: &mut Notes) -> Result<FleetFile, ConfigError> {
    let config = NpreservingConfig::default().with(settings)?;
    let preserve_n = number("preserve_n", config.preserve_n)?;
    let unique = config.unique_instances.iter().map(|(slot, own)| (slot.to_string(), variables(own, text, notes)));
    let unique = unique.collect();
    let variables = variables(&config.provisioner_vars, text, notes);
    Ok(FleetFile {
        workers: Workers { min: preserve_n, max: preserve_n, ..Workers::default() },
        machine: Some(MachineKind::default()),
        ..fleet("ec2", FleetEngine::Npreserving(NpreservingSettings { preserve_n, unique, variables }))
    })
}

fn queuelen(settings: &Map<String, Value>, text: &str, notes: &mut Notes) -> Result<FleetFile, ConfigError> {
    let config = QueuelenConfig::from_settings(settings)?;
    let high = number("queuelen_high_water", config.high_water)?;
    let low = number("queuelen_low_water", config.low_water)?;
    let min = number("min_instances", config.min_instances)?;
    let max = min.max(3);
    notes.add(None, format!("EPU has no maximum, which a fleet must have: \"max\" is {max}; set yours"));
    let mut queue = FleetQueue::new(QueueKind::Rabbitmq);
    queue.url = Some(BROKER.to_owned());
    queue.queue = settings.get("queue_name_work").and_then(Value::as_str).map(str::to_owned);
    let queue_name = queue.queue.get_or_insert_with(|| "work".to_owned()).clone();
    let message =
        format!("EPU's sensor knew the queue: [queue] has {BROKER} and \"{}\"; set yours", shown(&queue_name));
    notes.add(line_of(text, "queue_name_work"), message);
    let variables = variables(&config.provisioner_vars, text, notes);
    Ok(FleetFile {
        workers: Workers { min, max, ..Workers::default() },
        queue: Some(queue),
        machine: Some(MachineKind::default()),
        ..fleet("ec2", FleetEngine::Queuelen(QueuelenSettings { high, low, variables }))
    })
}

/// Returns whether brackets, or dashes and question marks of YAML's lists and keys, nest too deeply to be parsed in
/// reasonable time.
fn is_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.lines().any(|line| {
        let marks = line.split_whitespace().take_while(|word| matches!(*word, "-" | "?" | ":")).count();
        let indented = line.len() - line.trim_start().len();
        let is_deep = line.chars().any(|c| {
            match c {
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > DEEPEST
        });
        is_deep || marks > DEEPEST || indented > DEEPEST * 16
    })
}

/// Returns a number that a fleet file can hold.
fn number(setting: &'static str, value: i64) -> Result<u32, ConfigError> {
    u32::try_from(value).map_err(|_| ConfigError::Value {
        setting,
        value: value.to_string(),
        expected: "a whole number that is not negative and has at most nine digits",
    })
}

/// Returns launch variables as texts, without those that may be secret.
fn variables(variables: &Variables, text: &str, notes: &mut Notes) -> BTreeMap<String, String> {
    let mut carried = BTreeMap::new();
    for (name, value) in variables {
        let lower = name.to_ascii_lowercase();
        if SECRET.iter().any(|part| lower.contains(part)) {
            let message = format!(
                "variable \"{}\" may be secret and is not copied: put it into a file that workers fetch",
                shown(name)
            );
            notes.add(line_of(text, name), message);
            continue;
        }
        match value {
            Value::String(value) => drop(carried.insert(name.clone(), value.clone())),
            Value::Number(_) | Value::Bool(_) => drop(carried.insert(name.clone(), value.to_string())),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                let message = format!("variable \"{}\" is not carried over: it is no text or number", shown(name));
                notes.add(line_of(text, name), message);
            }
        }
    }
    carried
}

/// Returns the first line on which `key` is followed by a colon.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let has_key = |line: &str| {
        line.match_indices(key).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = line[at + key.len()..].trim_start_matches(['"', '\'']).trim_start();
            after.starts_with(':') && !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
    };
    text.lines().position(has_key).map(|index| index + 1)
}
