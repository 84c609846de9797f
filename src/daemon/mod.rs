//! The daemon of fleets: it lets scalers make their passes in time, takes in signals and requests, and tells how it is.
//!
//! [`FleetDaemon`] serves several fleets in one process, each in a task of its own.

mod daemon_state;
mod fleet_daemon;
mod fleet_end;
mod fleet_meter;
mod fleet_reader;
mod fleet_task;
mod gauges;
mod instruments;
mod listener;
mod metrics;
mod notice;
mod orders;
mod page;
mod pass_news;
mod request_line;
mod room_watch;
mod service_manager;
mod signals;
mod vitals;
mod weighted_histogram;

pub use fleet_daemon::{DaemonEnd, FleetDaemon};
pub use fleet_end::FleetEnd;
pub use fleet_reader::{FleetReader, NewSettings};
pub use fleet_task::FleetTask;
pub use listener::Listener;
pub use metrics::Metrics;
pub use notice::{Level, News, Notice};
pub use page::Page;
pub use service_manager::ServiceManager;
pub use signals::{DaemonSignal, Signals};
pub use vitals::Vitals;
