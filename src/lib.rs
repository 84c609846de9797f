//! Hoist raises fleets of machines level by level, verifies that they work, records every one, and brings every one
//! back down.
//!
//! # Rooms
//! Each module here, a directory of `src` or of `crates/engines/src`, is a room. It may import those that follow it, as
//! far as the test `layers` allows; there are no cycles between files.
//!
//! | room | content |
//! |---|---|
//! | [`cli`] | one command per file: parse, ask, print |
//! | [`app`] | operations of commands on journals, clouds and hosts, without a terminal |
//! | [`daemon`] | the loop of fleets' scalers: signals, the service manager, metrics |
//! | [`report`] | results as text for people, JSON or Graphviz |
//! | [`state`] | journals and locks, in SQLite |
//! | [`cloud`] | [`cloud::Provider`] and the registry; local, AWS, simulated clouds, and scripted faults |
//! | [`compat`] | notations of earlier programs |
//! | [`wizard`] | questions, answers, and the files made from them |
//! | [`annex`] | leased groups of instances that extend a batch pool |
//! | [`host`] | hosts that run programs: by OpenSSH, or under the small init of local instances |
//! | [`engine`] | a run: each step is recorded before it is taken |
//! | [`user_data`] | user data for an instance's first start: parts, lint, secrets |
//! | [`template`] | Handlebars, `$name`, and the built-in templates |
//! | [`scaler`] | a fleet: observe, decide, record, act |
//! | [`elastic`] | decision engines of fleets, pure, and simulated worlds that judge them |
//! | [`batch`] | batch systems and queues: HTCondor, coalition, RabbitMQ, Redis, SQS, HTTP, programs, files |
//! | [`classad`] | HTCondor's ClassAds: parsed, evaluated, matched and explained |
//! | [`provider`] | interfaces of clouds and hosts: traits, requests, answers, errors |
//! | [`plan`] | launch plans: notations to one validated model |
//! | [`retry`] | pauses, deadlines, and classes of retryable errors |
//! | [`diagnostics`] | problems of inputs: severity, place, hint |
//! | `yaml` | YAML as values with lines: cloud-init's dialect and the core schema |
//! | `os` | atomic file writes, locks, processes, control groups |
//!
//! `docs/architecture.md` explains the data flow of a boot, a tear-down and an annex; `CONTRIBUTING.md` lists the files
//! that a change touches.

pub mod annex;
pub mod app;
pub mod batch;
pub mod cli;
pub mod cloud;
pub mod compat;
pub mod daemon;
pub mod diagnostics;
pub mod elastic;
pub mod engine;
pub mod host;
mod os;
pub mod plan;
pub mod provider;
pub mod report;
pub mod retry;
pub mod scaler;
pub mod state;
pub mod template;
pub mod user_data;
pub mod wizard;
mod yaml;

pub use hoist_engines::classad;
