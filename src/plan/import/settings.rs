//! cloudinit.d's own settings that references read. In the native notation they must be attributes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::draft::{PlanDraft, ServiceDraft};
use super::super::model::LAUNCH_ATTRIBUTES;
use super::super::text::{Reference, Text};

/// Returns the settings that references in the plan read, by declared service.
pub(super) fn read_by_references(plan: &PlanDraft) -> BTreeMap<&str, BTreeSet<String>> {
    let services = || plan.levels.iter().flat_map(|level| &level.services);
    let by_name: BTreeMap<String, &ServiceDraft> =
        services().flat_map(|service| service.names().map(move |name| (name, service))).collect();
    let mut read: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut pending: Vec<(Option<&ServiceDraft>, Text)> =
        plan.variables.values().map(|value| (None, Text::new(value.value.as_str()))).collect();
    pending.extend(services().flat_map(|service| texts(service).map(move |text| (Some(service), text.clone()))));
    while let Some((reader, text)) = pending.pop() {
        for reference in text.references() {
            let (target, attribute) = match reference {
                Reference::Global(_) => continue,
                Reference::Own(attribute) => (reader, attribute),
                Reference::Service { service, attribute } => (by_name.get(&service).copied(), attribute),
            };
            let Some(target) = target else { continue };
            let stated =
                LAUNCH_ATTRIBUTES.contains(&attribute.as_str()) || target.fields.attributes.contains_key(&attribute);
            if let Some(setting) = target.settings.get(&attribute).filter(|_| !stated)
                && read.entry(&target.name.value).or_default().insert(attribute)
            {
                // The setting becomes an attribute, and so must the settings that it references.
                pending.push((Some(target), Text::new(setting.as_str())));
            }
        }
    }
    read
}

fn texts(service: &ServiceDraft) -> impl Iterator<Item = &Text> {
    let fields = &service.fields;
    let args = fields.programs().flat_map(|(_, program)| program.args.iter().map(|arg| &arg.value));
    let launch = fields.launch_texts().map(|(_, text)| text);
    let address = fields.address.iter().map(|address| &address.value);
    fields.attributes.values().map(|text| &text.value).chain(args).chain(launch).chain(address)
}
