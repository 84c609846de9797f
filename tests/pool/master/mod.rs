//! What the wizard makes of answers: the files of master and workers, judged by those who will read them, and run.

mod annex;
pub(crate) mod answers;
mod downloads;
mod files;
mod fleets;
mod fuzz;
pub(crate) mod leases;
pub(crate) mod local;
mod own_program;
mod rendered;
mod runs;
