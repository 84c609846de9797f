//! The commands of annexes as a user types them: the real binary, against moto behind a proxy and on the local cloud.

#[path = "../aws/mod.rs"]
mod aws;
mod bad_input;
mod budgets;
mod lab;
mod lives;
mod shown;
