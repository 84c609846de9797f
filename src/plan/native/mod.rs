//! The native notation: one TOML file per plan.

mod elastic;
mod hardware;
mod service;
mod ssh;
mod table;
mod unset;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

pub(crate) use self::table::{Table, TableReader};
use super::cloud_config::CloudConfig;
use super::diagnostic_sink::DiagnosticSink;
use super::draft::{CloudDraft, DraftMetadata, Fields, LevelDraft, MAX_SERVICES, PlanDraft, ServiceDraft};
use super::environment::Environment;
use super::known_providers::KnownProviders;
use super::located::Located;
use super::model::RunOn;
use super::name::check_name;
use super::notation::Notation;
use super::provider_setting::ProviderSetting;
use crate::diagnostics::{Place, did_you_mean, shown};

/// Reads a plan's text. `file` is the path as the user gave it, `absolute` the absolute path.
pub(super) fn read(
    text: &str,
    file: &Path,
    absolute: &Path,
    providers: &KnownProviders,
    findings: &DiagnosticSink,
    environment: &Environment<'_>,
) -> Option<PlanDraft> {
    let reader = TableReader::new(file, text, findings, environment);
    let document = document(text, &reader)?;
    let root = Table::new(&reader, "the plan", &document);
    let name = root.string("name");
    let mut variables = BTreeMap::new();
    let mut extras = DraftMetadata::default();
    for (key, value) in root.pairs("variables") {
        match value {
            Ok(value) => drop(variables.insert(key.value, value)),
            Err(variable) => drop(extras.unset_variables.insert(key.value, variable)),
        }
    }
    let clouds = clouds(&root, providers);
    let defaults = root.table("defaults").map_or_else(Fields::default, |table| {
        let fields = service::fields(&table);
        for senseless in ["address", "replicas"] {
            if let Some((place, _)) = table.get(senseless) {
                findings.error(&place, format!("\"{senseless}\" cannot be a default; write it at the service"));
            }
        }
        table.finish_with(service::old_name);
        fields
    });
    let directory: Arc<Path> = Arc::from(absolute.parent().unwrap_or(Path::new("/")));
    let levels = levels(&root, &defaults, &directory);
    root.finish_with(service::old_section);
    Some(PlanDraft {
        name,
        file: absolute.to_path_buf(),
        place: Place::file(file),
        notation: Notation::Native,
        variables,
        clouds,
        levels,
        extras,
    })
}

/// Reads a table of variables (`--var-file NAME.toml`).
pub(super) fn read_variables(
    text: &str,
    file: &Path,
    findings: &DiagnosticSink,
    environment: &Environment<'_>,
) -> Vec<(String, Located<String>)> {
    let reader = TableReader::new(file, text, findings, environment);
    let Some(document) = document(text, &reader) else { return Vec::new() };
    Table::new(&reader, "the file of variables", &document)
        .all_pairs()
        .into_iter()
        .filter_map(|(key, value)| Some((key.value, value.ok()?)))
        .collect()
}

pub(crate) fn document<'t>(text: &'t str, reader: &TableReader<'_>) -> Option<DeTable<'t>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let place = reader.place(error.span().map_or(0, |span| span.start));
        let mut message = error.message().lines().collect::<Vec<_>>().join("; ");
        if message == "duplicate key"
            && let Some(key) = error.span().and_then(|span| text.get(span))
        {
            message = format!("{message} \"{}\"", shown(key));
        }
        reader.findings.error(&place, format!("invalid TOML: {message}"));
    }
    errors.is_empty().then(|| document.into_inner())
}

fn clouds(root: &Table<'_, '_>, providers: &KnownProviders) -> BTreeMap<String, CloudDraft> {
    let mut clouds = BTreeMap::new();
    let Some(table) = root.table("clouds") else { return clouds };
    for (name, value) in table.entries() {
        let place = table.reader.place(name.span().start);
        let name = name.get_ref().as_ref();
        let DeValue::Table(entries) = value.get_ref() else {
            table.reader.findings.error(&place, format!("\"clouds.{}\" must be a table", shown(name)));
            continue;
        };
        check_name(table.reader.findings, &place, "cloud", name);
        let table = Table::new(table.reader, format!("cloud \"{}\"", shown(name)), entries);
        let provider = table.string("provider");
        let known = || providers.names().collect::<Vec<_>>().join(", ");
        if let Some(provider) = provider.as_ref().filter(|provider| providers.named(&provider.value).is_none()) {
            let hint = did_you_mean(&provider.value, providers.names());
            let message = format!("unknown provider \"{}\"; there are {}", shown(&provider.value), known());
            table.reader.findings.error_with(&provider.place, message, hint);
        } else if provider.is_none() && providers.named(name).is_none() && table.get("provider").is_none() {
            let message = format!("cloud \"{}\" needs a \"provider\": {}", shown(name), known());
            table.reader.findings.error(&place, message);
        }
        let text = |key| table.string(key).map(|value| value.value);
        let bucket = table.string("bucket").and_then(|text| match text.value.parse() {
            Ok(bucket) => Some(bucket),
            Err(reason) => {
                let message = format!("\"bucket\" of cloud \"{}\" cannot be read: {reason}", shown(name));
                table.reader.findings.error(&text.place, message);
                None
            }
        });
        let provider = provider.map_or_else(|| name.to_owned(), |provider| provider.value);
        let own = providers.named(&provider).map_or(&[][..], |rules| rules.settings);
        let config = CloudConfig {
            region: text("region"),
            endpoint: text("endpoint"),
            profile: text("profile"),
            compatible: table.boolean("compatible").is_some_and(|compatible| compatible.value),
            account: None,
            bucket,
            settings: own.iter().filter_map(|setting| own_setting(&table, setting)).collect(),
            provider,
        };
        table.finish();
        clouds.insert(name.to_owned(), CloudDraft { config, ..CloudDraft::default() });
    }
    clouds
}

/// Reads a provider's own setting, with its key.
fn own_setting(table: &Table<'_, '_>, setting: &ProviderSetting) -> Option<(String, String)> {
    let value = table.string(setting.key)?;
    if let Err(reason) = (setting.check)(&value.value) {
        let message = format!("\"{}\" of {} cannot be read: {reason}", setting.key, table.what);
        table.reader.findings.error(&value.place, message);
        return None;
    }
    Some((setting.key.to_owned(), value.value))
}

fn levels(root: &Table<'_, '_>, defaults: &Fields, directory: &Arc<Path>) -> Vec<LevelDraft> {
    let mut levels: Vec<LevelDraft> = Vec::new();
    let Some((place, value)) = root.get("levels") else { return levels };
    let DeValue::Array(items) = value.get_ref() else {
        root.reader.findings.error_with(
            &place,
            "\"levels\" must be an array of tables",
            Some("begin each level with a line [[levels]]".to_owned()),
        );
        return levels;
    };
    for item in items.iter() {
        let place = root.reader.place(item.span().start);
        let DeValue::Table(entries) = item.get_ref() else {
            root.wrong(&place, "levels", "an array of tables", item.get_ref());
            continue;
        };
        let table = Table::new(root.reader, format!("level {}", levels.len() + 1), entries);
        let least = levels.last().map_or(0, |level| level.number);
        let number = match table.integer("number", 0..=u64::from(u32::MAX)) {
            Some(number) => {
                let value = u32::try_from(number.value).unwrap_or(u32::MAX);
                if !levels.is_empty() && value <= least {
                    let message = format!("level number {value} comes after level {least}; numbers must rise");
                    root.reader.findings.error(&number.place, message);
                }
                value
            }
            None => least.saturating_add(1),
        };
        let name = table.string("name").unwrap_or_else(|| Located::new(format!("level{number}"), place));
        let services = services(&table, defaults, directory);
        table.finish();
        levels.push(LevelDraft { number, name, services });
    }
    levels
}

fn services(level: &Table<'_, '_>, defaults: &Fields, directory: &Arc<Path>) -> Vec<ServiceDraft> {
    let mut services = Vec::new();
    let Some(table) = level.table("services") else { return services };
    for (name, value) in table.entries() {
        let place = table.reader.place(name.span().start);
        let name = Located::new(name.get_ref().to_string(), place.clone());
        let what = format!("service \"{}\"", shown(&name.value));
        let DeValue::Table(entries) = value.get_ref() else {
            table.reader.findings.error(&place, format!("{what} must be a table"));
            continue;
        };
        let table = Table::new(table.reader, what, entries);
        services.push(service(name, &table, defaults, directory));
        table.finish_with(service::old_name);
    }
    services
}

fn service(name: Located<String>, table: &Table<'_, '_>, defaults: &Fields, directory: &Arc<Path>) -> ServiceDraft {
    let mut fields = service::fields(table);
    fields.address = table.text("address");
    let replicas = table.integer("replicas", 1..=MAX_SERVICES as u64);
    let own_image = fields.image.clone();
    let own_run_on = fields.run_on.clone();
    let mut fields = fields.or(defaults);
    let findings = table.reader.findings;
    if let (Some(_), Some(image)) = (&fields.address, &own_image) {
        let message = format!("service \"{}\" has both an address and an image", shown(&name.value));
        findings.error_with(
            &image.place,
            message,
            Some("an address names a host that exists; remove one of the two".to_owned()),
        );
    }
    if fields.address.is_some()
        && own_run_on.is_none()
        && fields.run_on.as_ref().is_some_and(|on| on.value == RunOn::Instance)
    {
        // The default is for services that are launched, which this one is not.
        fields.run_on = None;
    }
    let on_this_host = fields.run_on.as_ref().is_some_and(|on| on.value == RunOn::ThisHost);
    ServiceDraft {
        replicas: replicas.map_or(1, |replicas| usize::try_from(replicas.value).unwrap_or(MAX_SERVICES)),
        directory: directory.clone(),
        launches: fields.address.is_none() && (!on_this_host || own_image.is_some()),
        name,
        fields,
        settings: BTreeMap::new(),
        unset: Vec::new(),
        frozen: Vec::new(),
    }
}
