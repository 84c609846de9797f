//! The commands of annexes as a user types them: the real binary, against moto behind a proxy, a real pool of
//! HTCondor's, and on the local cloud.

mod bad_input;
mod budgets;
mod doctor;
mod drains;
mod eight_points;
mod files;
mod interruptions;
pub(crate) mod lab;
mod leftovers;
mod lives;
mod logs;
mod near;
mod no_spot;
mod orphans;
mod pilots;
mod shown;
mod spot_notices;
