//! cloudinit.d's notation: a top file that names a file for each level.

mod clouds;
mod deps_file;
mod ini;
mod ini_sections;
mod interpolate;
mod keys;
mod section_values;
mod self_reference;
mod service;
mod split_args;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use self::clouds::CloudSections;
use self::deps_file::DepsFiles;
use self::ini::{Ini, Section};
pub use self::ini_sections::{IniOption, IniSection, read_ini};
use self::keys::{CLOUD_KEYS, DEFAULT_KEYS};
use self::section_values::{OptionValue, ResolvedOption, SectionValues, Values};
use self::service::ServiceReader;
use super::diagnostic_sink::{DiagnosticSink, UnparsedPart};
use super::draft::{LevelDraft, PlanDraft};
use super::environment::Environment;
use super::known_providers::KnownProviders;
use super::located::Located;
use super::name::check_name;
use super::notation::Notation;
use super::source;
use crate::diagnostics::{Place, did_you_mean, shown};

/// Reads a plan's top file and all files that it refers to. `file` is the path as the user gave it, `absolute` the
/// absolute path.
pub(super) fn read(
    text: &str,
    file: &Path,
    absolute: &Path,
    providers: &KnownProviders,
    findings: &DiagnosticSink,
    environment: &Environment<'_>,
) -> Option<PlanDraft> {
    let ini = Ini::parse(text, file, findings);
    let extras = RefCell::default();
    let view = |section| SectionValues { ini: &ini, section, findings, environment, extras: &extras };
    let defaults = ini.get("defaults").map(view).map_or_else(Values::new, |view| section_values(view, DEFAULT_KEYS));
    let mut sections: BTreeMap<&str, Values> = BTreeMap::new();
    let mut clouds = CloudSections::default();
    for section in ini.sections.iter().filter(|section| section.name.starts_with("cloud-")) {
        check_name(findings, &section.place, "cloud", &section.name);
        let values = section_values(view(section), CLOUD_KEYS);
        let pick = |key| ResolvedOption::first([&values, &defaults].into_iter().filter_map(|values| values.get(key)));
        clouds.by_name.insert(section.name.clone(), clouds::draft(&pick("iaas"), &pick("iaas_url"), providers));
        sections.insert(&section.name, values);
    }
    warn_of_sections(&ini, findings);

    let reader = ServiceReader {
        findings,
        environment,
        providers,
        defaults: &defaults,
        cloud_sections: &sections,
        clouds: RefCell::new(clouds),
        deps: DepsFiles::new(findings, environment),
    };
    let levels = match ini.get("runlevels") {
        Some(section) => read_levels(view(section), &reader, absolute),
        None => Vec::new(),
    };
    let variables = ini.get("globals").map(view).map_or_else(BTreeMap::new, |view| globals(view).into_iter().collect());
    let clouds = reader.clouds.into_inner().by_name;
    Some(PlanDraft {
        name: None,
        file: absolute.to_path_buf(),
        place: Place::file(file),
        notation: Notation::Cloudinitd,
        variables,
        clouds,
        levels,
        extras: extras.into_inner(),
    })
}

/// Reads a file of variables (`--var-file`): its `[globals]` section.
pub(super) fn read_variables(
    text: &str,
    file: &Path,
    findings: &DiagnosticSink,
    environment: &Environment<'_>,
) -> Vec<(String, Located<String>)> {
    let ini = Ini::parse(text, file, findings);
    match ini.get("globals") {
        Some(section) => {
            globals(SectionValues { ini: &ini, section, findings, environment, extras: &RefCell::default() })
        }
        None => {
            findings.error(&Place::file(file), "the file has no [globals] section");
            Vec::new()
        }
    }
}

fn globals(view: SectionValues<'_>) -> Vec<(String, Located<String>)> {
    view.warn_of_replaced();
    let given = |name: &str| match view.get(name)? {
        OptionValue::Given(value) => Some((name.to_owned(), value)),
        OptionValue::Unset(variable) => {
            view.extras.borrow_mut().unset_variables.insert(name.to_owned(), variable);
            None
        }
    };
    view.names().into_iter().filter_map(given).collect()
}

fn section_values(view: SectionValues<'_>, known: &'static [&'static str]) -> Values {
    view.warn_of_others(known, |_| false);
    view.warn_of_secrets();
    view.values(known)
}

fn warn_of_sections(ini: &Ini, findings: &DiagnosticSink) {
    const KNOWN: [&str; 3] = ["runlevels", "defaults", "globals"];
    for Section { name, place, .. } in &ini.sections {
        if KNOWN.contains(&name.as_str()) || name.starts_with("cloud-") {
            continue;
        }
        let hint = if name.starts_with("svc-") {
            Some("services belong into the level files that [runlevels] names".to_owned())
        } else {
            did_you_mean(name, KNOWN.iter().copied().chain(["cloud-"]))
        };
        findings.warning_with(place, format!("unknown section [{}]; it has no effect", shown(name)), hint);
    }
}

fn read_levels(view: SectionValues<'_>, reader: &ServiceReader<'_>, top: &Path) -> Vec<LevelDraft> {
    let mut levels: BTreeMap<u32, LevelDraft> = BTreeMap::new();
    // In the order of the file, so that of two levels with one number the second is reported.
    let mut entries: Vec<(&str, Located<String>)> = Vec::new();
    for (name, lost) in &view.section.replaced {
        if name.starts_with("level") {
            entries.push((name, lost.clone()));
        }
    }
    for name in view.names() {
        if let Some(OptionValue::Given(path)) = view.get(name) {
            entries.push((name, path));
        }
    }
    entries.sort_by_key(|(_, path)| path.place.line);
    let mut seen: BTreeMap<u32, Located<String>> = BTreeMap::new();
    for (key, path) in entries {
        let Some(digits) = key.strip_prefix("level") else {
            if view.section.options.contains_key(key) {
                let message = format!("\"{}\" in [runlevels] is no level; it has no effect", shown(key));
                view.findings.warning_with(&path.place, message, Some("a level is a line `levelN: FILE`".to_owned()));
            }
            continue;
        };
        let number = digits.parse::<u32>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
        let Some(number) = number else {
            let message = format!("\"{}\" has no level number", shown(key));
            view.findings.error_with(&path.place, message, Some("a level is a line `levelN: FILE`".to_owned()));
            continue;
        };
        if let Some(other) = seen.get(&number) {
            let message = format!(
                "level {number} is given twice: {} here, and {} at {}",
                shown(&path.value),
                shown(&other.value),
                other.place
            );
            let hint = "cloudinit.d read only the last file of a level; give every file its own number";
            view.findings.error_with(&path.place, message, Some(hint.to_owned()));
            continue;
        }
        seen.insert(number, path.clone());
        if let Some(level) = read_level(key, number, &path, view, reader, top) {
            levels.insert(number, level);
        }
    }
    levels.into_values().collect()
}

fn read_level(
    key: &str,
    number: u32,
    path: &Located<String>,
    view: SectionValues<'_>,
    reader: &ServiceReader<'_>,
    top: &Path,
) -> Option<LevelDraft> {
    let shown_top = view.ini.file.parent().unwrap_or(Path::new(""));
    let shown_file = source::normalized(&shown_top.join(&path.value));
    let absolute = source::resolve(top.parent().unwrap_or(Path::new("/")), &path.value, None);
    let text = match source::read_text(&absolute) {
        Ok(text) => text,
        Err(problem) => {
            let message = format!("the file of {key}, {}: {problem}", shown_file.display());
            view.findings.unread(UnparsedPart::Anything, &path.place, message, None);
            return None;
        }
    };
    let ini = Ini::parse(&text, &shown_file, view.findings);
    let directory: Arc<Path> = Arc::from(absolute.parent().unwrap_or(Path::new("/")));
    let mut services = Vec::new();
    for section in &ini.sections {
        match section.name.strip_prefix("svc-") {
            Some(name) => services.push(reader.read(name, SectionValues { ini: &ini, section, ..view }, &directory)),
            None => {
                let hint = section.name.get(..3).filter(|start| start.eq_ignore_ascii_case("svc")).map(|_| {
                    format!("did you mean [svc-{}]?", shown(section.name[3..].trim_start_matches(['-', '_', '.', ' '])))
                });
                let message = format!("unknown section [{}]; it has no effect", shown(&section.name));
                view.findings.warning_with(&section.place, message, hint);
            }
        }
    }
    Some(LevelDraft { number, name: Located::new(key.to_owned(), path.place.clone()), services })
}
