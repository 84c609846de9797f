//! The wizard's master on the local cloud, as its users have it: the scaler makes workers for jobs of a real pool, and
//! ends them.

mod chain;
mod faults;
mod lab;
mod settings;
