//! The command line as its users meet it: the real binary, its output, its exit codes, and what it leaves behind.

#[path = "cli/bad_plans.rs"]
mod bad_plans;
#[path = "cli/call.rs"]
mod call;
#[path = "cli/examples.rs"]
mod examples;
#[path = "cli/lab.rs"]
mod lab;
#[path = "cli/shape.rs"]
mod shape;
#[path = "cli/steady.rs"]
mod steady;
#[path = "cli/traces.rs"]
mod traces;
#[path = "cli/unprivileged.rs"]
mod unprivileged;
