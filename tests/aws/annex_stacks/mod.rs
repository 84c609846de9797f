//! Annexes as stacks, through the real SDK, against moto behind a proxy whose stacks take their time and fail.

mod changes;
mod checks;
mod creations;
mod deletions;
mod failures;
mod lab;
mod machines;
mod many;
mod quotas;
mod secrets;
mod wants;
