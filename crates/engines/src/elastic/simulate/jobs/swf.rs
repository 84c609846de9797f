//! Standard Workload Format, version 2.2 (Parallel Workloads Archive): one job a line, 18 fields, -1 for what is
//! unknown.

use super::amount::coarse;
use super::input_error::{Fault, InputError, Place};
use super::job::JobClass;
use super::needs::Needs;
use super::workload::Workload;
use super::workload_builder::WorkloadBuilder;
use crate::elastic::engine::Seconds;

/// Number of fields of a job.
const FIELDS: usize = 18;

/// Positions of the fields that are used.
const SUBMIT: usize = 1;
const RUN: usize = 3;
const ALLOCATED: usize = 4;
const USED_MEMORY: usize = 6;
const REQUESTED: usize = 7;
const REQUESTED_MEMORY: usize = 9;
const STATUS: usize = 10;
const QUEUE: usize = 14;

/// The status of a job that was cancelled.
const CANCELLED: i64 = 5;

/// Reads a log. Parallel jobs are jobs with as many processors on one machine; whether a machine has so many is the
/// simulation's to say. Cancelled jobs that never ran, and jobs without a run time or processors, are left out.
pub(super) fn read_swf(text: &str) -> Result<Workload, InputError> {
    let mut builder = WorkloadBuilder::default();
    let mut started = None;
    for (position, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(comment) = line.strip_prefix(';') {
            let time = comment.trim().strip_prefix("UnixStartTime:").and_then(|time| time.trim().parse().ok());
            started = started.or(time.filter(|time: &Seconds| *time > 0));
        } else if !line.is_empty() {
            add(&mut builder, line).map_err(|fault| InputError::at(Place::Line(position + 1), fault))?;
        }
    }
    let workload = builder.finish_from_first();
    let epoch = started.map(|started| started.saturating_add(workload.epoch.unwrap_or(0)));
    Ok(Workload { epoch, ..workload })
}

fn add(builder: &mut WorkloadBuilder, line: &str) -> Result<(), Fault> {
    let mut fields = [-1_i64; FIELDS];
    let mut found = 0;
    for field in line.split_ascii_whitespace() {
        if let Some(place) = fields.get_mut(found) {
            *place = number(field)?;
        }
        found += 1;
    }
    if found < FIELDS {
        return Err(Fault::Fields { found, expected: FIELDS });
    }
    let known = |field: usize| fields.get(field).copied().filter(|value| *value > 0);
    let (run, status) = (fields[RUN], fields[STATUS]);
    if status == CANCELLED && run <= 0 {
        builder.leave_out("cancelled before they ran", 1);
        return Ok(());
    }
    let Some(cpus) = known(REQUESTED).or(known(ALLOCATED)).and_then(|cpus| u32::try_from(cpus).ok()) else {
        builder.leave_out("without a number of processors", 1);
        return Ok(());
    };
    if run < 0 {
        builder.leave_out("without a run time", 1);
        return Ok(());
    }
    let each = known(REQUESTED_MEMORY).or(known(USED_MEMORY)).and_then(|memory| u64::try_from(memory).ok());
    let memory = coarse(each.unwrap_or(0).saturating_mul(u64::from(cpus)).div_ceil(1024));
    let group = known(QUEUE).map(|queue| format!("queue {queue}").into());
    let class = JobClass { group, user: None, needs: Needs { cpus, memory, ..Needs::default() } };
    let class = builder.class(&class)?;
    builder.add(fields[SUBMIT].max(0), run, 1, class)
}

/// Reads a number; logs have fractions in places.
#[expect(clippy::cast_possible_truncation, reason = "bounded")]
fn number(field: &str) -> Result<i64, Fault> {
    let whole = field.parse().ok();
    let fraction = || field.parse::<f64>().ok().filter(|value| value.abs() < 9e15).map(|value| value.ceil() as i64);
    whole.or_else(fraction).ok_or_else(|| Fault::Value { field: "field", value: field.into(), expected: "a number" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "; Version: 2.2\n; UnixStartTime: 1000000\n;\n\
        1 100 5 60 1 -1 2048 1 90 -1 1 3 1 7 2 -1 -1 -1\n\
        2 130 0 600.5 8 -1 -1 8 900 524288 1 3 1 7 -1 -1 -1 -1\n\
        3 140 0 0 8 -1 -1 8 900 524288 5 3 1 7 -1 -1 -1 -1\n\
        4 150 0 -1 8 -1 -1 8 900 524288 0 3 1 7 -1 -1 -1 -1\n\
        5 160 0 7 -1 -1 -1 -1 900 -1 1 3 1 7 -1 -1 -1 -1\n";

    #[test]
    fn jobs_are_read_and_the_rest_is_counted() {
        let workload = read_swf(LOG).unwrap();
        let jobs: Vec<_> = workload.jobs.iter().map(|job| (job.at, job.run)).collect();
        assert_eq!(jobs, [(0, 60), (30, 601)]);
        assert_eq!(workload.epoch, Some(1_000_100));
        assert_eq!(workload.classes[0].group.as_deref(), Some("queue 2"));
        assert_eq!(workload.classes[0].needs.memory, 2);
        assert_eq!((workload.classes[1].needs.cpus, workload.classes[1].needs.memory), (8, 4096));
        let left_out: Vec<_> = workload.left_out.iter().map(|left_out| (left_out.reason, left_out.jobs)).collect();
        assert_eq!(
            left_out,
            [("cancelled before they ran", 1), ("without a run time", 1), ("without a number of processors", 1)]
        );
    }

    #[test]
    fn a_fault_names_its_line() {
        let error = |text| read_swf(text).unwrap_err().to_string();
        assert_eq!(error("; x\n1 2 3"), "line 2: 3 fields, but a job of the Standard Workload Format has 18");
        assert_eq!(error("1 2 x"), "line 1: `field` is `x`, but must be a number");
    }
}
