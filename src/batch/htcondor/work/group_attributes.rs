//! The attributes by which jobs are put in groups.

use super::match_attributes::Names;
use crate::classad::{ClassAd, Expression, Literal};
use crate::elastic::engine::Seconds;

/// What a match, its order and its count depend on. The queue adds what these read in turn, such as `DiskUsage`, and
/// custom `Request…` attributes, which requirements read.
const ATTRIBUTES: [&str; 22] = [
    // The condition of a query is evaluated on these attributes alone: it must be among them.
    "JobStatus",
    "JobUniverse",
    "JobPrio",
    "Requirements",
    "Rank",
    "Owner",
    "AccountingGroup",
    "AcctGroup",
    "AcctGroupUser",
    "RequestCpus",
    "RequestMemory",
    "RequestDisk",
    "RequestGPUs",
    "RequireGPUs",
    "MaxHosts",
    "DeferralTime",
    "DeferralPrepTime",
    "MaxJobRetirementTime",
    "AllowedExecuteDuration",
    "AllowedJobDuration",
    "MaxRuntime",
    "MaxWallTimeMins",
];

/// Attributes that are each job's own: they would make a group of each job.
const EACH_JOBS_OWN: [&str; 12] = [
    "clusterid",
    "procid",
    "globaljobid",
    "qdate",
    "enteredcurrentstatus",
    "jobstatus",
    "lastmatchtime",
    "lastrejmatchtime",
    "remotewallclocktime",
    "numjobstarts",
    "numshadowstarts",
    "servertime",
];

/// What an answer has besides, and is no attribute of a job.
pub(super) const OF_ANSWER: [&str; 3] = ["Id", "JobCount", "JobIds"];

/// Run times that jobs tell, with the seconds in their unit: HTCondor's own limits, and those of large sites.
const RUN_TIMES: [(&str, Seconds); 4] =
    [("MaxRuntime", 1), ("MaxWallTimeMins", 60), ("AllowedExecuteDuration", 1), ("AllowedJobDuration", 1)];

/// Returns the attributes, with those that requirements of slots read.
pub(super) fn group_attributes(read_by_slots: &Names) -> Vec<String> {
    let own = ATTRIBUTES.iter().map(|&name| name.to_owned());
    let known = |name: &str| ATTRIBUTES.iter().any(|known| known.eq_ignore_ascii_case(name));
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let read =
        read_by_slots.iter().filter(|name| !known(name) && !EACH_JOBS_OWN.contains(&name.as_str()) && is_plain(name));
    own.chain(read.cloned()).collect()
}

/// Whether an attribute, of whatever case, tells how long a job runs. Submit files alone set these.
pub fn tells_run_time(name: &str) -> bool {
    RUN_TIMES.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
}

/// Returns the time that a job runs, as it tells.
pub(super) fn run_time(job: &ClassAd) -> Option<Seconds> {
    RUN_TIMES.iter().find_map(|(name, unit)| match job.attribute(name) {
        Some(Expression::Literal(Literal::Integer(time))) if *time > 0 => time.checked_mul(*unit),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slots_read_is_added_once_and_never_what_is_each_jobs_own() {
        let read = ["proj", "owner", "procid", "a b"].map(str::to_owned).into_iter().collect();
        let attributes = group_attributes(&read);
        assert_eq!(attributes.len(), ATTRIBUTES.len() + 1);
        assert_eq!(attributes.last().map(String::as_str), Some("proj"));
    }

    #[test]
    fn run_times_are_in_seconds() {
        let job = |text: &str| ClassAd::from_long_text(text).unwrap();
        assert_eq!(run_time(&job("MaxWallTimeMins = 3\nAllowedJobDuration = 9")), Some(180));
        assert_eq!(run_time(&job("MaxRuntime = x")), None);
    }
}
