//! Hoist raises fleets of machines level by level, proves that they work, records every one, and brings every one back
//! down.
//!
//! # The rooms
//! Each may import those that stand after it, as far as the test `layers` allows; files form no circles.
//!
//! | room | holds |
//! |---|---|
//! | [`cli`] | one command a file: parse, ask, print |
//! | [`app`] | what commands do: operations on journals, clouds and hosts, without a terminal |
//! | [`report`] | what was found, as text for people, JSON or Graphviz |
//! | [`state`] | journals and locks, in SQLite |
//! | [`cloud`] | [`cloud::Provider`] and the registry; local, AWS, simulated clouds, and faults by script |
//! | [`compat`] | notations of earlier programs |
//! | [`wizard`] | questions, answers, and what follows from them |
//! | [`annex`] | leased groups of instances that extend a batch pool |
//! | [`host`] | where programs run: by OpenSSH, or under the small init of local instances |
//! | [`engine`] | a run: what to do next, recorded before it is done |
//! | [`user_data`] | what machines do at their first start: parts, lint, secrets |
//! | [`template`] | Handlebars, `$name`, and the built-in templates |
//! | [`batch`] | batch systems: HTCondor |
//! | [`provider`] | what every cloud and host can do: traits, requests, answers, errors |
//! | [`plan`] | launch plans: notations to one validated model |
//! | [`retry`] | how long to wait, until when to look, and what is worth trying again |
//! | [`diagnostics`] | what is wrong with what was given: how bad, where, what to try |
//! | `os` | files written whole, locks, processes, control groups |
//!
//! `docs/architecture.md` says how data flows through a boot, a tear-down and an annex, and why; `CONTRIBUTING.md`
//! which files a change touches.

pub mod annex;
pub mod app;
pub mod batch;
pub mod cli;
pub mod cloud;
pub mod compat;
pub mod diagnostics;
pub mod engine;
pub mod host;
mod os;
pub mod plan;
pub mod provider;
pub mod report;
pub mod retry;
pub mod state;
pub mod template;
pub mod user_data;
pub mod wizard;
