use serde::{Deserialize, Serialize};

use super::classad::ClassadMemory;
use super::coalition::CoalitionMemory;
use super::command::CommandMemory;
use super::elastiq::ElastiqMemory;
use super::npreserving::NpreservingMemory;
use super::queuelen::QueuelenMemory;

/// The memory of an engine between passes, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "engine", rename_all = "snake_case")]
pub enum Memory {
    /// Of [`super::ElastiqEngine`].
    Elastiq(Box<ElastiqMemory>),
    /// Of [`super::NpreservingEngine`].
    Npreserving(Box<NpreservingMemory>),
    /// Of [`super::QueuelenEngine`].
    Queuelen(Box<QueuelenMemory>),
    /// Of [`super::CoalitionEngine`].
    Coalition(Box<CoalitionMemory>),
    /// Of [`super::ClassadEngine`].
    Classad(Box<ClassadMemory>),
    /// Of [`super::CommandEngine`].
    Command(Box<CommandMemory>),
}
