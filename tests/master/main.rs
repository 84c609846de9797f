//! What the wizard makes of answers: the files of master and workers, judged by those who will read them, and run.

mod annex;
mod answers;
#[path = "../support/cloud_machine.rs"]
mod cloud_machine;
#[path = "../support/contained.rs"]
mod contained;
#[path = "../support/debian.rs"]
mod debian;
mod downloads;
mod files;
mod fuzz;
#[path = "../support/judges.rs"]
mod judges;
mod local;
mod rendered;
mod runs;
#[path = "../support/skip.rs"]
mod skip;
