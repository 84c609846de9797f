//! Attributes that boot programs must write, since they are read on the way up.

use std::collections::{BTreeMap, HashMap};

use super::attribute_sources::{self, AttributeSource};
use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::program_name::program_name;
use crate::plan::{LAUNCH_ATTRIBUTES, LaunchSpec, PlanIndex, Service, Text};

/// The attributes that boot programs must write, each with a service that reads it.
#[derive(Clone, Debug, Default)]
pub(super) struct Desired {
    by_writer: HashMap<String, BTreeMap<String, String>>,
}

impl Desired {
    /// Collects the attributes that services of a plan read and that only a boot program can give.
    pub(super) fn of(index: &PlanIndex) -> Self {
        let mut wanted = Self::default();
        for (_, reader) in index.plan().services() {
            for AttributeSource { service, attribute, is_text } in
                attribute_sources::of(index, reader, way_up(reader), |_, _| false)
            {
                if !is_text && !LAUNCH_ATTRIBUTES.contains(&attribute.as_str()) {
                    let readers = wanted.by_writer.entry(service).or_default();
                    readers.entry(attribute).or_insert_with(|| reader.name.clone());
                }
            }
        }
        wanted
    }

    /// Turns the success of a boot program into a failure if attributes that others read are missing from its output:
    /// the readers would fail for it, and replacing them would not help.
    pub(super) fn judged(&self, service: &Service, change: ServiceEvent) -> ServiceEvent {
        let (ServiceEvent::Booted { output }, Some(wanted)) = (&change, self.by_writer.get(&service.name)) else {
            return change;
        };
        let missing: Vec<(&String, &String)> = wanted.iter().filter(|(name, _)| !output.contains_key(*name)).collect();
        let (Some((name, reader)), Some(boot)) = (missing.first(), &service.programs.boot) else { return change };
        let program = program_name(boot);
        let reader =
            if **reader == service.name { "its own ready program".to_owned() } else { format!("service {reader}") };
        let more = match missing.len() {
            1 => String::new(),
            count => format!(" ({} more that others read are missing, too)", count - 1),
        };
        let reason =
            format!("{program} ended well but wrote no \"{name}\" to bootout.json, which {reader} reads{more}");
        let hint = "mend the program, then resume: it runs again on the same machine";
        ServiceEvent::Failed { failure: Failure::new(Stage::Boot, reason).hint(Some(hint)) }
    }
}

/// Returns every text that is expanded before the service is ready.
fn way_up(service: &Service) -> Vec<Text> {
    let launch = service.launch.iter().flat_map(LaunchSpec::texts);
    let programs = [&service.programs.boot, &service.programs.ready].into_iter().flatten();
    let args = programs.flat_map(|program| &program.args);
    // A template is filled once every attribute of its service has its value.
    let has_config = service.programs.boot.as_ref().is_some_and(|boot| boot.config.is_some());
    let attributes = service.attributes.values().filter(|_| has_config);
    service.address.iter().chain(launch).chain(args).chain(attributes).cloned().collect()
}
