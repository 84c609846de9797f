//! Decision engines: pure, without input or output, clock or randomness.
//!
//! A driver asks an [`Engine`] when it is due, takes the readings that it wants, calls [`Engine::decide`], carries the
//! decisions out and reports their [`Outcome`] with [`Engine::settle`]. The [`Memory`] in between can be stored, so a
//! restarted driver continues where the last one ended.

mod ad_notation;
mod breaker;
mod census;
mod classad;
mod coalition;
mod coming;
mod command;
mod config_error;
mod cursor;
mod decision;
mod elastiq;
mod fall;
mod health;
mod interface;
mod job_group;
mod limit;
mod machine;
mod memory;
mod money;
mod note;
mod npreserving;
mod observation;
mod outcome;
mod pass;
mod placement;
mod pool_machine;
mod pool_slot;
mod protection;
mod queuelen;
pub(in crate::elastic) mod quick_hash;
mod reading;
mod reason;
mod seconds;
mod start_time;

pub use breaker::{Admission, Breaker, BreakerLimits};
pub use classad::{
    BackoffLimits, ClassadConfig, ClassadEngine, ClassadMemory, DrainMode, KindConfig, LearnedKind, SlotFigures,
};
pub use coalition::{CoalitionConfig, CoalitionEngine, CoalitionMemory};
pub use coming::Coming;
pub use command::{CommandConfig, CommandEngine, CommandError, CommandKind, CommandMemory};
pub use config_error::ConfigError;
pub use decision::{Decision, Drain, DrainCancellation, Launch, Market, Termination};
pub use elastiq::{ElastiqConfig, ElastiqEngine, ElastiqMemory};
pub use fall::{Fall, FallLimits};
pub use health::{HealthRule, Heartbeats};
pub use interface::{Engine, Wants};
pub use job_group::JobGroup;
pub use limit::Limit;
pub use machine::{Health, Host, Machine, MachineId, MachineState};
pub use memory::Memory;
pub use money::{Money, MoneyError};
pub use note::{KindTarget, Note};
pub use npreserving::{NpreservingConfig, NpreservingEngine, NpreservingMemory, Variables};
pub use observation::{Demand, Observation};
pub use outcome::{Launched, Outcome, Refusal};
pub use pass::Pass;
pub use placement::{Fate, KindMisfit, Misfit, Placement, Share};
pub use pool_machine::{DrainOwner, Draining, PoolMachine};
pub use pool_slot::{PoolSlot, SlotKind, SlotState};
pub use protection::{PatienceLimits, Protection};
pub use queuelen::{QueuelenConfig, QueuelenEngine, QueuelenMemory};
pub use reading::Reading;
pub use reason::Reason;
pub use seconds::Seconds;
