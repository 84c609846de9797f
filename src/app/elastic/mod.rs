//! The operations of `hoist elastic`.

mod import;
mod simulate;

pub(crate) use import::{read_configuration, write_fleet};
pub(crate) use simulate::simulate;
