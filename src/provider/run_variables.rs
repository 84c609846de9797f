//! The environment variables by which a program learns to which run it belongs.

/// The tag of the run. Fleets whose scaler has it belong to that run, and end before it.
pub const RUN_VARIABLE: &str = "HOIST_RUN";

/// The name of the service on whose machine the program runs. Fleets whose scaler has it end before that machine.
pub const SERVICE_VARIABLE: &str = "HOIST_SERVICE";
