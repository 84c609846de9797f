use super::coalition::CoalitionWorld;
use super::detail::Detail;
use super::elastiq::ElastiqWorld;
use super::epu::EpuWorld;
use super::scenario::{Scenario, System};
use super::scenario_view::ScenarioView;
use super::trace::Trace;
use crate::elastic::engine::{ElastiqEngine, Protection};

/// Simulates a scenario with its own engine and records everything.
///
/// Protections are on exactly where the scenario names a fault of the original.
pub fn simulate(scenario: &Scenario) -> Trace {
    let protection = if scenario.quirk { Protection::default() } else { Protection::none() };
    simulate_with(scenario, &protection, Detail::Full)
}

/// Simulates a scenario with its own engine under the protections given.
pub fn simulate_with(scenario: &Scenario, protection: &Protection, detail: Detail) -> Trace {
    let view = ScenarioView { engine: &scenario.engine, duration: scenario.duration };
    match &scenario.system {
        System::Elastiq(world) => {
            let engine = ElastiqEngine::new(world.config.engine(), protection.clone());
            ElastiqWorld::new(world, scenario.duration, &engine, protection, detail).run(&scenario.engine)
        }
        System::Epu(world) => EpuWorld::new(world, view, protection, detail).run(),
        System::Coalition(world) => CoalitionWorld::new(world, view, protection, detail).run(),
    }
}
