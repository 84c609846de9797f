//! The command line as its users meet it: the real binary, its output, its exit codes, and what it leaves behind.

#[path = "cli/bad_plans.rs"]
mod bad_plans;
#[path = "cli/bad_state.rs"]
mod bad_state;
#[path = "cli/call.rs"]
mod call;
#[path = "cli/commands.rs"]
mod commands;
#[path = "cli/consent.rs"]
mod consent;
#[path = "cli/earlier.rs"]
mod earlier;
#[path = "cli/examples.rs"]
mod examples;
#[path = "cli/farewells.rs"]
mod farewells;
#[path = "cli/given.rs"]
mod given;
#[path = "cli/held.rs"]
mod held;
#[path = "cli/hostile_files.rs"]
mod hostile_files;
#[path = "cli/json_config.rs"]
mod json_config;
#[path = "cli/lab.rs"]
mod lab;
#[path = "cli/live.rs"]
mod live;
#[path = "cli/live_many.rs"]
mod live_many;
#[path = "cli/lost_state.rs"]
mod lost_state;
#[path = "cli/machines.rs"]
mod machines;
#[path = "cli/no_room.rs"]
mod no_room;
#[path = "cli/notations.rs"]
mod notations;
#[path = "cli/operator.rs"]
mod operator;
#[path = "cli/operator_programs.rs"]
mod operator_programs;
#[path = "cli/orphans.rs"]
mod orphans;
#[path = "cli/outcomes.rs"]
mod outcomes;
#[path = "cli/programs.rs"]
mod programs;
#[path = "cli/prunes.rs"]
mod prunes;
#[path = "cli/reload.rs"]
mod reload;
#[path = "cli/schemas.rs"]
mod schemas;
#[path = "cli/screen.rs"]
mod screen;
#[path = "cli/secret_forms.rs"]
mod secret_forms;
#[path = "cli/secrets.rs"]
mod secrets;
#[path = "cli/shape.rs"]
mod shape;
#[path = "support/skip.rs"]
mod skip;
#[path = "cli/stale.rs"]
mod stale;
#[path = "cli/steady.rs"]
mod steady;
#[path = "cli/terminal.rs"]
mod terminal;
#[path = "cli/traces.rs"]
mod traces;
#[path = "support/tree.rs"]
mod tree;
#[path = "cli/unprivileged.rs"]
mod unprivileged;
#[path = "cli/usage.rs"]
mod usage;
