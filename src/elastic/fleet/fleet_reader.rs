use std::collections::BTreeMap;
use std::path::Path;

use toml::de::DeValue;

use super::cloud::FleetCloud;
use super::engine::FleetEngine;
use super::engine_settings::{ClassadSettings, CoalitionSettings};
use super::fleet_file::FleetFile;
use super::fleet_name_rule::{fleet_name_rule, is_fleet_name};
use super::lease::WorkerLease;
use super::limits::FleetLimits;
use super::machine::MachineKind;
use super::parent::FleetParent;
use super::queue::FleetQueue;
use super::queue_kind::QueueKind;
use super::schedule::Schedule;
use super::section::Section;
use super::workers::Workers;
use crate::diagnostics::{Diagnostics, Place, counted, did_you_mean, shown};
use crate::plan::{DiagnosticSink, Environment, NAME_RULE, Table, TableReader, document, is_valid_name};

/// Tables of the file.
const SECTIONS: [&str; 12] = [
    "name", "run", "annex", "workers", "queue", "cloud", "machine", "machines", "engine", "limits", "lease", "schedule",
];

impl FleetFile {
    /// Parses `text`, read from `file`, from whose directory relative paths of secrets start.
    ///
    /// # Errors
    /// Every problem of the text, with its line. Passwords are never quoted.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Diagnostics> {
        let findings = DiagnosticSink::default();
        let environment = Environment::literal();
        let reader = TableReader::new(file, text, &findings, &environment);
        let fleet = document(text, &reader).and_then(|entries| {
            let root = Table::new(&reader, "the fleet's file", &entries);
            let fleet = fleet(&root, &Place::file(file));
            root.finish_with(|key| did_you_mean(key, SECTIONS));
            fleet
        });
        let has_errors = findings.has_errors();
        let problems = findings.into_sorted();
        fleet.filter(|_| !has_errors).ok_or(Diagnostics(problems))
    }
}

fn fleet(root: &Table<'_, '_>, file: &Place) -> Option<FleetFile> {
    let findings = root.reader.findings;
    let name = root.string("name");
    if let Some(name) = name.as_ref().filter(|name| !is_fleet_name(&name.value)) {
        let message = format!("\"{}\" cannot name a fleet", shown(&name.value));
        findings.error_with(&name.place, message, Some(fleet_name_rule()));
    }
    let parent = FleetParent::read(root);
    let workers = Section::of(root, "workers").map_or_else(Workers::default, Workers::read);
    let has_queue = root.get("queue").is_some();
    let queue = Section::of(root, "queue").and_then(FleetQueue::read);
    let cloud = Section::of(root, "cloud").map(FleetCloud::read);
    if root.get("cloud").is_none() {
        let hint = "[cloud] with provider = \"ec2\", \"gce\" or \"local\"".to_owned();
        findings.error_with(file, "the fleet has no [cloud]", Some(hint));
    }
    let machine = Section::of(root, "machine").map(MachineKind::read);
    let machines = machines(root);
    if root.get("machine").is_none() && root.get("machines").is_none() {
        let hint = "[machine], or [machines.NAME] for each of several kinds".to_owned();
        findings.error_with(file, "the fleet has no machines", Some(hint));
    }
    let engine_place = root.get("engine").map_or_else(|| file.clone(), |(place, _)| place);
    let engine = match Section::of(root, "engine") {
        Some(section) => FleetEngine::read(section, &workers),
        None if root.get("engine").is_some() => None,
        None => default_engine(root, queue.as_ref(), file),
    };
    if let Some(engine) = &engine {
        check_queue(root, engine, queue.as_ref(), has_queue, &engine_place);
    }
    let limits = Section::of(root, "limits");
    let limits = limits.map_or_else(FleetLimits::default, |section| FleetLimits::read(section, workers.max));
    let lease = Section::of(root, "lease").map_or_else(WorkerLease::default, WorkerLease::read);
    let schedules = schedules(root, &workers);
    let fleet = FleetFile {
        name: name.map(|name| name.value),
        parent,
        queue,
        cloud: cloud?,
        machine,
        machines,
        engine: engine?,
        limits,
        lease,
        schedules,
        workers,
    };
    let least: u64 = fleet.kinds().map(|(_, kind)| u64::from(kind.min.unwrap_or(0))).sum();
    if least > u64::from(fleet.workers.max) {
        let message = format!(
            "the kinds of machines need {}, more than \"max\" of [workers], {}",
            counted(least, "worker"),
            fleet.workers.max
        );
        findings.error(file, message);
    }
    let most = fleet.kinds().map(|(_, kind)| kind.max.map(u64::from)).sum::<Option<u64>>();
    if let Some(most) = most.filter(|most| *most < u64::from(fleet.workers.min)) {
        let message = format!(
            "the kinds of machines allow {}, fewer than \"min\" of [workers], {}",
            counted(most, "worker"),
            fleet.workers.min
        );
        findings.error(file, message);
    }
    Some(fleet)
}

/// Returns the engine of a queue that has one of its own.
fn default_engine(root: &Table<'_, '_>, queue: Option<&FleetQueue>, file: &Place) -> Option<FleetEngine> {
    let kind = queue.map(|queue| queue.kind);
    match kind {
        Some(QueueKind::Htcondor) => Some(FleetEngine::Classad(ClassadSettings::default())),
        Some(QueueKind::Coalition) => Some(FleetEngine::Coalition(CoalitionSettings::default())),
        // A queue that could not be read is reported already.
        None if root.get("queue").is_some() => None,
        _ => {
            let message = "the fleet has no [engine], and its queue none of its own";
            let hint = "name = \"queuelen\" with high and low, or name = \"npreserving\" with preserve_n".to_owned();
            root.reader.findings.error_with(file, message, Some(hint));
            None
        }
    }
}

/// Checks that the engine can use the queue.
fn check_queue(root: &Table<'_, '_>, engine: &FleetEngine, queue: Option<&FleetQueue>, has_queue: bool, place: &Place) {
    let name = engine.name();
    let needed = match engine {
        FleetEngine::Npreserving(_) | FleetEngine::Command(_) => return,
        FleetEngine::Classad(_) => Some(QueueKind::Htcondor),
        FleetEngine::Coalition(_) => Some(QueueKind::Coalition),
        FleetEngine::Elastiq(_) | FleetEngine::Queuelen(_) => None,
    };
    if !has_queue {
        let hint = format!("[queue] with kind = \"{}\"", needed.map_or("htcondor", QueueKind::as_str));
        root.reader.findings.error_with(place, format!("engine \"{name}\" needs a [queue]"), Some(hint));
    }
    // elastiq ends workers by what the pool says of them, which a queue of messages does not know.
    if let (FleetEngine::Elastiq(_), Some(queue)) = (engine, queue)
        && queue.kind.counts_alone()
    {
        let message = format!(
            "engine \"elastiq\" must know which workers are busy, and a queue of kind \"{}\" does not",
            queue.kind.as_str()
        );
        let hint = "name = \"queuelen\" with high and low grows and shrinks by the queue's length".to_owned();
        root.reader.findings.error_with(place, message, Some(hint));
    }
    // What a program, a file or an HTTP server tells may hold groups of jobs and slots of machines.
    let is_enough = |kind: QueueKind| matches!(engine, FleetEngine::Classad(_)) && kind.may_tell_groups();
    if let (Some(needed), Some(queue)) = (needed, queue)
        && needed != queue.kind
        && !is_enough(queue.kind)
    {
        let (needed, kind) = (needed.as_str(), queue.kind.as_str());
        let message = format!("engine \"{name}\" needs a queue of kind \"{needed}\", not \"{kind}\"");
        root.reader.findings.error(place, message);
    }
}

/// Reads `[machines.NAME]`.
fn machines(root: &Table<'_, '_>) -> BTreeMap<String, MachineKind> {
    let mut machines = BTreeMap::new();
    let Some(section) = Section::of(root, "machines") else { return machines };
    let findings = root.reader.findings;
    let entries = section.table.entries();
    if entries.is_empty() {
        findings.error(&section.place, "[machines] has no kind; write [machines.NAME]");
    }
    for (name, value) in entries {
        let place = root.reader.place(name.span().start);
        let name = name.get_ref().as_ref();
        let DeValue::Table(entries) = value.get_ref() else {
            section.table.wrong(&place, &shown(name), "a table", value.get_ref());
            continue;
        };
        if !is_valid_name(name) {
            let message = format!("\"{}\" cannot name a kind of machines", shown(name));
            findings.error_with(&place, message, Some(NAME_RULE.to_owned()));
        }
        if name == FleetFile::UNNAMED_KIND {
            findings.error(&place, format!("[machines.{name}] has the name of the kind in [machine]; take another"));
        }
        let table = Table::new(root.reader, format!("[machines.{}]", shown(name)), entries);
        machines.insert(name.to_owned(), MachineKind::read(Section { table, place }));
    }
    machines
}

/// Reads `[[schedule]]`.
fn schedules(root: &Table<'_, '_>, workers: &Workers) -> Vec<Schedule> {
    let Some((place, value)) = root.get("schedule") else { return Vec::new() };
    let DeValue::Array(items) = value.get_ref() else {
        root.wrong(&place, "schedule", "an array of tables, [[schedule]]", value.get_ref());
        return Vec::new();
    };
    let mut schedules = Vec::new();
    for item in items.iter() {
        let place = root.reader.place(item.span().start);
        match item.get_ref() {
            DeValue::Table(entries) => {
                let table = Table::new(root.reader, "[[schedule]]", entries);
                schedules.extend(Schedule::read(Section { table, place }, workers));
            }
            other => root.wrong(&place, "schedule", "an array of tables, [[schedule]]", other),
        }
    }
    schedules
}
