//! The command line as its users meet it: the real binary, its output, its exit codes, and what it leaves behind.

mod bad_plans;
mod bad_state;
mod commands;
mod consent;
mod earlier;
mod examples;
mod farewells;
mod given;
mod held;
mod hostile_files;
mod json_config;
mod lab;
mod live;
mod live_many;
mod lost_state;
mod machines;
mod no_room;
mod notations;
mod operator;
mod operator_programs;
mod orphans;
mod outcomes;
mod programs;
mod prunes;
mod reload;
mod schemas;
mod secret_forms;
mod secrets;
mod shape;
mod stale;
mod traces;
mod unprivileged;
mod usage;
mod userdata;
#[cfg(not(feature = "aws"))]
mod without_aws;
