//! Batch systems and queues: where work waits, and which machines do it.

mod aws_access;
mod coalition;
mod command;
mod field;
mod file;
mod first_seen;
pub mod htcondor;
mod http;
mod job_ads;
mod last_known;
mod net;
mod open_source;
mod part_reading;
mod rabbitmq;
mod redis;
mod source_access;
#[cfg(feature = "aws")]
mod sqs;
mod told_worker;
mod work_report;
mod work_source;

pub use aws_access::{AwsAccess, AwsKeys};
pub use last_known::LastKnown;
pub(crate) use net::Address;
pub use net::{TimeLimits, Trust, TrustError};
pub use open_source::open_source;
pub use source_access::SourceAccess;
pub use told_worker::ToldWorker;
pub use work_source::{DrainAnswer, DrainOrder, SourceError, WorkReading, WorkSource};
