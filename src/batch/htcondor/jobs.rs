//! Jobs in HTCondor's queue.

/// Jobs of one cluster, HTCondor's unit of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Jobs {
    /// The cluster's id in the queue.
    pub cluster: u64,
    /// The number of jobs.
    pub count: u64,
}

/// Why an output names no jobs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TerseError {
    /// An unreadable line.
    #[error("\"{}\" names no jobs", .0.escape_debug())]
    Line(String),
    /// An empty output.
    #[error("no jobs are named")]
    Nothing,
}

/// Parses the output of `condor_submit -terse`: lines such as `12.0 - 12.99`.
///
/// # Errors
/// The first unreadable line; an empty output is an error too.
pub fn parse_terse(text: &str) -> Result<Vec<Jobs>, TerseError> {
    let mut found: Vec<Jobs> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let wrong = || TerseError::Line(line.to_owned());
        let ((cluster, first), (last_cluster, last)) =
            line.split_once(" - ").and_then(|(first, last)| Some((job_of(first)?, job_of(last)?))).ok_or_else(wrong)?;
        if cluster != last_cluster {
            return Err(wrong());
        }
        let count = last.checked_sub(first).and_then(|more| more.checked_add(1)).ok_or_else(wrong)?;
        match found.iter_mut().find(|jobs| jobs.cluster == cluster) {
            Some(jobs) => jobs.count = jobs.count.saturating_add(count),
            None => found.push(Jobs { cluster, count }),
        }
    }
    if found.is_empty() { Err(TerseError::Nothing) } else { Ok(found) }
}

fn job_of(text: &str) -> Option<(u64, u64)> {
    let (cluster, process) = text.trim().split_once('.')?;
    Some((cluster.parse().ok()?, process.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_and_their_jobs_are_read() {
        let jobs = |cluster, count| Jobs { cluster, count };
        assert_eq!(parse_terse("4.0 - 4.3\n").unwrap(), [jobs(4, 4)]);
        assert_eq!(parse_terse("4.0 - 4.3\n5.0 - 5.0\n4.4 - 4.4\n\n").unwrap(), [jobs(4, 5), jobs(5, 1)]);
        for wrong in [
            "",
            "Submitting job(s)",
            "4.0",
            "4.0 - 5.1",
            "4.3 - 4.0",
            "a.0 - a.1",
            "4.0 - 4.-1",
            "1.0 - 1.18446744073709551615",
        ] {
            assert!(parse_terse(wrong).is_err(), "{wrong}");
        }
    }
}
