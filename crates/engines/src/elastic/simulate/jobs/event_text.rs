//! HTCondor's event logs as text: a header line, further lines, and `...` after each event.

use super::event_time::EventClock;
use super::input_error::{Fault, InputError, Place};
use super::job_story::{JobEvent, JobStories, insert_number};
use super::workload::Workload;
use super::workload_builder::WorkloadBuilder;
use crate::classad::{ClassAd, Name, parse_old_expression};

/// Names of the lines of a terminated job's table of resources, and the attributes that their requests are.
const TABLE: [(&str, &str); 4] =
    [("cpus", "RequestCpus"), ("memory (mb)", "RequestMemory"), ("disk (kb)", "RequestDisk"), ("gpus", "RequestGPUs")];

/// The first line of an event.
struct Header {
    event: Option<JobEvent>,
    job: (i64, i64),
    at: i64,
}

/// Tells whether a line is the first one of an event.
pub(super) fn is_header(line: &str) -> bool {
    split_header(line).is_some()
}

fn split_header(line: &str) -> Option<(u32, (i64, i64), &str)> {
    let (code, rest) = line.split_once(" (")?;
    let (ids, rest) = rest.split_once(") ")?;
    if code.len() != 3 {
        return None;
    }
    let mut numbers = ids.split('.').map(|id| id.parse().ok());
    Some((code.parse().ok()?, (numbers.next()??, numbers.next()??), rest))
}

fn header(line: &str, clock: &mut EventClock) -> Option<Header> {
    let (code, job, rest) = split_header(line)?;
    let (date, rest) = match rest.split_once(['T', ' '])? {
        (date, rest) if date.contains(['-', '/']) => (date, rest),
        _ => return None,
    };
    let at = clock.read(date, rest.split_whitespace().next()?)?;
    Some(Header { event: JobEvent::of_code(code), job, at })
}

/// Reads a log.
pub(super) fn read_event_text(text: &str) -> Result<Workload, InputError> {
    let mut builder = WorkloadBuilder::default();
    let (mut stories, mut clock) = (JobStories::default(), EventClock::default());
    let mut current: Option<(Header, ClassAd)> = None;
    for (position, line) in text.lines().enumerate() {
        let place = Place::Line(position + 1);
        if line.trim_end() == "..." {
            close(&mut builder, &mut stories, current.take()).map_err(|fault| InputError::at(place, fault))?;
        } else if let Some((header, ad)) = &mut current {
            describe(ad, header.event, line);
        } else if !line.trim().is_empty() {
            let header = header(line, &mut clock).ok_or_else(|| {
                let text = line.chars().take(80).collect();
                InputError::at(place, Fault::Event { text })
            })?;
            current = Some((header, ClassAd::new()));
        }
    }
    // The last event of a log that is being written may lack its end; then it is not complete.
    stories.finish(&mut builder);
    Ok(builder.finish_from_first())
}

fn close(
    builder: &mut WorkloadBuilder,
    stories: &mut JobStories,
    current: Option<(Header, ClassAd)>,
) -> Result<(), Fault> {
    match current {
        Some((Header { event: Some(event), job, at }, ad)) => stories.add(builder, job, event, at, ad),
        _ => Ok(()),
    }
}

/// Takes in what a further line of an event says of the job.
fn describe(ad: &mut ClassAd, event: Option<JobEvent>, line: &str) {
    match event {
        Some(JobEvent::Ended) => {
            let Some((name, numbers)) = line.split_once(':') else { return };
            let name = name.trim().to_ascii_lowercase();
            let Some((_, attribute)) = TABLE.iter().find(|(row, _)| *row == name) else { return };
            // Usage may be missing; request and what was allocated stand last.
            let numbers: Vec<i64> = numbers.split_whitespace().filter_map(|number| number.parse().ok()).collect();
            if let [.., request, _] = numbers[..] {
                insert_number(ad, attribute, request);
            }
        }
        Some(JobEvent::Described) => {
            let Some((name, expression)) = line.split_once(" = ") else { return };
            if let Ok(expression) = parse_old_expression(expression.trim()) {
                ad.insert(Name::new(name.trim()), expression);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
000 (012.000.000) 2026-01-31 12:00:00 Job submitted from host: <10.0.0.1:9618>
...
000 (012.001.000) 2026-01-31 12:00:00 Job submitted from host: <10.0.0.1:9618>
...
001 (012.000.000) 2026-01-31 12:01:00 Job executing on host: <10.0.0.2:9618>
...
004 (012.000.000) 2026-01-31 12:02:00 Job was evicted.
...
001 (012.000.000) 2026-01-31 12:03:00 Job executing on host: <10.0.0.2:9618>
...
028 (012.000.000) 2026-01-31 12:03:00 Job ad information event triggered.
Requirements = TARGET.Arch == \"X86_64\"
...
005 (012.000.000) 2026-01-31 12:13:30 Job terminated.
\t(1) Normal termination (return value 0)
\tPartitionable Resources :    Usage  Request Allocated
\t   Cpus                 :                 2         2
\t   Disk (KB)            :       40      512    811200
\t   Memory (MB)          :        1      100       128
...
009 (012.001.000) 2026-01-31 12:14:00 Job was aborted.
...
000 (013.000.000) 2026-01-31 12:15:00 Job submitted from host: <10.0.0.1:9618>
...
001 (013.000.000) 2026-01-31 12:15:10 Job exec";

    #[test]
    fn the_last_run_counts_and_the_table_gives_the_needs() {
        let workload = read_event_text(LOG).unwrap();
        let jobs: Vec<_> = workload.jobs.iter().map(|job| (job.at, job.run)).collect();
        assert_eq!(jobs, [(0, 630)]);
        let needs = &workload.classes[0].needs;
        assert_eq!((needs.cpus, needs.memory, needs.disk), (2, 128, 512));
        assert_eq!(needs.requirements.as_deref(), Some("TARGET.Arch == \"X86_64\""));
        let left_out: Vec<_> = workload.left_out.iter().map(|left_out| (left_out.reason, left_out.jobs)).collect();
        assert_eq!(left_out, [("removed before they ended", 1), ("not ended in the log", 1)]);
    }

    #[test]
    fn a_line_that_is_no_event_is_named() {
        let error = read_event_text("000 (1.0.0) 2026-01-31 12:00:00 Job\n...\nhello\n").unwrap_err().to_string();
        assert_eq!(error, "line 3: not an event like `000 (12.0.0) 2026-01-31 12:00:00 …`: hello");
    }
}
