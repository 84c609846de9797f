use std::path::Path;
use std::time::Duration;

use super::engine_program::run_program;
use crate::elastic::engine::{CommandEngine, Engine, MachineId, Memory, Observation, Outcome, Pass, Seconds, Wants};

/// Time between two passes of engines that keep no clock of their own, in seconds.
pub(super) const PERIOD: Seconds = 15;

/// What decides for a fleet: an engine of ours, or a program of the user's.
pub struct Decider {
    name: &'static str,
    inner: Inner,
}

enum Inner {
    Engine(Box<dyn Engine + Send + Sync>),
    Program { notation: CommandEngine, program: Vec<String>, timeout: Duration },
}

impl Decider {
    /// Makes one of an engine.
    pub(super) fn engine(name: &'static str, engine: impl Engine + Send + Sync + 'static) -> Self {
        Self { name, inner: Inner::Engine(Box::new(engine)) }
    }

    /// Makes one of a program.
    pub(super) fn program(notation: CommandEngine, program: Vec<String>, timeout: Duration) -> Self {
        Self { name: "command", inner: Inner::Program { notation, program, timeout } }
    }

    /// Returns the engine's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it drains machines itself before it ends them, and cancels drains. For others the scaler does.
    pub(super) fn drains(&self) -> bool {
        matches!(self.name, "classad" | "command")
    }

    /// Whether it ends the machines that it has drained, once they have no claim. For others the scaler does.
    pub(super) fn ends_drained(&self) -> bool {
        self.name == "classad"
    }

    /// Whether it asks which machines are in a pool. Others go by what the cloud shows.
    pub(super) fn knows_pool(&self) -> bool {
        !matches!(self.name, "queuelen" | "npreserving")
    }

    /// Whether it keeps to the minimum of the fleet itself.
    pub(super) fn keeps_minimum(&self) -> bool {
        !matches!(self.name, "coalition" | "command")
    }

    /// Whether a memory is of this engine.
    pub(super) fn owns(&self, memory: &Memory) -> bool {
        let name = match memory {
            Memory::Elastiq(_) => "elastiq",
            Memory::Npreserving(_) => "npreserving",
            Memory::Queuelen(_) => "queuelen",
            Memory::Coalition(_) => "coalition",
            Memory::Classad(_) => "classad",
            Memory::Command(_) => "command",
        };
        name == self.name
    }

    /// Returns the memory of a scaler that starts with none and owns these machines.
    pub(super) fn start(&self, now: Seconds, own: &[MachineId]) -> Memory {
        match &self.inner {
            Inner::Engine(engine) => engine.start(now, own),
            Inner::Program { notation, .. } => notation.start(),
        }
    }

    /// Returns the time from which a pass has something to do, after one that began and ended at these times.
    pub(super) fn next_due(&self, memory: &Memory, begun: Seconds, ended: Seconds) -> Seconds {
        let due = match &self.inner {
            Inner::Engine(engine) => engine.next_due(memory),
            Inner::Program { notation, .. } => notation.next_due(memory),
        };
        // What is due since before the last pass waits for a source or the cloud; what another clock brings does not,
        // or what came due while that pass was made.
        let retry = ended.saturating_add(PERIOD);
        let next = match &self.inner {
            _ if due > begun => due,
            Inner::Engine(engine) => engine.next_due_after(memory, begun).map_or(retry, |due| due.min(retry)),
            Inner::Program { .. } => retry,
        };
        next.max(ended.saturating_add(1))
    }

    /// Returns the readings that the next step uses.
    pub(super) fn wants(&self, memory: &Memory, now: Seconds) -> Wants {
        match &self.inner {
            Inner::Engine(engine) => engine.wants(memory, now),
            Inner::Program { notation, .. } => notation.wants(),
        }
    }

    /// Decides one step. A program that fails decides nothing.
    pub(super) async fn decide(&self, observation: &Observation<'_>, memory: Memory, directory: &Path) -> Pass {
        match &self.inner {
            Inner::Engine(engine) => engine.decide(observation, memory),
            Inner::Program { notation, program, timeout } => {
                let question = match notation.question(observation, &memory) {
                    Ok(question) => question,
                    Err(error) => return notation.failed(error.to_string(), observation.now, memory),
                };
                let answer = match run_program(program, &question, *timeout, directory).await {
                    Ok(output) => notation
                        .answer(&output, observation)
                        .map_err(|error| format!("{}: {error}", program.first().map_or("", String::as_str))),
                    Err(error) => Err(error.to_string()),
                };
                answer.unwrap_or_else(|error| notation.failed(error, observation.now, memory))
            }
        }
    }

    /// Takes in what came of a step.
    pub(super) fn settle(&self, outcome: &Outcome, memory: Memory) -> Memory {
        match &self.inner {
            Inner::Engine(engine) => engine.settle(outcome, memory),
            Inner::Program { .. } => memory,
        }
    }

    /// Whether the pass has further steps.
    pub(super) fn unfinished(&self, memory: &Memory) -> bool {
        match &self.inner {
            Inner::Engine(engine) => engine.unfinished(memory),
            Inner::Program { .. } => false,
        }
    }
}
