//! Importers of the configurations of earlier scalers, as fleet files.

mod coalition;
mod elastiq;
mod epu;
mod fleet_import;
mod import;

pub use fleet_import::FleetImport;
pub use import::import_fleet;
