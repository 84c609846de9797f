//! The operations of `hoist elastic`.

mod contest;
mod contestant;
mod drain;
mod find_fleet;
mod fleet_kinds;
mod fleet_lines;
mod fleet_secrets;
mod fleet_user_data;
mod import;
mod input;
mod list;
mod open_fleet;
mod reload;
mod request;
mod set;
mod status;
mod unit;
mod why;

pub(crate) use contest::{Contest, ContestFleet, contest};
pub(crate) use contestant::Contestant;
pub(crate) use drain::drain;
pub(crate) use import::{read_configuration, write_fleet};
pub(crate) use input::Input;
pub(crate) use unit::{UnitRequest, systemd_unit};
pub(crate) use list::list;
pub(crate) use reload::{Reloaded, reload};
pub(crate) use request::Asked;
pub(crate) use set::{SetRequest, set};
pub(crate) use status::{health, status};
pub(crate) use why::{WhichPasses, WhyMachine, WhyPasses, why, why_machine};
