//! Values of services that boot programs are given, according to the plan.

use std::collections::BTreeSet;

use super::attribute_sources::{self, AttributeSource};
use super::plan_layout::PlanLayout;
use crate::plan::{PlanIndex, Service, Text};

/// Returns the services whose values the boot program of the service at `position` may be given.
pub(super) fn boot_reads(layout: &PlanLayout, position: usize) -> Vec<usize> {
    let given = given(layout.index(), layout.service(position), |_, _| false);
    let names: BTreeSet<String> = given.into_iter().map(|source| source.service).collect();
    names.iter().filter_map(|name| layout.position(name)).collect()
}

/// Returns the attributes that the arguments and the configuration of `service`'s boot program read.
pub(super) fn given(index: &PlanIndex, service: &Service, stops: impl Fn(&str, &str) -> bool) -> Vec<AttributeSource> {
    let Some(boot) = &service.programs.boot else { return Vec::new() };
    let config = config_names(service).map(|name| Text::new(format!("${{.{name}}}")));
    attribute_sources::of(index, service, boot.args.iter().cloned().chain(config).collect(), stops)
}

/// Returns the attributes of its own service that the configuration template reads; all attributes where a plan of an
/// earlier version does not list them. Omits secrets, whose values are not recorded.
fn config_names(service: &Service) -> impl Iterator<Item = &String> {
    let boot = service.programs.boot.as_ref().filter(|boot| boot.config.is_some());
    let names: Vec<&String> = match boot.map(|boot| &boot.config_reads) {
        None => Vec::new(),
        Some(Some(names)) => names.iter().collect(),
        Some(None) => service.attributes.keys().collect(),
    };
    names.into_iter().filter(|name| !service.secrets.contains_key(*name))
}
