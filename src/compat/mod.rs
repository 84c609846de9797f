//! Readers of the notations of earlier programs.

mod coalition;
mod ecm_conf;
mod elastic;
mod json_lines;
mod json_node;
mod launch_specification;

pub use coalition::{CoalitionConfig, coalition_line};
pub use elastic::{FleetImport, import_fleet};
pub use launch_specification::{LaunchSpecification, Provider};

pub use ecm_conf::{ecm_conf_in, read_ecm_conf};
