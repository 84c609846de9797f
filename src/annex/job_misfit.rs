//! Why a job can run in no slot of an annex.

use crate::batch::htcondor::tells_run_time;
use crate::classad::{
    ClassAd, Expression, FailedClause, MatchResult, Missing, Name, Scope, Verdict, first_failing_clause, matches,
};

/// What begins the names of a partitionable slot's whole amounts, in lower case: `TotalSlotCpus`, `TotalSlotMemory`, …
const WHOLE: &str = "totalslot";

/// The deepest chain of attributes that is followed to the part of a requirement that fails: `Requirements`, `START`.
const DEEPEST: usize = 8;

/// Attributes of jobs and slots, in lower case, and what to do where a requirement fails on them.
const REMEDIES: [(&[&str], &str); 7] = [
    (
        &["hoistleaseend"],
        "the job says that it runs longer than the lease lasts: `hoist annex extend` makes the lease longer",
    ),
    (
        &["hasdocker", "hasdockerurl", "hascontainer", "hassif", "hassingularity", "hassandboximage"],
        "no instance of the annex runs containers: those of `hoist annex create --docker` or --apptainer do, or of an image with it",
    ),
    (
        &["gpus", "availablegpus"],
        "a type with GPUs in --pool, and an image with their drivers: image=gpu,type=g5.xlarge",
    ),
    (&["memory", "requestmemory"], "a type with more memory in --pool, or a smaller request_memory"),
    (&["cpus", "requestcpus"], "a type with more processors in --pool, or a smaller request_cpus"),
    (&["disk", "requestdisk"], "disk=100G in --pool, for a larger disk, or a smaller request_disk"),
    (&["owner", "user"], "the annex takes jobs of its --owner alone: another annex, or one with --no-owner"),
];

/// Why a job can run in no slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobMisfit {
    /// Whether the requirement is the job's; otherwise it is the slot's (`START`).
    pub of_job: bool,
    /// The first part of it that fails, as HTCondor prints it.
    pub clause: String,
    /// The attributes that it reads, with their values.
    pub values: Vec<(String, String)>,
    /// What would help, where that is known.
    pub remedy: Option<&'static str>,
}

/// Returns why a job can run in none of these slots, even when they are empty; `None` if one may run it, or if there is
/// no slot that takes jobs. The reason is that of the first slot.
///
/// The ad of a job that is not in the queue lacks attributes: then (`is_queued` is false) a slot that reads one of them
/// may run it. What only a submit file gives it lacks in truth.
pub fn misfit(job: &ClassAd, slots: &[ClassAd], is_queued: bool, now: i64) -> Option<JobMisfit> {
    let mut first = None;
    for slot in slots.iter().filter(|slot| takes_jobs(slot)) {
        let slot = whole(slot);
        let reason = reason(job, &slot, is_queued, now)?;
        first.get_or_insert(reason);
    }
    first
}

/// Whether a slot is neither drained nor about to leave, which are passing.
fn takes_jobs(slot: &ClassAd) -> bool {
    !slot.is_true("Draining") && slot.text("State") != Some("Drained") && slot.attribute("Start").is_some()
}

/// Returns a slot as if no part of it were given away.
fn whole(slot: &ClassAd) -> ClassAd {
    let mut empty = slot.clone();
    for (name, amount) in slot.iter() {
        if let Some(resource) = name.lower().strip_prefix(WHOLE)
            && slot.attribute(resource).is_some()
        {
            empty.insert(Name::new(resource), amount.clone());
        }
    }
    empty
}

/// Returns why a slot cannot run a job; `None` if it may.
fn reason(job: &ClassAd, slot: &ClassAd, is_queued: bool, now: i64) -> Option<JobMisfit> {
    let refuses = |verdict: &Verdict| matches!(verdict, Verdict::False | Verdict::Undefined);
    let MatchResult { left, right } = matches(job, slot, now);
    let of_job = refuses(&left);
    if !of_job && !refuses(&right) {
        return None;
    }
    let (my, target) = if of_job { (job, slot) } else { (slot, job) };
    let failed = failing(my, target, now)?;
    if !of_job && !is_queued && failed.missing.iter().any(may_come) {
        return None;
    }
    let values: Vec<(String, String)> =
        failed.attributes.iter().map(|(name, read)| (name.clone(), read.value.to_string())).collect();
    let reads = |names: &[&str]| {
        values.iter().any(|(name, _)| {
            let bare = name.rsplit('.').next().unwrap_or_default();
            names.iter().any(|known| known.eq_ignore_ascii_case(bare))
        })
    };
    let remedy = REMEDIES.iter().find(|(names, _)| reads(names)).map(|(_, remedy)| *remedy);
    Some(JobMisfit { of_job, clause: failed.text, values, remedy })
}

/// Whether what was missing may be given to a job by its queue.
fn may_come(missing: &Missing) -> bool {
    !tells_run_time(missing.name.lower())
}

/// Returns the part of an ad's requirements that fails, through the attributes that it names: `Requirements` of a slot
/// is `START && …`.
fn failing(my: &ClassAd, target: &ClassAd, now: i64) -> Option<FailedClause> {
    let scope = Scope::new(my, Some(target), now);
    let mut failed = first_failing_clause(my.attribute("Requirements")?, scope)?;
    for _ in 0..DEEPEST {
        let name = failed.text.strip_prefix("MY.").unwrap_or(&failed.text);
        let inner = my.attribute(name).filter(|inner| matches!(inner, Expression::Node(_)));
        match inner.and_then(|inner| first_failing_clause(inner, scope)) {
            Some(deeper) => failed = deeper,
            None => break,
        }
    }
    Some(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT: &str = "Name = \"slot1@a\"\nPartitionableSlot = true\nState = \"Unclaimed\"\nCpus = 0\nTotalSlotCpus = 2\n\
                        Memory = 10\nTotalSlotMemory = 2048\nHoistLeaseEnd = 2000\nRequirements = START && WithinResourceLimits\n\
                        START = (true) && stringListMember(TARGET.Owner, \"ann\") && \
                        ((time() + TARGET.MaxRuntime) <= MY.HoistLeaseEnd) =!= false\n\
                        WithinResourceLimits = TARGET.RequestCpus <= MY.Cpus && TARGET.RequestMemory <= MY.Memory\n";

    fn ad(text: &str) -> ClassAd {
        ClassAd::from_long_text(text).unwrap()
    }

    fn judged(job: &str) -> Option<JobMisfit> {
        let job = ad(&format!("RequestCpus = 1\nRequestMemory = 128\nOwner = \"ann\"\n{job}"));
        misfit(&job, &[ad(SLOT)], true, 1000)
    }

    #[test]
    fn a_slot_counts_as_if_it_were_empty() {
        assert_eq!(judged("Requirements = TARGET.Cpus >= 2"), None);
        assert_eq!(misfit(&ad("Requirements = false"), &[], true, 0), None);
    }

    #[test]
    fn the_failing_part_and_its_remedy_are_told() {
        for (job, of_job, clause, remedy) in [
            ("Requirements = TARGET.Cpus > 0 && TARGET.HasDocker", true, "TARGET.HasDocker", "containers"),
            ("Requirements = TARGET.GPUs >= 1", true, "TARGET.GPUs >= 1", "GPUs"),
            ("RequestMemory = 4096", false, "TARGET.RequestMemory <= MY.Memory", "more memory"),
            ("Owner = \"bob\"", false, "stringListMember(TARGET.Owner,\"ann\")", "--no-owner"),
            ("MaxRuntime = 1001", false, "((time() + TARGET.MaxRuntime) <= MY.HoistLeaseEnd) isnt false", "extend"),
        ] {
            let found = judged(job).unwrap_or_else(|| panic!("{job}"));
            assert_eq!((found.of_job, found.clause.as_str()), (of_job, clause));
            assert!(found.remedy.unwrap().contains(remedy), "{found:?}");
        }
        assert_eq!(judged("MaxRuntime = 1000"), None);
    }

    #[test]
    fn what_is_set_in_the_queue_is_no_reason_before() {
        let slot = ad("Start = true\nRequirements = TARGET.AccountingGroup == \"x\"");
        let job = ad("RequestCpus = 1");
        assert_eq!(misfit(&job, std::slice::from_ref(&slot), false, 0), None);
        assert!(misfit(&job, &[slot], true, 0).is_some());
        // Run times are said in submit files alone.
        let slot = ad("HoistLeaseEnd = 1000\nStart = true\nRequirements = ((time() + \
                       (TARGET.MaxRuntime ?: (TARGET.MaxWallTimeMins * 60) ?: TARGET.AllowedExecuteDuration ?: \
                       TARGET.AllowedJobDuration)) <= MY.HoistLeaseEnd) =!= false");
        for long in
            ["MaxRuntime = 1001", "MaxWallTimeMins = 17", "AllowedExecuteDuration = 1001", "AllowedJobDuration = 1001"]
        {
            assert!(misfit(&ad(long), std::slice::from_ref(&slot), false, 0).is_some(), "{long}");
        }
        assert_eq!(misfit(&ad("AllowedJobDuration = 1000"), std::slice::from_ref(&slot), false, 0), None);
        assert_eq!(misfit(&job, &[slot], false, 0), None);
    }

    #[test]
    fn drained_slots_say_nothing() {
        let slot = ad("State = \"Drained\"\nStart = false\nRequirements = START");
        assert_eq!(misfit(&ad("RequestCpus = 1"), &[slot], true, 0), None);
    }
}
