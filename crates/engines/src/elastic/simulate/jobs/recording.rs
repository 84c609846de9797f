//! Readings of a living pool, as `hoist elastic record` keeps them, and the workload that they show.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::input_error::{Fault, InputError, Place};
use super::job::JobClass;
use super::job_ad::needs;
use super::needs::Needs;
use super::workload::Workload;
use super::workload_builder::WorkloadBuilder;
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::{Demand, Host, JobGroup, PoolMachine, Reading, Seconds};

/// One reading of a fleet's sources: a line of JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedReading {
    /// The version of the notation: 1.
    pub recorded: u32,
    /// The source.
    pub source: String,
    /// The time of the reading, in seconds since 1970.
    pub at: Seconds,
    /// The waiting work.
    pub demand: Reading<Demand>,
    /// The hosts of the pool.
    pub pool: Reading<Vec<Host>>,
    /// The waiting work in groups.
    pub groups: Reading<Vec<JobGroup>>,
    /// The machines of the pool with their slots.
    pub slots: Reading<Vec<PoolMachine>>,
}

impl RecordedReading {
    /// The version of the notation.
    pub const VERSION: u32 = 1;

    /// Returns the number of claims in the pool, if it was read.
    fn claims(&self) -> Option<i64> {
        let of_slots =
            self.slots.fresh().map(|machines| machines.iter().map(|machine| i64::from(machine.claims())).sum());
        of_slots.or_else(|| self.pool.fresh().map(|hosts| hosts.iter().map(|host| i64::from(host.busy)).sum()))
    }
}

/// Run time of jobs in seconds where neither the jobs nor the pool tell one.
const UNKNOWN_RUN: Seconds = 600;

/// What readings show of the jobs that arrived.
#[derive(Default)]
struct Tally {
    builder: WorkloadBuilder,
    /// Number of waiting jobs of each group in the last reading that had groups.
    waiting: BTreeMap<Arc<str>, u64>,
    /// Arrivals: time, number, class, run time if known.
    arrivals: Vec<(Seconds, u64, u32, Option<Seconds>)>,
    /// Number of jobs that stopped waiting.
    started: u64,
    /// Claims times seconds.
    claimed: i64,
    /// The last reading of the pool: time and number of claims.
    pool: Option<(Seconds, i64)>,
    /// Number of readings without a fresh number of jobs.
    silent: u64,
    /// The line of the last reading, if it is cut.
    cut: Option<usize>,
}

/// Reads a recording. Arrivals are the growth of groups from one reading to the next; jobs that come and start between
/// two readings are not seen. Empty lines are passed over, and a last line that is cut.
pub(super) fn read_recording(text: &str) -> Result<Workload, InputError> {
    let mut tally = Tally::default();
    let mut last = Seconds::MIN;
    let lines: Vec<(usize, &str)> = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).collect();
    // A line that was cut may have got an end since.
    let is_cut = !text.ends_with('\n') || lines.last().is_some_and(|(_, line)| !line.trim_end().ends_with('}'));
    for (place, (position, line)) in lines.iter().enumerate() {
        let at_line = |fault| InputError::at(Place::Line(position + 1), fault);
        let reading: RecordedReading = match serde_json::from_str(line) {
            Ok(reading) => reading,
            // The recorder was stopped while it wrote.
            Err(_) if is_cut && place + 1 == lines.len() => {
                tally.builder.leave_out("the last reading is cut", 1);
                tally.cut = Some(position + 1);
                break;
            }
            Err(_) if line.trim_start().get(1..).is_some_and(|rest| rest.contains("{\"recorded\":")) => {
                return Err(at_line(Fault::Torn { line: position + 1 }));
            }
            Err(error) => return Err(at_line(Fault::Json(error))),
        };
        if reading.recorded != RecordedReading::VERSION {
            let expected = "1: a newer hoist wrote it";
            let value = reading.recorded.to_string();
            return Err(at_line(Fault::Value { field: "recorded", value, expected }));
        }
        if reading.at < last {
            let value = reading.at.to_string();
            return Err(at_line(Fault::Value { field: "at", value, expected: "at or after the reading before" }));
        }
        last = reading.at;
        tally.take_in(&reading).map_err(at_line)?;
    }
    tally.finish().map_err(|fault| InputError::at(Place::Line(lines.len()), fault))
}

impl Tally {
    fn take_in(&mut self, reading: &RecordedReading) -> Result<(), Fault> {
        if let Some(claims) = reading.claims() {
            if let Some((since, before)) = self.pool {
                // The number is between both for the time between.
                let twice = before.saturating_add(claims).saturating_mul(reading.at.saturating_sub(since));
                self.claimed = self.claimed.saturating_add(twice / 2);
            }
            self.pool = Some((reading.at, claims));
        }
        if let Some(groups) = reading.groups.fresh() {
            let mut waiting = BTreeMap::new();
            for group in groups {
                let jobs = group.count.saturating_add(group.hidden);
                waiting.insert(group.id.clone(), jobs);
                let class =
                    || JobClass { group: Some(group.id.clone()), user: None, needs: needs(&group.ad, reading.at) };
                self.changed(reading.at, &group.id, jobs, class, group.run_time)?;
            }
            self.replace(waiting);
        } else if let Some(demand) = reading.demand.fresh() {
            let queue: Arc<str> = "queue".into();
            let class = || JobClass { needs: Needs::of_cpus(1), ..JobClass::default() };
            self.changed(reading.at, &queue, demand.waiting, class, None)?;
            self.replace(BTreeMap::from([(queue, demand.waiting)]));
        } else {
            self.silent += 1;
        }
        Ok(())
    }

    /// Takes in the number of waiting jobs of a group.
    fn changed(
        &mut self,
        at: Seconds,
        group: &Arc<str>,
        jobs: u64,
        class: impl FnOnce() -> JobClass,
        run: Option<Seconds>,
    ) -> Result<(), Fault> {
        let before = self.waiting.get(group).copied().unwrap_or(0);
        self.started = self.started.saturating_add(before.saturating_sub(jobs));
        if jobs > before {
            let class = self.builder.class(&class())?;
            self.arrivals.push((at, jobs - before, class, run));
        }
        Ok(())
    }

    /// Takes in all waiting jobs; groups that are not among them have none.
    fn replace(&mut self, waiting: BTreeMap<Arc<str>, u64>) {
        let ended = self.waiting.iter().filter(|(group, _)| !waiting.contains_key(*group)).map(|(_, jobs)| *jobs);
        self.started = self.started.saturating_add(ended.sum());
        self.waiting = waiting;
    }

    fn finish(mut self) -> Result<Workload, Fault> {
        // Little's law: claims on average = starts in a time × run time on average.
        let by_pool = Seconds::try_from(self.started).ok().filter(|started| *started > 0 && self.claimed > 0);
        let mean = by_pool.map(|started| (self.claimed / started).max(1));
        let guessed: u64 = self.arrivals.iter().filter(|(.., run)| run.is_none()).map(|(_, jobs, ..)| *jobs).sum();
        for (at, jobs, class, run) in std::mem::take(&mut self.arrivals) {
            self.builder.add(at, run.unwrap_or(mean.unwrap_or(UNKNOWN_RUN)), jobs, class)?;
        }
        let mut assumptions = vec![
            "arrivals are the growth of groups from reading to reading: jobs that came and started between two \
             readings are not in it, and all that waited at first arrive at once"
                .to_owned(),
        ];
        if guessed > 0 {
            let jobs = counted(guessed, "job");
            assumptions.push(match mean {
                Some(mean) => format!(
                    "the run time of {jobs} is not known; each runs {mean} s, the mean by claims and starts \
                     that the readings show"
                ),
                None => format!("the run time of {jobs} is not known; each runs {UNKNOWN_RUN} s, a guess"),
            });
        }
        if let Some(line) = self.cut {
            assumptions.push(format!(
                "line {line}, the last, is cut short, as by a crash or a full disk; the recording counts up to the line before"
            ));
        }
        if self.silent > 0 {
            assumptions.push(format!(
                "{} {} no fresh number of jobs; what arrived meanwhile arrives with the next one",
                counted(self.silent, "reading"),
                agreeing(self.silent, "has", "have")
            ));
        }
        Ok(Workload { assumptions, ..self.builder.finish_from_first() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classad::ClassAd;

    fn group(id: &str, count: u64, run_time: Option<Seconds>) -> JobGroup {
        let ad = ClassAd::from_long_text("RequestCpus = 2\nRequestMemory = 4096").unwrap();
        JobGroup { id: id.into(), count, hidden: 0, ad: Arc::new(ad), priority: 0, oldest: 0, run_time }
    }

    fn reading(at: Seconds, groups: Vec<JobGroup>, busy: u32) -> String {
        let host = Host {
            id: crate::elastic::engine::MachineId::new("h"),
            busy,
            slots: 8,
            joined_at: 0,
            idle_since: None,
            silent: false,
        };
        let reading = RecordedReading {
            recorded: 1,
            source: "the pool".into(),
            at,
            demand: Reading::Unread,
            pool: Reading::Fresh { value: vec![host] },
            groups: Reading::Fresh { value: groups },
            slots: Reading::Unread,
        };
        serde_json::to_string(&reading).unwrap() + "\n"
    }

    #[test]
    fn growth_of_a_group_is_an_arrival_and_claims_give_the_run_time() {
        // Four jobs wait; all of them start at 60 and run to 360; two others arrive at 120 with a known run time.
        let text = [
            reading(1000, vec![group("a", 4, None)], 0),
            reading(1060, vec![], 4),
            reading(1120, vec![group("b", 2, Some(30))], 4),
            reading(1360, vec![group("b", 2, Some(30))], 4),
            reading(1361, vec![group("b", 2, Some(30))], 0),
        ];
        let workload = read_recording(&text.concat()).unwrap();
        // Claims: a ramp to 4 in 60 s, 300 s with 4, a ramp down in 1 s; divided by four starts.
        let mean = (120 + 240 + 960 + 2) / 4;
        let jobs: Vec<_> = workload.jobs.iter().map(|job| (job.at, job.run)).collect();
        assert_eq!(jobs, [(0, mean), (0, mean), (0, mean), (0, mean), (120, 30), (120, 30)]);
        assert_eq!(workload.classes[0].needs, Needs { cpus: 2, memory: 4096, ..Needs::default() });
        assert_eq!(workload.epoch, Some(1000));
        assert!(workload.assumptions[1].starts_with("the run time of 4 jobs is not known; each runs 330 s"));
    }

    #[test]
    fn silence_is_no_end_of_jobs() {
        let failed = "{\"recorded\":1,\"source\":\"s\",\"at\":1060,\"demand\":{\"reading\":\"failed\",\"reason\":\"no\"},\
                      \"pool\":{\"reading\":\"unread\"},\"groups\":{\"reading\":\"failed\",\"reason\":\"no\"},\
                      \"slots\":{\"reading\":\"unread\"}}\n";
        let text = [&reading(1000, vec![group("a", 4, None)], 0), failed, &reading(1120, vec![group("a", 5, None)], 0)]
            .concat();
        let workload = read_recording(&text).unwrap();
        assert_eq!(workload.jobs.iter().map(|job| job.at).collect::<Vec<_>>(), [0, 0, 0, 0, 120]);
        assert!(workload.assumptions[1].contains("600 s, a guess"), "{:?}", workload.assumptions);
        assert!(workload.assumptions[2].starts_with("1 reading has no fresh number"));
    }

    #[test]
    fn a_cut_end_is_left_out_and_damage_elsewhere_is_named() {
        let good = reading(1000, vec![group("a", 1, None)], 0);
        let cut = format!("{good}{}", &good[..40]);
        let workload = read_recording(&cut).unwrap();
        assert_eq!((workload.jobs.len(), workload.jobs_left_out()), (1, 1));
        let error = read_recording(&format!("{}\n{good}", &good[..40])).unwrap_err().to_string();
        assert!(error.starts_with("line 1: "), "{error}");
        let backwards = format!("{good}{}", reading(999, vec![], 0));
        let error = read_recording(&backwards).unwrap_err().to_string();
        assert_eq!(error, "line 2: `at` is `999`, but must be at or after the reading before");
        let newer = good.replace("\"recorded\":1", "\"recorded\":2");
        assert!(read_recording(&newer).unwrap_err().to_string().contains("a newer hoist wrote it"));
    }
}
