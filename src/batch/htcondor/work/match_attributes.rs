//! Attributes of slots that matter for matches, and those that do not.
//!
//! A slot's ad has about 150 attributes. Counters and clocks change with every report, and names tell one machine from
//! another that is alike: unless an expression reads them they are left out, so that alike slots share one ad.

use std::collections::BTreeSet;

use crate::classad::{ClassAd, Expression, references_in};

/// Beginnings of the names of counters, which no requirement reads.
const STATISTICS: [&str; 8] =
    ["recent", "updates", "monitorself", "expectedmachine", "totaltime", "child", "addressv1", "daemoncoreduty"];

/// Names that tell a machine from another, and values that change from report to report, in lower case.
const OWN: &[&str] = &[
    "activationrequests",
    "authenticatedidentity",
    "authenticationmethod",
    "claimrequests",
    "clockday",
    "clockmin",
    "condorloadavg",
    "consoleidle",
    "cpubusy",
    "cpubusytime",
    "daemonlastreconfigtime",
    "daemonstarttime",
    "ec2instanceid",
    "enteredcurrentactivity",
    "enteredcurrentstate",
    "filesystemdomain",
    "hoistinstance",
    "jobpreemptions",
    "jobrankpreemptions",
    "jobstarts",
    "jobuserpriopreemptions",
    "keyboardidle",
    "lastbenchmark",
    "lastdrainstarttime",
    "lastdrainstoptime",
    "lastfetchworkcompleted",
    "lastfetchworkspawned",
    "lastheardfrom",
    "loadavg",
    "machine",
    "mycurrenttime",
    "myaddress",
    "name",
    "newdslotnotmatch",
    "nextfetchworkdelay",
    "numdynamicslots",
    "numdynamicslotstime",
    "numpids",
    "retirementtimeremaining",
    "startdipaddr",
    "timetolive",
    "totalcondorloadavg",
    "totalloadavg",
    "totalvirtualmemory",
    "updatesequencenumber",
    "utsnamenodename",
    "virtualmemory",
];

/// Names of attributes in lower case.
pub(super) type Names = BTreeSet<String>;

/// Whether an attribute is a counter.
pub(super) fn is_statistic(lower: &str) -> bool {
    STATISTICS.iter().any(|beginning| lower.starts_with(beginning))
}

/// Returns a slot's ad without what tells it from others that are alike, apart from the attributes that are `read`.
pub(super) fn matched(ad: &ClassAd, read: &Names) -> ClassAd {
    ad.iter()
        .filter(|(name, _)| !OWN.contains(&name.lower()) || read.contains(name.lower()))
        .map(|(name, expression)| (name.clone(), expression.clone()))
        .collect()
}

/// Adds what a slot's requirements read: its own attributes, and those of jobs.
pub(super) fn read_by_slot(slot: &ClassAd, own: &mut Names, of_jobs: &mut Names) {
    for name in ["Requirements", "Start", "Rank"] {
        let Some(expression) = slot.attribute(name) else { continue };
        let found = references_in(expression, slot);
        for bare in found.bare {
            // A bare name that the slot lacks is looked up in the job.
            (if slot.attribute(&bare).is_some() { &mut *own } else { &mut *of_jobs }).insert(bare);
        }
        own.extend(found.my);
        of_jobs.extend(found.target);
    }
}

/// Adds the attributes of slots that jobs of a group read.
pub(super) fn read_by_jobs(job: &ClassAd, of_slots: &mut Names) {
    for (name, expression) in job.iter() {
        if matches!(name.lower(), "requirements" | "rank") || name.lower().starts_with("request") {
            let found = references_in(expression, job);
            of_slots.extend(found.target);
            of_slots.extend(found.bare.into_iter().filter(|bare| job.attribute(bare).is_none()));
        }
    }
}

/// Adds the names that a job's own expressions read and it might have: those that are not said to be the slot's.
pub(super) fn read_by_jobs_themselves(job: &ClassAd, names: &mut Names) {
    for (_, expression) in job.iter() {
        if let Expression::Node(_) = expression {
            let found = references_in(expression, job);
            names.extend(found.my.into_iter().chain(found.bare));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_clocks_stay_where_an_expression_reads_them() {
        let slot = "Name = \"slot1@a\"\nMachine = \"a\"\nKeyboardIdle = 5\nMemory = 9\nStart = KeyboardIdle > 3 && Proj == \"x\"";
        let slot = ClassAd::from_long_text(slot).unwrap();
        let job =
            ClassAd::from_long_text("RequestMemory = 5\nRequirements = TARGET.Machine != \"b\" && Memory > 1").unwrap();
        let (mut of_slots, mut of_jobs) = (Names::new(), Names::new());
        read_by_slot(&slot, &mut of_slots, &mut of_jobs);
        read_by_jobs(&job, &mut of_slots);
        let names: Vec<String> = matched(&slot, &of_slots).iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, ["Machine", "KeyboardIdle", "Memory", "Start"]);
        assert_eq!(of_jobs.into_iter().collect::<Vec<_>>(), ["proj"]);
    }
}
