//! The daemon of fleets: it lets scalers make their passes in time, takes in signals and requests, and tells how it is.
//!
//! [`Daemon`] serves several fleets in one process, each in a task of its own.

mod fleet_meter;
mod gauges;
mod instruments;
mod listener;
mod metrics;
mod page;
mod request_line;
mod service_manager;
mod vitals;

pub use listener::Listener;
pub use metrics::Metrics;
pub use page::Page;
pub use service_manager::ServiceManager;
pub use vitals::Vitals;
