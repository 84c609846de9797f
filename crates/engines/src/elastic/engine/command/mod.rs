//! The engine `command`: a program of the user's own decides. Only its notation is here; the scaler runs the program.

mod answer;
mod config;
mod engine;
mod error;
mod memory;
mod strict_json;

pub use config::{CommandConfig, CommandKind};
pub use engine::CommandEngine;
pub use error::CommandError;
pub use memory::CommandMemory;
