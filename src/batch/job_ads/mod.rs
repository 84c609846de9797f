//! Ads of single jobs, as `condor_q -json` prints them, put into groups of jobs that are alike.

mod job_groups;
mod job_record;
mod read;

pub(super) use read::{groups_of, is_ads};
