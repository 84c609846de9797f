//! Clouds: where instances come from.

pub mod sim;
