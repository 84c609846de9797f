use std::collections::BTreeMap;

use super::machine::{MachineFigures, MachineKind};
use super::section::Section;
use crate::classad::parse_expression;
use crate::diagnostics::shown;
use crate::plan::Market;

/// Maximum number of processors, GPUs or slots of a machine.
const MOST_PARTS: u64 = 100_000;

/// Attributes of a slot's ad that keys of their own give.
const OWN_KEYS: [(&str, &str); 4] = [("cpus", "cpus"), ("memory", "memory"), ("disk", "disk"), ("gpus", "gpus")];

impl MachineKind {
    pub(super) fn read(section: Section<'_, '_>) -> Self {
        let market = section.table.choice("market", &[("spot", Market::Spot), ("on-demand", Market::OnDemand)]);
        let market = market.map(|market| market.value);
        let findings = section.table.reader.findings;
        if let Some((place, _)) = section.table.get("max_price").filter(|_| market != Some(Market::Spot)) {
            let hint = "market = \"spot\"".to_owned();
            findings.error_with(
                &place,
                format!("\"max_price\" of {} is for spot capacity only", section.table.what),
                Some(hint),
            );
        }
        let (min, max) = (section.workers("min"), section.workers("max"));
        if let (Some(min), Some(max)) = (&min, &max)
            && min.value > max.value
        {
            let what = &section.table.what;
            let message = format!("\"min\" of {what} is {}, more than \"max\", {}", min.value, max.value);
            findings.error(&min.place, message);
        }
        let (instance_type, other_types) = (section.text("instance_type"), section.texts("other_types"));
        if let Some((place, _)) = section.table.get("other_types").filter(|_| instance_type.is_none()) {
            let message = format!("\"other_types\" of {} are tried after \"instance_type\"", section.table.what);
            findings.error_with(&place, message, Some("give instance_type, the first of them".to_owned()));
        }
        let zones = section.texts("zones");
        if let Some((place, _)) = section.table.get("subnet").filter(|_| !zones.is_empty()) {
            let message = format!("\"subnet\" of {} is in one zone, and \"zones\" are given, too", section.table.what);
            findings.error_with(&place, message, Some("leave one of them out".to_owned()));
        }
        let tags = section.pairs("tags").into_iter().map(|(name, value)| (name, value.value));
        let kind = Self {
            image: section.text("image"),
            instance_type,
            other_types,
            zones,
            key_name: section.text("key_name"),
            subnet: section.text("subnet"),
            security_groups: section.texts("security_groups"),
            instance_profile: section.text("instance_profile"),
            user_data: section.text("user_data"),
            tags: tags.collect(),
            market,
            max_price: section.parsed("max_price"),
            price: section.parsed("price"),
            min: min.map(|min| min.value),
            max: max.map(|max| max.value),
            figures: figures(&section),
        };
        section.table.finish();
        kind
    }
}

fn figures(section: &Section<'_, '_>) -> MachineFigures {
    MachineFigures {
        cpus: section.count("cpus", 1..=MOST_PARTS),
        memory: section.parsed("memory"),
        disk: section.parsed("disk"),
        gpus: section.count("gpus", 0..=MOST_PARTS),
        slots: section.count("slots", 1..=MOST_PARTS),
        attributes: attributes(section),
    }
}

fn attributes(section: &Section<'_, '_>) -> BTreeMap<String, String> {
    let findings = section.table.reader.findings;
    let pairs = section.pairs("attributes");
    for (name, value) in &pairs {
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let name = shown(name);
        if !is_name {
            findings.error(&value.place, format!("\"{name}\" cannot name an attribute of {}", section.table.what));
        }
        if let Some((_, key)) = OWN_KEYS.iter().find(|(own, _)| name.eq_ignore_ascii_case(own)) {
            let hint = format!("write {key} = … in {}", section.table.what);
            findings.error_with(&value.place, format!("attribute \"{name}\" has a key of its own"), Some(hint));
        }
        if let Err(problem) = parse_expression(&value.value) {
            let message = format!("attribute \"{name}\" of {} is no ClassAd expression: {problem}", section.table.what);
            let hint = "a text is written with quotes of its own: \"\\\"blue\\\"\"".to_owned();
            findings.error_with(&value.place, message, Some(hint));
        }
    }
    pairs.into_iter().map(|(name, value)| (name, value.value)).collect()
}
