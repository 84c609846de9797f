//! The operations of `hoist elastic`.

mod contest;
mod contestant;
mod import;
mod input;

pub(crate) use contest::{Contest, ContestFleet, contest};
pub(crate) use contestant::Contestant;
pub(crate) use import::{read_configuration, write_fleet};
pub(crate) use input::Input;
