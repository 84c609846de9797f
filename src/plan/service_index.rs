//! The services of a draft by name. Duplicate names are reported here.

use std::collections::HashMap;

use super::diagnostic_sink::DiagnosticSink;
use super::draft::{LevelDraft, PlanDraft, ServiceDraft};
use super::name::{self, check_name};
use crate::diagnostics::shown;

/// A service as declared, with its level.
pub(super) struct Declared<'a> {
    /// The level's position, from 0.
    pub(super) level: usize,
    pub(super) draft: &'a ServiceDraft,
}

pub(super) struct ServiceIndex<'a> {
    pub(super) declared: Vec<Declared<'a>>,
    levels: &'a [LevelDraft],
    /// Full names, including those of replicas, to positions in `declared`.
    by_name: HashMap<String, usize>,
    /// The names without replicas' numbers.
    by_base: HashMap<&'a str, usize>,
}

impl<'a> ServiceIndex<'a> {
    pub(super) fn new(plan: &'a PlanDraft, findings: &DiagnosticSink) -> Self {
        let mut names =
            Self { declared: Vec::new(), levels: &plan.levels, by_name: HashMap::new(), by_base: HashMap::new() };
        for (level, draft) in
            plan.levels.iter().enumerate().flat_map(|(at, level)| level.services.iter().map(move |draft| (at, draft)))
        {
            let position = names.declared.len();
            names.add(position, draft, findings);
            names.declared.push(Declared { level, draft });
        }
        names
    }

    fn add(&mut self, position: usize, draft: &'a ServiceDraft, findings: &DiagnosticSink) {
        let place = &draft.name.place;
        check_name(findings, place, "service", &draft.name.value);
        if draft.replicas > 1 && name::is_valid(&draft.name.value) {
            check_name(findings, place, "service", &draft.replica_name(draft.replicas - 1));
        }
        self.by_base.entry(&draft.name.value).or_insert(position);
        for name in draft.names() {
            let Some(&other) = self.by_name.get(&name) else {
                self.by_name.insert(name, position);
                continue;
            };
            let other = &self.declared.get(other).map_or(draft, |other| other.draft);
            let message =
                format!("service \"{}\" is defined twice; the other is at {}", shown(&name), other.name.place);
            let hint = (draft.replicas != other.replicas || draft.name.value != other.name.value).then(|| {
                format!(
                    "the replicas of \"{}\" are called {}",
                    shown(&self.replicated(draft, other).name.value),
                    replicas(self.replicated(draft, other))
                )
            });
            findings.error_with(place, message, hint);
            return;
        }
    }

    fn replicated<'s>(&self, one: &'s ServiceDraft, other: &'s ServiceDraft) -> &'s ServiceDraft {
        if one.replicas > 1 { one } else { other }
    }

    pub(super) fn get(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Returns the replicated service with this base name.
    pub(super) fn replicated_base(&self, name: &str) -> Option<&'a ServiceDraft> {
        let draft = self.declared[*self.by_base.get(name)?].draft;
        (draft.replicas > 1).then_some(draft)
    }

    /// Returns `level 2 ("web")`, or `level 2` if the level has no name of its own.
    pub(super) fn level(&self, position: usize) -> String {
        let level = &self.levels[position];
        if level.name.value == format!("level{}", level.number) {
            format!("level {}", level.number)
        } else {
            format!("level {} (\"{}\")", level.number, shown(&level.name.value))
        }
    }
}

/// Returns `web-0 … web-2`.
pub(super) fn replicas(draft: &ServiceDraft) -> String {
    format!("{} … {}", shown(&draft.replica_name(0)), shown(&draft.replica_name(draft.replicas - 1)))
}
