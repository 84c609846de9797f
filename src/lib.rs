//! Hoist raises fleets of machines level by level, proves that they work, records every one, and brings every one back
//! down.
//!
//! Data flows from the command line to a validated [`plan`], to the [`engine`] that decides and drives, to [`cloud`]s,
//! [`host`]s and [`state`], and out through [`report`]. Imports point inward: `plan` knows none of the others, `engine`
//! knows `plan`, the next four implement or consume what `engine` declares and never know each other, and only `cli`
//! sees all. [`annex`] says what a leased group of machines is, and what it needs of a cloud; [`pool`] is the batch
//! pool that it extends. Beside them, [`template`] knows `plan` only, and makes what `cloud` and `cli` launch machines
//! with; [`wizard`] asks a user what a cluster is to be, and makes its files. `os` is what several of them ask of the
//! operating system.

pub mod annex;
pub mod batch;
pub mod cli;
pub mod cloud;
pub mod compat;
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
