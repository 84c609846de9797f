//! Workloads: jobs with their arrival, run time and needs, read from logs of living pools and from notations of our
//! own.
//!
//! [`read`] tells the notation by the content: lines of JSON, Standard Workload Format, `condor_history -json` and
//! `-jsonl`, HTCondor's event logs (text, JSON, XML), scenario files, and recordings of living pools.

mod amount;
mod archive;
mod event_log;
mod event_record;
mod event_text;
mod event_time;
mod event_xml;
mod format;
mod history;
mod history_needs;
mod history_record;
mod input_error;
mod job;
mod job_ad;
mod job_story;
mod native;
mod needs;
mod reader;
mod recording;
mod scenario_jobs;
mod swf;
#[cfg(test)]
mod tests;
mod workload;
mod workload_builder;

pub use amount::{bytes_of, parse_amount};
pub use format::Format;
pub use input_error::{Fault, InputError, Place};
pub use job::{Job, JobClass, LeftOut};
pub use needs::Needs;
pub use reader::{read, read_as};
pub use recording::RecordedReading;
pub use scenario_jobs::{ScenarioSetup, scenario_setup};
pub use workload::Workload;
