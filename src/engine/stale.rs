//! Values that a boot program was given and that have changed since.
//!
//! Nothing is recorded for this: the journal tells when each boot program was started, and what every machine's address
//! and every program's output was then.

use std::collections::BTreeSet;

use super::attribute_sources::{self, AttributeSource};
use super::event::Stage;
use super::phase::Phase;
use super::run::Run;
use super::visible_values::{Then, Until};
use crate::plan::{Attributes, RuntimeValues, Service, Text};

/// A value that a boot program was given and that is another one now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// What has it, as plans write it: `${database.address}`.
    pub reference: String,
    /// What it was when the boot program was started.
    pub then: String,
    /// What it is now; none where there is no such value any more.
    pub now: Option<String>,
}

/// What the boot program of the service at `position` was last given and what is another value now. Empty for services
/// whose boot program is still to run, or has none.
///
/// Services that are being raised anew have no values for the moment, which changes nothing for those that read them:
/// it is what they have afterwards that counts. The value of a secret is recorded nowhere, so that of a changed one
/// nothing is told.
pub fn stale(run: &Run, position: usize) -> Vec<Stale> {
    let record = run.record(position);
    let Some(told) = record.told.filter(|told| has_booted(&record.phase) && run.overtaken() > *told) else {
        return Vec::new();
    };
    let then = Then { run, sequence: told };
    let now = BootValues { run, to: &run.service(position).name };
    let stops = |service: &str, attribute: &str| {
        then.output(service, attribute).is_some() || now.output(service, attribute).is_some()
    };
    let (before, now) = (Attributes::new(run.index(), &then), Attributes::new(run.index(), &now));
    let mut stale = Vec::new();
    for source in given(run, position, stops).into_iter().filter(|source| !source.is_text) {
        let Ok(then) = before.value(&source.service, &source.attribute) else { continue };
        let now = now.value(&source.service, &source.attribute).ok();
        let is_away = || run.position(&source.service).is_none_or(|at| !has_booted(&run.record(at).phase));
        if now.as_ref() != Some(&then) && (now.is_some() || !is_away()) {
            stale.push(Stale { reference: source.written(), then, now });
        }
    }
    stale
}

/// What a run knows now, as the boot program of a service is given it: not what that program itself wrote.
struct BootValues<'a> {
    run: &'a Run,
    to: &'a str,
}

impl RuntimeValues for BootValues<'_> {
    fn launch(&self, service: &str, attribute: &str) -> Option<String> {
        self.run.launch(service, attribute)
    }

    fn output(&self, service: &str, attribute: &str) -> Option<String> {
        if service == self.to { None } else { self.run.output(service, attribute) }
    }

    fn output_names(&self, service: &str) -> Vec<String> {
        if service == self.to { Vec::new() } else { self.run.output_names(service) }
    }
}

/// Whether [`stale`] may find something, by line numbers alone.
pub(super) fn may_be_stale(run: &Run, position: usize) -> bool {
    let record = run.record(position);
    let Some(told) = record.told.filter(|told| run.overtaken() > *told) else { return false };
    let is_newer = |&other: &usize| run.record(other).past.last().is_some_and(|Until(last, _)| *last >= told);
    run.boot_reads(position).iter().any(is_newer)
}

/// The services whose values the boot program of the one at `position` may be given.
pub(super) fn boot_reads(run: &Run, position: usize) -> Vec<usize> {
    let names: BTreeSet<String> = given(run, position, |_, _| false).into_iter().map(|source| source.service).collect();
    names.iter().filter_map(|name| run.position(name)).collect()
}

fn has_booted(phase: &Phase) -> bool {
    match phase {
        Phase::Booted | Phase::Checking(_) | Phase::Ready { .. } => true,
        Phase::Failed(failure) => failure.stage == Stage::Ready,
        _ => false,
    }
}

/// What the boot program of the service at `position` is given: what its arguments and its configuration read.
fn given(run: &Run, position: usize, stops: impl Fn(&str, &str) -> bool) -> Vec<AttributeSource> {
    let service = run.service(position);
    let Some(boot) = &service.programs.boot else { return Vec::new() };
    let config = config_names(service).map(|name| Text::new(format!("${{.{name}}}")));
    attribute_sources::of(run, service, boot.args.iter().cloned().chain(config).collect(), stops)
}

/// What the configuration template reads of its service; all that it could read where a plan of an earlier version does
/// not say. A secret's value is not recorded.
fn config_names(service: &Service) -> impl Iterator<Item = &String> {
    let boot = service.programs.boot.as_ref().filter(|boot| boot.config.is_some());
    let names: Vec<&String> = match boot.map(|boot| &boot.config_reads) {
        None => Vec::new(),
        Some(Some(names)) => names.iter().collect(),
        Some(None) => service.attributes.keys().collect(),
    };
    names.into_iter().filter(|name| !service.secrets.contains_key(*name))
}
