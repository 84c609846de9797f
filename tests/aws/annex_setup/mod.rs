//! The set-up for annexes, through the real SDK and by the real command, against moto with AWS's own rules of who may
//! do what.

mod callers;
mod checks;
mod commands;
mod daily;
mod deletes;
mod lab;
mod makes;
mod permissions;
mod users;
