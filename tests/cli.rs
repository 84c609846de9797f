//! The command line as its users meet it: the real binary, its output, its exit codes, and what it leaves behind.

#[path = "cli/bad_plans.rs"]
mod bad_plans;
#[path = "cli/bad_state.rs"]
mod bad_state;
#[path = "cli/call.rs"]
mod call;
#[path = "cli/commands.rs"]
mod commands;
#[path = "cli/examples.rs"]
mod examples;
#[path = "cli/held.rs"]
mod held;
#[path = "cli/lab.rs"]
mod lab;
#[path = "cli/live.rs"]
mod live;
#[path = "cli/machines.rs"]
mod machines;
#[path = "cli/outcomes.rs"]
mod outcomes;
#[path = "cli/programs.rs"]
mod programs;
#[path = "cli/reload.rs"]
mod reload;
#[path = "cli/screen.rs"]
mod screen;
#[path = "cli/secrets.rs"]
mod secrets;
#[path = "cli/shape.rs"]
mod shape;
#[path = "support/skip.rs"]
mod skip;
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
