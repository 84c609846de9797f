//! `plan import`: converts a plan from cloudinit.d's notation to the native one.

mod service;
mod settings;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use self::service::ServiceWriter;
use self::write::{assignment, key, quoted};
use super::diagnostic_sink::DiagnosticSink;
use super::draft::{CloudDraft, PlanDraft};
use super::environment::Environment;
use super::known_providers::KnownProviders;
use super::load::read_draft;
use super::load_options::LoadOptions;
use super::notation::Notation;
use super::purpose::Purpose;
use super::resolve::build;
use super::source;
use crate::diagnostics::{Diagnostics, Place, Severity};

/// A plan in the native notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The text of the TOML file.
    pub toml: String,
    /// Notes for the user, one sentence each: losses in the conversion, and other facts worth knowing.
    pub notes: Vec<String>,
}

/// Converts a plan from cloudinit.d's notation to the native one, for a file in `destination`: paths are relative to
/// that directory. `env.NAME` is kept.
///
/// # Errors
/// All errors of the plan. Unset environment variables do not count as such.
pub fn import(path: &Path, options: &LoadOptions, destination: &Path) -> Result<Import, Diagnostics> {
    let findings = DiagnosticSink::default();
    let environment = Environment::new(&options.environment);
    let draft = read_draft(path, &options.providers, &findings, &environment);
    if let Some(draft) = &draft {
        if draft.notation == Notation::Native {
            findings
                .error(&Place::file(path), "the plan is in the native notation already; there is nothing to import");
        }
        build(draft, options, &environment, &findings, Purpose::Import);
    }
    let failed = findings.has_errors();
    let problems = findings.into_sorted();
    match draft {
        Some(draft) if !failed => {
            let destination = std::path::absolute(destination).unwrap_or_else(|_| destination.to_path_buf());
            let mut importer = Importer {
                draft: &draft,
                providers: &options.providers,
                destination: source::normalized(&destination),
                notes: Vec::new(),
            };
            let toml = importer.write(path);
            let warnings = problems.iter().filter(|problem| problem.severity == Severity::Warning);
            let mut notes: Vec<String> = warnings.map(|warning| warning.to_string().replace("\n  ", "; ")).collect();
            notes.append(&mut importer.notes);
            let mut seen = BTreeSet::new();
            notes.retain(|note| seen.insert(note.clone()));
            Ok(Import { toml, notes })
        }
        _ => Err(Diagnostics(problems)),
    }
}

struct Importer<'a> {
    draft: &'a PlanDraft,
    providers: &'a KnownProviders,
    /// The absolute path.
    destination: PathBuf,
    notes: Vec<String>,
}

impl Importer<'_> {
    fn write(&mut self, path: &Path) -> String {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut toml =
            format!("# Imported from {}, a plan in cloudinit.d's notation.\n", crate::diagnostics::shown(&name));
        assignment(&mut toml, "name", &quoted(&super::resolve::derived_name(self.draft)));
        self.variables(&mut toml);
        self.clouds(&mut toml);
        if !self.draft.extras.credentials.is_empty() {
            let list: Vec<&str> = self.draft.extras.credentials.iter().map(String::as_str).collect();
            self.notes.push(format!(
                "{} not carried over: hoist takes credentials from a profile or the standard AWS variables",
                list.join(", ")
            ));
        }
        let settings = settings::read_by_references(self.draft);
        let mut next = 1;
        for level in &self.draft.levels {
            toml.push_str("\n[[levels]]\n");
            if level.number != next {
                assignment(&mut toml, "number", &level.number.to_string());
            }
            next = level.number.saturating_add(1);
            if level.name.value != format!("level{}", level.number) {
                assignment(&mut toml, "name", &quoted(&level.name.value));
            }
            for service in &level.services {
                let nothing = BTreeSet::new();
                let read = settings.get(service.name.value.as_str()).unwrap_or(&nothing);
                ServiceWriter {
                    draft: service,
                    destination: &self.destination,
                    settings: read,
                    notes: &mut self.notes,
                }
                .write(&mut toml);
            }
        }
        toml
    }

    fn variables(&mut self, toml: &mut String) {
        let mut variables: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in &self.draft.variables {
            let text = value.env.as_ref().map_or_else(|| value.value.clone(), |env| format!("env.{env}"));
            variables.insert(name, text);
        }
        for (name, env) in &self.draft.extras.unset_variables {
            variables.entry(name).or_insert_with(|| format!("env.{}", env.value));
        }
        if !variables.is_empty() {
            toml.push_str("\n[variables]\n");
        }
        for (name, value) in variables {
            assignment(toml, &key(name), &quoted(&value));
        }
    }

    /// Writes the clouds that services use. Those that are fully determined by their names need no table.
    fn clouds(&mut self, toml: &mut String) {
        let services = self.draft.levels.iter().flat_map(|level| &level.services);
        let used: BTreeSet<&str> =
            services.filter_map(|service| Some(service.fields.cloud.as_ref()?.value.as_str())).collect();
        for (name, cloud) in &self.draft.clouds {
            let CloudDraft { config, region_env, endpoint_env } = cloud;
            let env = |env: &Option<String>, value: &Option<String>| {
                env.as_ref().map(|env| format!("env.{env}")).or_else(|| value.clone())
            };
            let (region, endpoint) = (env(region_env, &config.region), env(endpoint_env, &config.endpoint));
            let built_in = self.providers.named(name).is_some() && *name == config.provider;
            if !used.contains(name.as_str()) || (built_in && region.is_none() && endpoint.is_none()) {
                continue;
            }
            toml.push_str(&format!("\n[clouds.{}]\n", key(name)));
            assignment(toml, "provider", &quoted(&config.provider));
            for (key, value) in [("region", region), ("endpoint", endpoint)] {
                if let Some(value) = value {
                    assignment(toml, key, &quoted(&value));
                }
            }
            if config.compatible {
                assignment(toml, "compatible", "true");
            }
            for env in [region_env, endpoint_env].into_iter().flatten() {
                if config.region.is_none() && config.endpoint.is_none() {
                    self.notes.push(format!("cloud \"{name}\" reads env.{env}, which is not set now"));
                }
            }
        }
    }
}
