//! From a fleet file to the engine that it names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::decider::{Decider, PERIOD};
use super::kind_spec::{KindSpec, KindSpecs};
use super::overrides::Overrides;
use super::scaler_error::EngineError;
use crate::elastic::engine::{
    ClassadConfig, ClassadEngine, CoalitionConfig, CoalitionEngine, CommandConfig, CommandEngine, CommandKind,
    DrainMode, ElastiqConfig, ElastiqEngine, KindConfig, Market, Memory, NpreservingConfig, NpreservingEngine,
    Protection, QueuelenConfig, QueuelenEngine, Seconds, SlotFigures, Variables,
};
use crate::elastic::fleet::{
    Bounds, ClassadSettings, CoalitionSettings, ElastiqSettings, FleetEngine, FleetFile, MachineKind,
    NpreservingSettings, QueueKind,
};

/// Returns the limits of the number of workers: the file's at that time, with those that were set by hand laid over.
///
/// # Errors
/// A minimum that was set by hand is above the maximum that then holds.
pub fn bounds_of(file: Bounds, overrides: &Overrides) -> Result<Bounds, EngineError> {
    let (min, max) = (overrides.count.or(overrides.min), overrides.count.or(overrides.max));
    let bounds = Bounds { min: min.unwrap_or(file.min), max: max.unwrap_or(file.max) };
    match (min, max) {
        (Some(min), Some(max)) if min > max => Err(EngineError::Bounds { min, max }),
        // One that was set by hand pushes the other, except that a maximum is never raised.
        (Some(min), None) if min > bounds.max => Err(EngineError::Bounds { min, max: bounds.max }),
        _ => Ok(Bounds { min: bounds.min.min(bounds.max), max: bounds.max }),
    }
}

/// Returns the engine of a fleet file with these limits; settings that were made by hand are laid over.
///
/// # Errors
/// Settings contradict each other, or an engine that was set by hand needs settings that the file lacks.
pub fn engine_of(
    file: &FleetFile,
    bounds: Bounds,
    machines: &KindSpecs,
    lifetime: Option<Duration>,
    overrides: &Overrides,
) -> Result<Decider, EngineError> {
    // The engines that launch the first kind alone.
    let first = file.kinds().next().and_then(|(name, _)| machines.get(name));
    let by_offer = first.is_some_and(KindSpec::has_several_offers);
    let standard = Protection::default();
    // Nothing grows or shrinks on an old answer.
    let stale_after = Some(0);
    let breaker = standard.breaker.clone().filter(|_| !by_offer);
    let protection = Protection { breaker, stale_after, ..standard };
    let (min, max) = (i64::from(bounds.min), i64::from(bounds.max));
    Ok(match &*chosen(file, overrides)? {
        FleetEngine::Classad(settings) => {
            let config = classad(file, bounds, machines, lifetime, settings);
            Decider::engine("classad", ClassadEngine::new(config)?)
        }
        FleetEngine::Elastiq(settings) => {
            Decider::engine("elastiq", ElastiqEngine::new(elastiq(file, bounds, settings), protection))
        }
        FleetEngine::Npreserving(settings) => {
            Decider::engine("npreserving", NpreservingEngine::new(npreserving(settings, bounds), protection))
        }
        FleetEngine::Queuelen(settings) => {
            let config = QueuelenConfig {
                high_water: settings.high.into(),
                low_water: settings.low.into(),
                min_instances: min,
                provisioner_vars: variables(&settings.variables),
            };
            Decider::engine("queuelen", QueuelenEngine::new(config, protection))
        }
        FleetEngine::Coalition(settings) => {
            let config = CoalitionConfig {
                maximum: max,
                start_delay: seconds(settings.start_delay),
                minimum_lifetime: seconds(settings.minimum_lifetime),
                market: Market::AsDescribed,
            };
            Decider::engine("coalition", CoalitionEngine::new(config, protection))
        }
        FleetEngine::Command(settings) => {
            let notation = CommandEngine::new(command(file, bounds, machines));
            Decider::program(notation, settings.program.clone(), settings.timeout)
        }
    })
}

/// Takes the change from one file to another into the memory: the engine npreserving ends the machines of unique slots
/// that were taken out.
pub(super) fn carry_over(old: &FleetFile, new: &FleetFile, memory: &mut Memory) -> Result<(), EngineError> {
    let (FleetEngine::Npreserving(before), FleetEngine::Npreserving(after)) = (&old.engine, &new.engine) else {
        return Ok(());
    };
    let all = Bounds { min: 0, max: u32::MAX };
    let config = npreserving(after, all);
    let mut changes = Map::new();
    changes.insert("preserve_n".into(), json!(config.preserve_n));
    changes.insert("unique_instances".into(), json!(config.unique_instances));
    changes.insert("provisioner_vars".into(), json!(config.provisioner_vars));
    let mut engine = NpreservingEngine::new(npreserving(before, all), Protection::default());
    Ok(engine.reconfigure(&changes, memory)?)
}

/// Returns the engine's settings: the file's, or those of the engine that was set by hand.
fn chosen<'f>(file: &'f FleetFile, overrides: &Overrides) -> Result<std::borrow::Cow<'f, FleetEngine>, EngineError> {
    use std::borrow::Cow::{Borrowed, Owned};
    let Some(name) = overrides.engine.as_deref().filter(|name| *name != file.engine.name()) else {
        return Ok(Borrowed(&file.engine));
    };
    let queue = file.queue.as_ref().map(|queue| queue.kind);
    match name {
        "classad" if !queue.is_some_and(QueueKind::may_tell_groups) => Err(EngineError::Needs {
            engine: "classad",
            needs: "a [queue] that tells groups of jobs: htcondor, command, file or http",
        }),
        "elastiq" if queue.is_some_and(QueueKind::counts_alone) => {
            Err(EngineError::Needs { engine: "elastiq", needs: "a [queue] that tells which workers are busy" })
        }
        "coalition" if queue != Some(QueueKind::Coalition) => {
            Err(EngineError::Needs { engine: "coalition", needs: "a [queue] of the kind coalition" })
        }
        "elastiq" if queue.is_none() => Err(EngineError::Needs { engine: "elastiq", needs: "a [queue]" }),
        "classad" => Ok(Owned(FleetEngine::Classad(ClassadSettings::default()))),
        "elastiq" => Ok(Owned(FleetEngine::Elastiq(ElastiqSettings::default()))),
        "coalition" => Ok(Owned(FleetEngine::Coalition(CoalitionSettings::default()))),
        "npreserving" => {
            let preserve_n =
                overrides.count.ok_or(EngineError::Needs { engine: "npreserving", needs: "preserve_n" })?;
            Ok(Owned(FleetEngine::Npreserving(NpreservingSettings { preserve_n, ..Default::default() })))
        }
        "queuelen" => Err(EngineError::Needs { engine: "queuelen", needs: "high and low" }),
        "command" => Err(EngineError::Needs { engine: "command", needs: "program" }),
        _ => Err(EngineError::Unknown(name.to_owned())),
    }
}

pub(super) fn classad(
    file: &FleetFile,
    bounds: Bounds,
    machines: &KindSpecs,
    lifetime: Option<Duration>,
    settings: &ClassadSettings,
) -> ClassadConfig {
    use crate::elastic::fleet::DrainMode as Written;
    let (workers, limits) = (&file.workers, &file.limits);
    let kind = |(name, kind): (&str, &MachineKind)| {
        let spec = machines.get(name);
        KindConfig {
            price_per_hour: spec.and_then(|spec| spec.price),
            min: kind.min.unwrap_or(0).min(bounds.max).into(),
            max: kind.max.map(u64::from),
            lifetime: lifetime.map(seconds),
            breaker: !spec.is_some_and(KindSpec::has_several_offers),
            slots: vec![figures(kind, workers.jobs_per_worker)],
            revision: spec.map(revision).unwrap_or_default(),
            ..KindConfig::new(name, SlotFigures::default())
        }
    };
    ClassadConfig {
        min: bounds.min.into(),
        max: bounds.max.into(),
        idle: seconds(workers.idle),
        waiting_time: seconds(workers.waiting_time),
        deploy_time: seconds(workers.deploy_time),
        min_idle: limits.min_idle.min(bounds.max).into(),
        launches_per_minute: Some(limits.launches_per_minute.into()),
        budget_per_hour: limits.budget_per_hour,
        budget: limits.budget,
        grace: seconds(limits.grace),
        drain_mode: match settings.drain_mode {
            Written::Drain => DrainMode::Drain,
            Written::IdleOnly => DrainMode::IdleOnly,
            Written::Now => DrainMode::Now,
        },
        freeze_fall: limits.freeze_fall,
        every: PERIOD,
        kinds: file.kinds().map(kind).collect(),
        ..ClassadConfig::default()
    }
}

/// Returns what a slot of the kind has. Where the file gives no figure, a machine has a processor for each job that a
/// worker runs at once, and 1 GiB of memory for each processor.
fn figures(kind: &MachineKind, jobs: u32) -> SlotFigures {
    let figures = &kind.figures;
    let slots = i64::from(figures.slots.unwrap_or(1).max(1));
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let cpus = i64::from(figures.cpus.unwrap_or(jobs));
    let default = SlotFigures::default();
    let memory = figures.memory.map_or(cpus.saturating_mul(1024), |size| whole(size.mebibytes()));
    let disk = figures.disk.map_or(default.disk, |size| whole(size.mebibytes()).saturating_mul(1024));
    SlotFigures {
        count: figures.slots.unwrap_or(1),
        partitionable: figures.slots.is_none(),
        cpus: (cpus / slots).max(1),
        memory: memory / slots,
        disk: disk / slots,
        gpus: i64::from(figures.gpus.unwrap_or(0)) / slots,
        attributes: figures.attributes.clone(),
        ..default
    }
}

/// Returns a text that changes with what is launched.
fn revision(spec: &KindSpec) -> String {
    hex::encode(&Sha256::digest(format!("{:?}", (&spec.machine, &spec.user_data)))[..8])
}

fn elastiq(file: &FleetFile, bounds: Bounds, settings: &ElastiqSettings) -> ElastiqConfig {
    let workers = &file.workers;
    ElastiqConfig {
        queue_every: seconds(settings.queue_every),
        machines_every: seconds(settings.machines_every),
        errors_every: seconds(settings.errors_every),
        waiting_threshold: settings.waiting_threshold.into(),
        waiting_time: seconds(workers.waiting_time),
        jobs_per_machine: workers.jobs_per_worker.into(),
        idle_for: seconds(workers.idle),
        deploy_time: seconds(workers.deploy_time),
        minimum: bounds.min.into(),
        maximum: bounds.max.into(),
    }
}

fn npreserving(settings: &NpreservingSettings, bounds: Bounds) -> NpreservingConfig {
    NpreservingConfig {
        preserve_n: settings.preserve_n.clamp(bounds.min, bounds.max).into(),
        unique_instances: settings
            .unique
            .iter()
            .map(|(slot, own)| (Arc::from(slot.as_str()), variables(own)))
            .collect(),
        provisioner_vars: variables(&settings.variables),
        devmode_no_failure_compensation: false,
    }
}

fn command(file: &FleetFile, bounds: Bounds, machines: &KindSpecs) -> CommandConfig {
    let kind = |(name, kind): (&str, &MachineKind)| CommandKind {
        name: name.to_owned(),
        price_per_hour: machines.get(name).and_then(|spec| spec.price),
        max: kind.max,
    };
    CommandConfig {
        min: bounds.min,
        max: bounds.max,
        jobs_per_machine: file.workers.jobs_per_worker,
        idle: seconds(file.workers.idle),
        waiting_time: seconds(file.workers.waiting_time),
        deploy_time: seconds(file.workers.deploy_time),
        kinds: file.kinds().map(kind).collect(),
        every: PERIOD,
    }
}

fn variables(of_file: &BTreeMap<String, String>) -> Variables {
    of_file.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
}

fn seconds(duration: Duration) -> Seconds {
    Seconds::try_from(duration.as_secs()).unwrap_or(Seconds::MAX)
}
