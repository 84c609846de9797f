//! `condor_history -json` and `-jsonl`, also with what `condor_q -json` adds to it.

use std::fmt;

use serde::Deserializer;
use serde::de::{SeqAccess, Visitor};

use super::history_needs::HistoryNeeds;
use super::history_record::HistoryRecord;
use super::input_error::{Fault, InputError, Place};
use super::job::JobClass;
use super::workload::Workload;
use super::workload_builder::WorkloadBuilder;
use crate::elastic::engine::Seconds;

/// `JobStatus` of a job that ended.
const COMPLETED: i64 = 4;

/// `JobUniverse` of jobs that take no slot: scheduler, grid, local.
const WITHOUT_SLOT: [i64; 3] = [7, 9, 12];

/// Reads a list of ads, or ads one after the other.
pub(super) fn read_history(text: &str) -> Result<Workload, InputError> {
    let mut builder = WorkloadBuilder::default();
    let mut reader = HistoryReader { builder: &mut builder, needs: HistoryNeeds::default(), record: 0, fault: None };
    let result = if text.trim_start().starts_with('[') {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        deserializer.deserialize_seq(&mut reader).and_then(|()| deserializer.end())
    } else {
        let mut records = serde_json::Deserializer::from_str(text).into_iter::<HistoryRecord<'_>>();
        records.try_for_each(|record| record.map(|record| reader.add(&record)))
    };
    if let Some(fault) = reader.fault {
        return Err(InputError::at(Place::Record(reader.record), fault));
    }
    result.map_err(|error| InputError::at(Place::Line(error.line()), Fault::Json(error)))?;
    Ok(builder.finish_from_first())
}

/// Takes ads in one by one, so that a long list is never in memory as a whole.
struct HistoryReader<'a> {
    builder: &'a mut WorkloadBuilder,
    needs: HistoryNeeds,
    record: usize,
    fault: Option<Fault>,
}

impl HistoryReader<'_> {
    fn add(&mut self, record: &HistoryRecord<'_>) {
        if self.fault.is_none() {
            self.record += 1;
            self.fault = add(self.builder, &mut self.needs, record).err();
        }
    }
}

impl<'de> Visitor<'de> for &mut HistoryReader<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of job ads")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut ads: A) -> Result<(), A::Error> {
        while let Some(record) = ads.next_element::<HistoryRecord<'_>>()? {
            self.add(&record);
        }
        Ok(())
    }
}

fn add(builder: &mut WorkloadBuilder, needs: &mut HistoryNeeds, record: &HistoryRecord<'_>) -> Result<(), Fault> {
    if record.number("JobUniverse").is_some_and(|universe| WITHOUT_SLOT.contains(&universe)) {
        builder.leave_out("in universes that take no slot", 1);
        return Ok(());
    }
    let Some(submitted) = record.number("QDate").filter(|submitted| *submitted > 0) else {
        builder.leave_out("without a time of submission", 1);
        return Ok(());
    };
    let Some(run) = run_time(record) else {
        builder.leave_out("without a completed run", 1);
        return Ok(());
    };
    let class = JobClass {
        group: record.text("AccountingGroup").or_else(|| record.text("AcctGroup")),
        user: record.text("Owner"),
        needs: needs.of(record, submitted),
    };
    let class = builder.class(&class)?;
    builder.add(submitted, run, 1, class)
}

/// Returns the length of the last run: from its start to its end without suspensions, else the wall clock time of all
/// runs.
fn run_time(record: &HistoryRecord<'_>) -> Option<Seconds> {
    let time = |name| record.number(name).filter(|time| *time > 0);
    if record.number("JobStatus").is_some_and(|status| status != COMPLETED) {
        return None;
    }
    let suspended = time("CumulativeSuspensionTime").unwrap_or(0);
    let started = time("JobCurrentStartDate").or(time("JobStartDate"));
    let last = time("CompletionDate").zip(started).map(|(ended, started)| ended.saturating_sub(started));
    let run = last.filter(|run| *run >= 0).or(time("RemoteWallClockTime"))?;
    Some(run.saturating_sub(suspended).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str = r#"{"ClusterId": 1, "QDate": 1700000000, "JobStatus": 4, "JobUniverse": 5, "Owner": "ann",
        "JobCurrentStartDate": 1700000100, "CompletionDate": 1700000700, "RemoteWallClockTime": 900.0,
        "RequestCpus": 2, "RequestMemory": "\/Expr(ifThenElse(false, 1, 2000))\/",
        "Requirements": "\/Expr((TARGET.Arch == \"X86_64\") && TARGET.Memory >= RequestMemory)\/"}"#;

    #[test]
    fn a_list_and_single_ads_read_alike() {
        let second = JOB.replace("1700000000", "1700000060").replace("1700000700", "0");
        let list = read_history(&format!("[\n{JOB}\n,{second}]\n")).unwrap();
        let lines = read_history(&format!("{JOB}\n{second}")).unwrap();
        assert_eq!(list, lines);
        let jobs: Vec<_> = list.jobs.iter().map(|job| (job.at, job.run, job.class)).collect();
        assert_eq!(jobs, [(0, 600, 0), (60, 900, 0)]);
        let needs = &list.classes[0].needs;
        assert_eq!((needs.cpus, needs.memory, list.classes[0].user.as_deref()), (2, 2048, Some("ann")));
        assert_eq!(
            needs.requirements.as_deref(),
            Some("(TARGET.Arch == \"X86_64\") && TARGET.Memory >= RequestMemory")
        );
    }

    #[test]
    fn jobs_that_say_nothing_are_counted() {
        let text = [
            JOB.replace("\"JobUniverse\": 5", "\"JobUniverse\": 7"),
            JOB.replace("\"JobStatus\": 4", "\"JobStatus\": 1"),
            JOB.replace("\"QDate\"", "\"Date\""),
        ];
        let workload = read_history(&text.join("\n")).unwrap();
        assert_eq!((workload.jobs.len(), workload.jobs_left_out()), (0, 3));
        let reasons: Vec<_> = workload.left_out.iter().map(|left_out| left_out.reason).collect();
        assert_eq!(
            reasons,
            ["in universes that take no slot", "without a completed run", "without a time of submission"]
        );
    }

    #[test]
    fn a_cut_list_names_the_line() {
        let error = read_history(&format!("[{JOB},\n")).unwrap_err().to_string();
        assert!(error.starts_with("line 5: EOF while parsing"), "{error}");
    }
}
