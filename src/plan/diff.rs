//! The changes that a new plan makes to a run of an old one.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::path::PathBuf;

use super::json_config::is_json_config;
use super::{LaunchSpec, Plan, Program, Programs, Reference, Service, SourceFile, Text};

/// The effects of a reload, by service name, in the order of the plans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Only in the new plan: raised.
    pub added: Vec<String>,
    /// Only in the old plan: torn down.
    pub removed: Vec<String>,
    /// In both, but so different that the service must be torn down and raised anew; with the reason.
    pub rebooted: Vec<(String, String)>,
    /// In both, with a change that takes effect without raising the service anew; with the change.
    pub updated: Vec<(String, String)>,
    /// In both and the same, but with a boot program that reads values of services that may change. If they do, the
    /// boot program runs again, on the same machine; with the service that it reads.
    pub configured: Vec<(String, String)>,
}

impl Changes {
    /// Returns whether the two plans raise the same.
    pub fn is_empty(&self) -> bool {
        // `configured` needs no check: services are configured again only because of other changes.
        self.added.is_empty() && self.removed.is_empty() && self.rebooted.is_empty() && self.updated.is_empty()
    }

    /// Returns the services that get a new machine.
    pub fn fresh(&self) -> impl Iterator<Item = &str> {
        self.added.iter().chain(self.rebooted.iter().map(|(service, _)| service)).map(String::as_str)
    }
}

/// Compares two plans.
///
/// A service is raised anew if the inputs of its machine or boot program differ, or if its machine depends on values of
/// a service that is raised anew itself. If only its boot program reads such a service, the boot program runs again.
pub fn diff(old: &Plan, new: &Plan) -> Changes {
    let before: BTreeMap<&str, &Service> =
        old.services().map(|(_, service)| (service.name.as_str(), service)).collect();
    let after: BTreeSet<&str> = new.services().map(|(_, service)| service.name.as_str()).collect();
    let mut changes = Changes {
        removed: old
            .services()
            .map(|(_, service)| service.name.clone())
            .filter(|name| !after.contains(name.as_str()))
            .collect(),
        ..Changes::default()
    };
    let mut fresh: BTreeSet<&str> = BTreeSet::new();
    for (_, service) in new.services() {
        match before.get(service.name.as_str()) {
            None => {
                changes.added.push(service.name.clone());
                fresh.insert(&service.name);
            }
            Some(earlier) => {
                if let Some(reason) = reboot_reason(old, earlier, new, service) {
                    changes.rebooted.push((service.name.clone(), reason));
                    fresh.insert(&service.name);
                } else if let Some(what) = update_reason(old, earlier, new, service) {
                    changes.updated.push((service.name.clone(), what));
                }
            }
        }
    }
    spread(new, &mut fresh, &mut changes);
    changes.configured = readers(new, fresh);
    changes
}

/// Adds services whose launch or address depends on values of a service that is raised anew, until there are no more.
fn spread<'a>(new: &'a Plan, fresh: &mut BTreeSet<&'a str>, changes: &mut Changes) {
    loop {
        let mut grown = false;
        for (_, service) in new.services() {
            if fresh.contains(service.name.as_str()) {
                continue;
            }
            if let Some(source) = source_among(new, fresh, service, machine_texts(service)) {
                fresh.insert(&service.name);
                changes.updated.retain(|(name, _)| *name != service.name);
                changes.rebooted.push((service.name.clone(), format!("it reads {source}")));
                grown = true;
            }
        }
        if !grown {
            return;
        }
    }
}

/// Returns the services whose boot programs read services that are new or raised anew, directly or through others, each
/// with one of these.
fn readers<'a>(new: &'a Plan, mut affected: BTreeSet<&'a str>) -> Vec<(String, String)> {
    let fresh = affected.clone();
    let mut sources: BTreeMap<&str, String> = BTreeMap::new();
    loop {
        let before = affected.len();
        for (_, service) in new.services().filter(|(_, service)| !fresh.contains(service.name.as_str())) {
            if !affected.contains(service.name.as_str())
                && let Some(source) = source_among(new, &affected, service, boot_texts(service))
            {
                affected.insert(&service.name);
                sources.insert(&service.name, source);
            }
        }
        if affected.len() == before {
            break;
        }
    }
    let booted = new.services().filter(|(_, service)| service.programs.boot.is_some());
    booted
        .filter_map(|(_, service)| {
            let source = sources.get(service.name.as_str())?;
            Some((service.name.clone(), format!("it reads {source}")))
        })
        .collect()
}

/// Returns the first of these services that the texts of `reader` reference.
fn source_among<'a>(
    plan: &Plan,
    services: &BTreeSet<&str>,
    reader: &Service,
    texts: impl Iterator<Item = &'a Text>,
) -> Option<String> {
    references(plan, Some(reader), texts).into_iter().find_map(|reference| match reference {
        Reference::Service { service, .. } if services.contains(service.as_str()) => Some(service),
        _ => None,
    })
}

fn reboot_reason(old: &Plan, earlier: &Service, new: &Plan, service: &Service) -> Option<String> {
    let reason = if old.clouds.get(&earlier.cloud) != new.clouds.get(&service.cloud) && service.launch.is_some() {
        "its cloud changed"
    } else if launched(earlier) != launched(service) {
        "what is launched changed"
    } else if earlier.address != service.address || earlier.run_on != service.run_on {
        "where it runs changed"
    } else if earlier.programs.boot.as_ref().map(boot_content) != service.programs.boot.as_ref().map(boot_content) {
        "its boot program changed"
    } else if earlier.programs.boot.as_ref().map(|program| &program.args)
        != service.programs.boot.as_ref().map(|program| &program.args)
    {
        "its boot program's arguments changed"
    } else if earlier.attributes != service.attributes || earlier.secrets != service.secrets {
        "its attributes changed"
    } else {
        return changed_variable(old, new, boot_texts(service));
    };
    Some(reason.to_owned())
}

/// Returns the content of a boot program, regardless of where its files are: its own digest, and the digest and form of
/// its configuration.
fn boot_content(program: &Program) -> (&str, Option<(&str, bool)>) {
    let config = program.config.as_ref().map(|config| (config.digest.as_str(), is_json_config(&config.path)));
    (&program.file.digest, config)
}

/// Returns the launch as far as an instance shows it: without the lease, which it keeps from its launch, without the
/// allowed findings, and with the content of the user data regardless of where its file is.
fn launched(service: &Service) -> Option<LaunchSpec> {
    service.launch.clone().map(|launch| {
        let user_data = launch.user_data.map(|file| SourceFile { path: PathBuf::new(), ..file });
        LaunchSpec { lease: None, allow: Vec::new(), user_data, ..launch }
    })
}

/// Returns the reason if a variable that these texts reference has another value now.
fn changed_variable<'a>(old: &Plan, new: &Plan, texts: impl Iterator<Item = &'a Text>) -> Option<String> {
    references(new, None, texts).into_iter().find_map(|reference| match reference {
        Reference::Global(name) if old.variables.get(&name) != new.variables.get(&name) => {
            Some(format!("the variable {name} changed"))
        }
        _ => None,
    })
}

/// Returns all references in these texts, also through variables and the attributes of `own`, each once.
fn references<'a>(plan: &Plan, own: Option<&Service>, texts: impl Iterator<Item = &'a Text>) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut texts: VecDeque<Text> = texts.cloned().collect();
    while let Some(text) = texts.pop_front() {
        for reference in text.references().filter(|reference| seen.insert(reference.clone())) {
            if let Reference::Global(name) = &reference {
                texts.extend(plan.variables.get(name).map(|value| Text::new(value.as_str())));
            }
            if let (Reference::Own(name), Some(own)) = (&reference, own) {
                texts.extend(own.attributes.get(name).cloned());
            }
            found.push(reference);
        }
    }
    found
}

fn update_reason(old: &Plan, earlier: &Service, new: &Plan, service: &Service) -> Option<String> {
    let (before, after) = (without_places(&earlier.programs), without_places(&service.programs));
    let reason = if before.ready != after.ready {
        "its ready program changed"
    } else if before.terminate != after.terminate {
        "its terminate program changed"
    } else if earlier.elastic != service.elastic {
        "its scaler's settings changed"
    } else if earlier.ssh != service.ssh || earlier.timeout != service.timeout || limits_changed(earlier, service) {
        if before == after && earlier.ssh == service.ssh && earlier.timeout == service.timeout {
            "its files were moved"
        } else {
            "its settings changed"
        }
    } else {
        let later = service.programs.ready.iter().chain(&service.programs.terminate);
        return changed_variable(old, new, later.flat_map(|program| &program.args));
    };
    Some(reason.to_owned())
}

/// Returns the programs regardless of where their files are.
fn without_places(programs: &Programs) -> Programs {
    let mut programs = programs.clone();
    let each = [&mut programs.boot, &mut programs.ready, &mut programs.terminate].into_iter().flatten();
    for program in each {
        program.file.path = PathBuf::new();
        program.config.iter_mut().for_each(|config| config.path = PathBuf::new());
    }
    programs
}

/// Returns whether otherwise equal programs have other limits. The missing list of a template's attributes in a plan of
/// an earlier version is no change.
fn limits_changed(earlier: &Service, service: &Service) -> bool {
    let boot = service.programs.boot.as_ref();
    let mut before = earlier.programs.clone();
    if let (Some(before), Some(boot)) = (&mut before.boot, boot) {
        before.config_reads.clone_from(&boot.config_reads);
    }
    before != service.programs
}

/// Returns every text that determines the machine's launch or address.
fn machine_texts(service: &Service) -> impl Iterator<Item = &Text> {
    service.launch.iter().flat_map(|launch| launch.texts()).chain(&service.address)
}

/// Returns every text that the machine and the boot program depend on.
fn boot_texts(service: &Service) -> impl Iterator<Item = &Text> {
    let launch = service.launch.iter().flat_map(|launch| launch.texts());
    let args = service.programs.boot.iter().flat_map(|program| &program.args);
    launch.chain(args).chain(service.attributes.values()).chain(&service.address)
}
