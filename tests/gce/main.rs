//! Compute Engine, through Google's own client and by the real command, against a server that behaves as badly as
//! Google's can.

mod bad_input;
mod boots;
mod cloud_lab;
mod faults;
mod kills;
mod lab;
mod launches;
mod leases;
mod leftovers;
mod yard;
