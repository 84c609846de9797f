//! What the wizard makes of answers: the files of master and workers, judged by those who will read them, and run.

mod annex;
mod answers;
mod downloads;
mod files;
mod fleets;
mod fuzz;
mod leases;
mod local;
mod own_program;
mod rendered;
mod runs;
