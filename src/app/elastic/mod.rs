//! The operations of `hoist elastic`.

mod contest;
mod contestant;
mod fleet_kinds;
mod fleet_lines;
mod fleet_secrets;
mod fleet_user_data;
mod import;
mod input;
mod open_fleet;
mod unit;

pub(crate) use contest::{Contest, ContestFleet, contest};
pub(crate) use contestant::Contestant;
pub(crate) use import::{read_configuration, write_fleet};
pub(crate) use input::Input;
pub(crate) use unit::{UnitRequest, systemd_unit};
