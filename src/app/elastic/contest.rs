//! Engines side by side on one workload.

use super::contestant::Contestant;
use super::input::Input;
use crate::app::{CommandError, Exit};
use crate::diagnostics::counted;
use crate::elastic::engine::{
    ClassadConfig, ClassadEngine, ElastiqConfig, ElastiqEngine, KindConfig, Protection, SlotFigures,
};
use crate::elastic::simulate::{
    Contender, Format, LeftOut, MachineKind, PoolSettings, PoolWorld, Report, Workload, read, scenario_setup,
};

/// The fleet of a contest. What is `None` is the scenario's, else a default.
#[derive(Debug, Default)]
pub(crate) struct ContestFleet {
    /// Minimum number of machines.
    pub(crate) min: Option<u32>,
    /// Maximum number of machines.
    pub(crate) max: Option<u32>,
    /// Time without a job after which a machine ends, in seconds, for every engine.
    pub(crate) idle: Option<i64>,
    /// The kinds of machines.
    pub(crate) kinds: Vec<MachineKind>,
}

/// The reports of a contest, with the entries of the workload that were left out.
pub(crate) struct Contest {
    pub(crate) format: Format,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) assumptions: Vec<String>,
    pub(crate) reports: Vec<Report>,
}

/// What engines and pool have in common.
struct Setup {
    pool: PoolSettings,
    elastiq: ElastiqConfig,
    idle: Option<i64>,
}

/// Simulates a workload with each of these engines and yardsticks, in the same pool.
///
/// # Errors
/// The input is no workload, or a setting is wrong.
pub(crate) fn contest(input: &Input, contestants: &[Contestant], fleet: ContestFleet) -> Result<Contest, CommandError> {
    let wrong = |error: String| input.wrong(error);
    let (workload, format) = read(&input.content).map_err(|error| wrong(error.to_string()))?;
    check_span(&workload).map_err(wrong)?;
    let Setup { pool, elastiq, idle } = setup(&input.content, format, fleet).map_err(wrong)?;
    if elastiq.minimum > elastiq.maximum {
        let least = counted(elastiq.minimum, "machine");
        let message = format!("a minimum of {least} is above the maximum, {}", elastiq.maximum);
        return Err(CommandError::with_exit(Exit::Usage, message).hint("raise --max, or lower --min"));
    }
    let world = PoolWorld::new(&workload, &pool);
    let reports = contestants
        .iter()
        .map(|contestant| match contestant {
            Contestant::Elastiq => {
                let engine = ElastiqEngine::new(elastiq.clone(), Protection::default());
                Ok(world.run(contestant.name(), Contender::Engine(&engine)))
            }
            Contestant::Classad => {
                let engine =
                    ClassadEngine::new(classad(&pool, &elastiq, idle)).map_err(|error| wrong(error.to_string()))?;
                Ok(world.run(contestant.name(), Contender::Engine(&engine)))
            }
            Contestant::Yardstick(yardstick, name) => Ok(world.run(name, Contender::Yardstick(*yardstick))),
        })
        .collect::<Result<Vec<Report>, CommandError>>()?;
    let Workload { left_out, assumptions, .. } = workload;
    Ok(Contest { format, left_out, assumptions, reports })
}

/// Longest time that is simulated, in seconds: about three years. Engines look at the pool every few seconds of it.
const LONGEST: i64 = 100_000_000;

/// Refuses a workload that takes longer than can be simulated.
fn check_span(workload: &Workload) -> Result<(), String> {
    let longest = workload.jobs.iter().map(|job| i64::from(job.run)).max().unwrap_or(0);
    let what = match workload.last_arrival() {
        last if last > LONGEST => format!("the last job arrives {last} s after the begin"),
        _ if longest > LONGEST => format!("the longest job runs {longest} s"),
        _ => return Ok(()),
    };
    Err(format!(
        "{what}, but at most {LONGEST} s (three years) are simulated; simulate a part of the log, and \
         let its times begin near 0"
    ))
}

fn setup(content: &[u8], format: Format, fleet: ContestFleet) -> Result<Setup, String> {
    let mut pool = PoolSettings::default();
    let mut elastiq = ElastiqConfig { maximum: DEFAULT_MAXIMUM, ..ElastiqConfig::default() };
    if format == Format::Scenario {
        let text = String::from_utf8_lossy(content);
        let setup = scenario_setup(&text).map_err(|error| error.to_string())?;
        // Its fleet may come down in its own time.
        pool = PoolSettings { until: None, ..PoolSettings::from(&setup) };
        elastiq = setup.elastiq;
    }
    if !fleet.kinds.is_empty() {
        pool.kinds = fleet.kinds;
    }
    elastiq.jobs_per_machine = pool.kinds.first().map_or(1, |kind| i64::from(kind.cpus));
    elastiq.minimum = fleet.min.map_or(elastiq.minimum, i64::from);
    elastiq.maximum = fleet.max.map_or(elastiq.maximum, i64::from);
    elastiq.idle_for = fleet.idle.unwrap_or(elastiq.idle_for);
    Ok(Setup { pool, elastiq, idle: fleet.idle })
}

/// Maximum number of machines, where nothing says another.
const DEFAULT_MAXIMUM: i64 = 100;

fn classad(pool: &PoolSettings, elastiq: &ElastiqConfig, idle: Option<i64>) -> ClassadConfig {
    let default = ClassadConfig::default();
    let number = |value: i64| u64::try_from(value).unwrap_or(0);
    ClassadConfig {
        min: number(elastiq.minimum),
        max: number(elastiq.maximum),
        idle: idle.unwrap_or(default.idle),
        every: pool.period,
        kinds: pool.kinds.iter().map(kind).collect(),
        // Nobody reads them here, and they cost as much as the decisions.
        explained_groups: 0,
        ..default
    }
}

fn kind(kind: &MachineKind) -> KindConfig {
    let whole = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let figures = SlotFigures {
        cpus: i64::from(kind.cpus),
        memory: whole(kind.memory),
        disk: whole(kind.disk),
        gpus: i64::from(kind.gpus),
        ..SlotFigures::default()
    };
    let price_per_hour = kind.price_per_hour.and_then(crate::elastic::engine::Money::from_units);
    KindConfig { price_per_hour, lifetime: kind.lifetime, ..KindConfig::new(kind.name.clone(), figures) }
}
