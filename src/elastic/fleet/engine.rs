use std::collections::BTreeMap;
use std::time::Duration;

use toml::de::DeValue;

use super::command_settings::CommandSettings;
use super::engine_settings::{
    ClassadSettings, CoalitionSettings, DrainMode, ElastiqSettings, NpreservingSettings, QueuelenSettings,
    SlotVariables,
};
use super::section::Section;
use super::toml_writer::TomlWriter;
use super::workers::Workers;
use crate::diagnostics::{counted, shown};
use crate::plan::{Located, NAME_RULE, Table, is_valid_name};

/// Names of the engines, each with its keys.
const ENGINES: [(&str, &[&str]); 6] = [
    ("classad", &["drain_mode"]),
    ("elastiq", &["queue_every", "machines_every", "errors_every", "waiting_threshold"]),
    ("npreserving", &["preserve_n", "unique", "variables"]),
    ("queuelen", &["high", "low", "variables"]),
    ("coalition", &["start_delay", "minimum_lifetime"]),
    ("command", &["program", "timeout"]),
];

/// Maximum queue length that a key may give.
const LONGEST_QUEUE: u64 = 1_000_000_000;

/// Time limit of a program that decides.
const TIMEOUT: Duration = Duration::from_secs(30);

/// `[engine]`: the engine that decides, with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FleetEngine {
    /// Matches jobs with kinds of machines by their ClassAds.
    Classad(ClassadSettings),
    /// elastiq's rules.
    Elastiq(ElastiqSettings),
    /// EPU's constant number of workers.
    Npreserving(NpreservingSettings),
    /// EPU's two marks of the queue's length.
    Queuelen(QueuelenSettings),
    /// coalition's rules.
    Coalition(CoalitionSettings),
    /// A program of the user's own.
    Command(CommandSettings),
}

impl FleetEngine {
    /// Returns the names of all engines.
    pub fn names() -> [&'static str; 6] {
        ENGINES.map(|(name, _)| name)
    }

    /// Returns what `[engine]` must have for the engine of this name. None: nothing but the name.
    pub fn needs(name: &str) -> Option<&'static str> {
        match name {
            "npreserving" => Some("preserve_n"),
            "queuelen" => Some("high and low"),
            "command" => Some("program"),
            _ => None,
        }
    }

    /// Returns the engine's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Classad(_) => "classad",
            Self::Elastiq(_) => "elastiq",
            Self::Npreserving(_) => "npreserving",
            Self::Queuelen(_) => "queuelen",
            Self::Coalition(_) => "coalition",
            Self::Command(_) => "command",
        }
    }

    pub(super) fn read(section: Section<'_, '_>, workers: &Workers) -> Option<Self> {
        let names = ENGINES.map(|(name, _)| (name, name));
        section.needs("name", &ENGINES.map(|(name, _)| name).join(", "));
        // The valid keys depend on the engine.
        let name = section.table.choice("name", &names)?.value;
        let engine = match name {
            "classad" => {
                let drain_mode = section.table.choice("drain_mode", &DrainMode::ALL);
                Self::Classad(ClassadSettings { drain_mode: drain_mode.map_or(DrainMode::Drain, |mode| mode.value) })
            }
            "elastiq" => Self::Elastiq(elastiq(&section)),
            "npreserving" => Self::Npreserving(npreserving(&section, workers)),
            "queuelen" => Self::Queuelen(queuelen(&section)),
            "coalition" => {
                let default = CoalitionSettings::default();
                Self::Coalition(CoalitionSettings {
                    start_delay: section.pause("start_delay").unwrap_or(default.start_delay),
                    minimum_lifetime: section.pause("minimum_lifetime").unwrap_or(default.minimum_lifetime),
                })
            }
            _ => {
                section.needs("program", "program = [\"/usr/local/bin/decide\"]");
                Self::Command(CommandSettings {
                    program: section.program("program"),
                    timeout: section.duration("timeout").unwrap_or(TIMEOUT),
                })
            }
        };
        section.table.finish_with(|key| {
            let others = ENGINES.iter().filter(|(_, keys)| keys.contains(&key)).map(|(name, _)| *name);
            let others: Vec<&str> = others.collect();
            (!others.is_empty()).then(|| format!("\"{key}\" is a setting of {}, not of {name}", others.join(", ")))
        });
        Some(engine)
    }

    pub(super) fn write(&self, out: &mut TomlWriter) {
        out.section(&["engine"]);
        out.put("name", self.name());
        match self {
            Self::Classad(settings) => out.put("drain_mode", settings.drain_mode.as_str()),
            Self::Elastiq(settings) => {
                out.duration("queue_every", settings.queue_every);
                out.duration("machines_every", settings.machines_every);
                out.duration("errors_every", settings.errors_every);
                out.put("waiting_threshold", settings.waiting_threshold);
            }
            Self::Npreserving(settings) => {
                out.put("preserve_n", settings.preserve_n);
                out.pairs("variables", &settings.variables);
                for (slot, variables) in &settings.unique {
                    out.section(&["engine", "unique", slot]);
                    variables.iter().for_each(|(name, value)| out.put(name, value.as_str()));
                }
            }
            Self::Queuelen(settings) => {
                out.put("high", settings.high);
                out.put("low", settings.low);
                out.pairs("variables", &settings.variables);
            }
            Self::Coalition(settings) => {
                out.duration("start_delay", settings.start_delay);
                out.duration("minimum_lifetime", settings.minimum_lifetime);
            }
            Self::Command(settings) => {
                out.texts("program", &settings.program);
                out.duration("timeout", settings.timeout);
            }
        }
    }
}

fn elastiq(section: &Section<'_, '_>) -> ElastiqSettings {
    let default = ElastiqSettings::default();
    ElastiqSettings {
        queue_every: section.duration("queue_every").unwrap_or(default.queue_every),
        machines_every: section.duration("machines_every").unwrap_or(default.machines_every),
        errors_every: section.duration("errors_every").unwrap_or(default.errors_every),
        waiting_threshold: section.count("waiting_threshold", 0..=LONGEST_QUEUE).unwrap_or(default.waiting_threshold),
    }
}

fn npreserving(section: &Section<'_, '_>, workers: &Workers) -> NpreservingSettings {
    section.needs("preserve_n", "preserve_n = 3");
    let preserve_n: Option<Located<u32>> = section.workers("preserve_n");
    let unique = slots(section);
    if let Some(number) = &preserve_n {
        let findings = section.table.reader.findings;
        if unique.len() as u64 > u64::from(number.value) {
            let unique = counted(unique.len(), "unique slot");
            let message = format!("\"preserve_n\" of [engine] is {}, less than the {unique}", number.value);
            findings.error(&number.place, message);
        }
        if number.value > workers.max {
            let message = format!(
                "\"preserve_n\" of [engine] is {}, more than \"max\" of [workers], {}",
                number.value, workers.max
            );
            findings.error(&number.place, message);
        }
    }
    NpreservingSettings {
        preserve_n: preserve_n.map_or(0, |number| number.value),
        unique,
        variables: variables(section),
    }
}

/// Reads `[engine.unique.SLOT]`.
fn slots(section: &Section<'_, '_>) -> SlotVariables {
    let mut slots = SlotVariables::new();
    let Some(table) = section.table.table("unique") else { return slots };
    for (name, value) in table.entries() {
        let place = table.reader.place(name.span().start);
        let name = name.get_ref().as_ref();
        if !is_valid_name(name) {
            let message = format!("\"{}\" cannot name a slot", shown(name));
            table.reader.findings.error_with(&place, message, Some(NAME_RULE.to_owned()));
        }
        let DeValue::Table(entries) = value.get_ref() else {
            table.wrong(&place, name, "a table", value.get_ref());
            continue;
        };
        let pairs = Table::new(table.reader, format!("slot \"{}\"", shown(name)), entries).all_pairs();
        let pairs = pairs.into_iter().filter_map(|(name, value)| Some((name.value, value.ok()?.value)));
        slots.insert(name.to_owned(), pairs.collect());
    }
    slots
}

fn queuelen(section: &Section<'_, '_>) -> QueuelenSettings {
    section.needs("high", "high = 10");
    section.needs("low", "low = 2");
    let mark = |key| {
        let number = section.table.integer(key, 0..=LONGEST_QUEUE)?;
        Some(number.map(|number| u32::try_from(number).unwrap_or(u32::MAX)))
    };
    let (high, low) = (mark("high"), mark("low"));
    if let (Some(high), Some(low)) = (&high, &low)
        && low.value > high.value
    {
        let message = format!("\"low\" of [engine] is {}, more than \"high\", {}", low.value, high.value);
        section.table.reader.findings.error(&low.place, message);
    }
    QueuelenSettings {
        high: high.map_or(0, |high| high.value),
        low: low.map_or(0, |low| low.value),
        variables: variables(section),
    }
}

fn variables(section: &Section<'_, '_>) -> BTreeMap<String, String> {
    section.pairs("variables").into_iter().map(|(name, value)| (name, value.value)).collect()
}
