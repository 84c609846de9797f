//! Jobs in the queue that are bound to some machines, counted and set free again.

use std::collections::BTreeMap;

use super::command::CondorCommand;
use super::error::HTCondorError;
use super::literal::literal;
use super::pool::HTCondor;
use super::submit::Target;
use super::universe::IN_SLOTS;
use crate::classad::{ClassAd, clauses, parse_old_expression};

/// The attributes by which idle jobs are put in groups: what most requirements of jobs and slots read.
const ALIKE: [&str; 11] = [
    "Owner",
    "Requirements",
    "RequestCpus",
    "RequestMemory",
    "RequestDisk",
    "RequestGPUs",
    "RequireGPUs",
    "MaxRuntime",
    "MaxWallTimeMins",
    "AllowedExecuteDuration",
    "AllowedJobDuration",
];

/// The most jobs that are named in one change.
const NAMED_AT_ONCE: usize = 200;

const RIGHT: &str = "only the owner of jobs and the administrators of the queue (QUEUE_SUPER_USERS) may change them";

/// The jobs in the queue that are bound to machines with one value of an attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoundJobs {
    /// The value.
    pub value: String,
    /// The number that waits.
    pub idle: u64,
    /// The number that runs.
    pub running: u64,
    /// The number that is held.
    pub held: u64,
    /// Idle jobs that are alike.
    pub groups: Vec<IdleJobs>,
}

/// Idle jobs that are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdleJobs {
    /// One of them: its cluster and its number there.
    pub job: (u64, u64),
    /// How many there are.
    pub count: u64,
}

impl BoundJobs {
    /// Returns the number of jobs.
    pub fn count(&self) -> u64 {
        self.idle + self.running + self.held
    }
}

impl HTCondor {
    /// Returns the jobs of all users that are bound by this attribute, in the queue;
    /// with a value, those of this value only. Jobs that DAGMan or late materialization has yet to make do not count.
    ///
    /// # Errors
    /// `condor_q` is missing, reaches no queue, lacks permission to read, or prints unreadable output.
    pub async fn bound_jobs(&self, attribute: &str, value: Option<&str>) -> Result<Vec<BoundJobs>, HTCondorError> {
        let mark = format!("Target{attribute}");
        let mut found: BTreeMap<String, BoundJobs> = BTreeMap::new();
        let mut groups: BTreeMap<(String, Vec<Option<String>>), IdleJobs> = BTreeMap::new();
        self.each_bound(&mark, value, |ad| {
            let (Some(value), Some(status)) = (ad.text(&mark), ad.int("JobStatus")) else { return };
            let jobs = found.entry(value.to_owned()).or_default();
            match status {
                1 => {
                    jobs.idle += 1;
                    let Some(job) = id_of(&ad) else { return };
                    let alike = ALIKE.iter().map(|name| ad.attribute(name).map(ToString::to_string)).collect();
                    let group = groups.entry((value.to_owned(), alike)).or_insert(IdleJobs { job, count: 0 });
                    group.count += 1;
                }
                2 | 6 | 7 => jobs.running += 1,
                5 => jobs.held += 1,
                _ => {}
            }
        })
        .await?;
        for ((value, _), group) in groups {
            found.entry(value).or_default().groups.push(group);
        }
        let named = found.into_iter().map(|(value, jobs)| BoundJobs { value, ..jobs });
        Ok(named.filter(|jobs| jobs.count() > 0).collect())
    }

    /// Lets the jobs that are bound to the target run on any machine that their own requirements allow. Returns their
    /// number.
    ///
    /// # Errors
    /// `condor_q` or `condor_qedit` is missing, reaches no queue, or is refused; jobs that were changed before stay so.
    pub async fn free(&self, target: Target<'_>) -> Result<u64, HTCondorError> {
        let (mark, clause) = (format!("Target{}", target.attribute), target.clause()?);
        let mut by_text: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
        self.each_bound(&mark, Some(target.value), |ad| {
            if let (Some(requirements), Some(job)) = (ad.attribute("Requirements"), id_of(&ad)) {
                by_text.entry(requirements.to_string()).or_default().push(job);
            }
        })
        .await?;
        let mut freed = 0;
        for (requirements, jobs) in by_text {
            let requirements = without(&requirements, &clause);
            for some in jobs.chunks(NAMED_AT_ONCE) {
                let ids: Vec<String> = some.iter().map(|(cluster, process)| format!("{cluster}.{process}")).collect();
                let change = ["-jobids", &ids.join(","), "Requirements", &requirements, mark.as_str(), "undefined"];
                let arguments = self.queue_arguments(change);
                let doing = format!("free the jobs of {}", target.value);
                let mut call = CondorCommand::new("condor_qedit", doing, arguments);
                call.right = RIGHT;
                call.run(self.search_path()).await?;
                freed += some.len() as u64;
            }
        }
        Ok(freed)
    }

    /// Removes the jobs that are bound to the target from the queue.
    ///
    /// # Errors
    /// `condor_rm` is missing, reaches no queue, or is refused.
    pub async fn remove_bound(&self, target: Target<'_>) -> Result<(), HTCondorError> {
        let constraint = bound(&format!("Target{}", target.attribute), Some(target.value))?;
        let doing = format!("remove the jobs of {}", target.value);
        let arguments = self.queue_arguments(["-constraint", &constraint]);
        let mut call = CondorCommand::new("condor_rm", doing, arguments);
        call.right = RIGHT;
        call.run(self.search_path()).await.map(drop)
    }

    /// Passes on the jobs that are bound by this mark.
    async fn each_bound(
        &self,
        mark: &str,
        value: Option<&str>,
        take: impl FnMut(ClassAd),
    ) -> Result<(), HTCondorError> {
        let mut attributes = vec!["ClusterId", "ProcId", "JobStatus", mark];
        attributes.extend(ALIKE);
        let constraint = bound(mark, value)?;
        let (attributes, doing) = (attributes.join(","), "list the jobs of annexes");
        let asked = ["-allusers", "-json", "-constraint", &constraint, "-attributes", &attributes];
        let arguments = self.queue_arguments(asked);
        CondorCommand::new("condor_q", doing, arguments).read_json_ads(self.search_path(), take).await
    }
}

/// Returns the condition that a job is bound and has not ended: those that run in no slots, such as DAGMan, are not.
fn bound(mark: &str, value: Option<&str>) -> Result<String, HTCondorError> {
    let is_bound = match value {
        Some(value) => format!("{mark} =?= {}", literal(value)?),
        None => format!("{mark} =!= undefined"),
    };
    let universes: Vec<String> = IN_SLOTS.iter().map(|universe| format!("JobUniverse == {universe}")).collect();
    // What has ended stays where its files are still to be fetched.
    Ok(format!("{is_bound} && JobStatus =!= 3 && JobStatus =!= 4 && ({})", universes.join(" || ")))
}

/// Returns the cluster of a job and its number there.
pub(super) fn id_of(ad: &ClassAd) -> Option<(u64, u64)> {
    Some((ad.int("ClusterId")?.try_into().ok()?, ad.int("ProcId")?.try_into().ok()?))
}

/// Returns the requirements without this part. Those that cannot be read stay as they are.
fn without(requirements: &str, clause: &str) -> String {
    let (Ok(expression), Ok(clause)) = (parse_old_expression(requirements), parse_old_expression(clause)) else {
        return requirements.to_owned();
    };
    let clause = clause.without_parentheses();
    let kept: Vec<String> = clauses(&expression)
        .into_iter()
        .map(|part| part.without_parentheses())
        .filter(|part| *part != clause)
        .map(|part| format!("({part})"))
        .collect();
    if kept.is_empty() { "true".to_owned() } else { kept.join(" && ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_binding_is_taken_out_of_requirements() {
        let clause = "(TARGET.AnnexName =?= \"foo\")";
        let bound = "(a || b) && ((TARGET.AnnexName is \"foo\")) && (TARGET.Arch == \"X86_64\")";
        assert_eq!(without(bound, clause), "(a || b) && (TARGET.Arch == \"X86_64\")");
        assert_eq!(without(clause, clause), "true");
        let other = "(TARGET.AnnexName =?= \"Foo\")";
        assert_eq!(without(other, clause), "(TARGET.AnnexName is \"Foo\")");
    }
}
