use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::factories::{add_hidden, shared};
use super::group_attributes::OF_ANSWER;
use super::match_attributes::{Names, read_by_jobs_themselves};
use super::queue_answer::{QueueAnswer, Waiting};
use crate::batch::htcondor::command::CondorCommand;
use crate::batch::htcondor::error::HTCondorError;
use crate::batch::htcondor::pool::HTCondor;
use crate::classad::ClassAd;
use crate::elastic::engine::Seconds;

/// The time limit of a question to a queue: 50,000 jobs are put in groups within a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most output of a question, in bytes: 30,000 groups, or 60,000 jobs of a queue that puts none in groups.
const LONGEST: usize = 64 << 20;

/// The most jobs that are named in one question.
const NAMED_AT_ONCE: usize = 500;

/// The most questions to a queue that puts no jobs in groups: each adds the attributes that the last ones read.
const MOST_ROUNDS: usize = 4;

/// A job's number: cluster and process.
type JobId = (u64, u64);

/// The question for the waiting jobs of a queue.
#[derive(Clone, Debug)]
pub(super) struct JobQuery {
    pub(super) pool: HTCondor,
    /// The queue's name.
    pub(super) queue: String,
    /// The attributes by which jobs are put in groups.
    pub(super) attributes: Arc<[String]>,
    /// Jobs that were submitted at this time or later are left out: they have not been through a negotiation.
    pub(super) young_from: Seconds,
    /// The present time.
    pub(super) now: Seconds,
}

impl JobQuery {
    /// Asks the queue.
    ///
    /// The queue puts the jobs in groups itself (`-group-by`), by attributes of the question and those that these read.
    /// A condition is evaluated on the named attributes alone: jobs would be missing without an error if it read
    /// another one. So the young jobs are asked for apart, with their `QDate`, and are taken off.
    pub(super) async fn ask(&self) -> Result<QueueAnswer, HTCondorError> {
        let mut dated = self.attributes.to_vec();
        dated.push("QDate".to_owned());
        let young = format!("JobStatus == 1 && QDate >= {}", self.young_from);
        let (all, young, factories) = tokio::try_join!(
            self.jobs(&["-group-by"], "JobStatus == 1", &self.attributes),
            self.jobs(&["-group-by"], &young, &dated),
            self.factories()
        )?;
        let are_grouped = all.iter().all(|ad| ad.attribute("JobCount").is_some());
        let mut waiting = if are_grouped { self.grouped(&all, &young).await? } else { self.one_by_one().await? };
        for factory in factories.iter().filter(|factory| factory.int("QDate") < Some(self.young_from)) {
            add_hidden(&mut waiting, factory, &self.attributes);
        }
        let mut answer = QueueAnswer::default();
        waiting.into_iter().for_each(|jobs| answer.take(jobs, self.now));
        Ok(answer)
    }

    fn call(&self, doing: &str, arguments: Vec<String>) -> CondorCommand {
        let doing = format!("{doing} in the queue {}", self.queue);
        let mut all = self.pool.pool_arguments();
        // Without -allusers it would show the caller's own jobs (CONDOR_Q_ONLY_MY_JOBS).
        all.extend(["-name", &self.queue, "-allusers", "-json"].map(str::to_owned));
        all.extend(arguments);
        let mut call = CondorCommand::new("condor_q", doing, all);
        (call.patience, call.longest) = (PATIENCE, LONGEST);
        call
    }

    async fn ads(&self, call: CondorCommand) -> Result<Vec<ClassAd>, HTCondorError> {
        let mut ads = Vec::new();
        call.read_json_ads(self.pool.search_path(), |ad| ads.push(ad)).await?;
        Ok(ads)
    }

    async fn jobs(
        &self,
        options: &[&str],
        constraint: &str,
        attributes: &[String],
    ) -> Result<Vec<ClassAd>, HTCondorError> {
        let mut arguments: Vec<String> = ["-constraint", constraint].map(str::to_owned).into();
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        arguments.extend(["-attributes".to_owned(), attributes.join(",")]);
        self.ads(self.call("count the waiting jobs", arguments)).await
    }

    /// Returns the clusters that have jobs of theirs still to come.
    async fn factories(&self) -> Result<Vec<ClassAd>, HTCondorError> {
        self.ads(self.call("read the clusters whose jobs appear late", vec!["-factory".to_owned()])).await
    }

    /// Makes groups of the queue's own.
    async fn grouped(&self, all: &[ClassAd], young: &[ClassAd]) -> Result<Vec<Waiting>, HTCondorError> {
        let mut too_young: HashMap<String, u64> = HashMap::new();
        for group in young {
            let count = too_young.entry(stripped(group).to_string()).or_default();
            *count = count.saturating_add(count_of(group));
        }
        let mut groups: Vec<(Waiting, Vec<JobId>)> = Vec::new();
        for group in all {
            let ad = stripped(group);
            let left_out = too_young.get(&ad.to_string()).copied().unwrap_or(0);
            let count = count_of(group).saturating_sub(left_out);
            if count > 0 {
                let ends = job_ids(group.text("JobIds").unwrap_or_default());
                groups.push((Waiting { ad, count, hidden: 0, oldest: None }, ends));
            }
        }
        // Numbers grow with time: the lowest of a group, which is the first that is named, is its oldest job.
        let dates = self.dates(groups.iter().flat_map(|(_, ends)| ends.iter().copied()).collect()).await?;
        let dated = groups.into_iter().map(|(jobs, ends)| {
            let oldest = ends.iter().filter_map(|id| dates.get(id).copied()).min();
            Waiting { oldest, ..jobs }
        });
        Ok(dated.collect())
    }

    /// Returns the times at which jobs were submitted; jobs that have left the queue are missing.
    async fn dates(&self, ids: Vec<JobId>) -> Result<BTreeMap<JobId, Seconds>, HTCondorError> {
        let mut dates = BTreeMap::new();
        for some in ids.chunks(NAMED_AT_ONCE) {
            let mut arguments = vec!["-attributes".to_owned(), "ClusterId,ProcId,QDate".to_owned()];
            arguments.extend(some.iter().map(|(cluster, process)| format!("{cluster}.{process}")));
            for job in self.ads(self.call("look since when jobs wait", arguments)).await? {
                if let (Some(id), Some(date)) = (id_of(&job), job.int("QDate")) {
                    dates.insert(id, date);
                }
            }
        }
        Ok(dates)
    }

    /// Reads all waiting jobs and puts them in groups here, for queues that do not.
    async fn one_by_one(&self) -> Result<Vec<Waiting>, HTCondorError> {
        let mut wanted: Names = self.attributes.iter().map(|name| name.to_lowercase()).collect();
        wanted.insert("qdate".to_owned());
        let mut jobs = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let names: Vec<String> = wanted.iter().cloned().collect();
            jobs = self.jobs(&[], "JobStatus == 1", &names).await?;
            let before = wanted.len();
            jobs.iter().for_each(|job| read_by_jobs_themselves(job, &mut wanted));
            if wanted.len() == before {
                break;
            }
        }
        let mut groups: BTreeMap<String, Waiting> = BTreeMap::new();
        for job in jobs.iter().filter(|job| job.int("QDate") < Some(self.young_from)) {
            let ad = shared(job, &self.attributes);
            let group = groups.entry(ad.to_string()).or_insert(Waiting { ad, count: 0, hidden: 0, oldest: None });
            group.count = group.count.saturating_add(1);
            group.oldest = [group.oldest, job.int("QDate")].into_iter().flatten().min();
        }
        Ok(groups.into_values().collect())
    }
}

/// Returns the attributes that the jobs of a group share.
fn stripped(group: &ClassAd) -> ClassAd {
    let not_shared = |lower: &str| {
        matches!(lower, "jobstatus" | "qdate") || OF_ANSWER.iter().any(|name| name.eq_ignore_ascii_case(lower))
    };
    let kept = group.iter().filter(|(name, _)| !not_shared(name.lower()));
    kept.map(|(name, expression)| (name.clone(), expression.clone())).collect()
}

fn count_of(group: &ClassAd) -> u64 {
    group.int("JobCount").and_then(|count| count.try_into().ok()).unwrap_or(0)
}

fn id_of(job: &ClassAd) -> Option<JobId> {
    Some((job.int("ClusterId")?.try_into().ok()?, job.int("ProcId")?.try_into().ok()?))
}

/// Returns the first and the last of the jobs that `JobIds` names: `1.0`, `1.0 ... 7.3`.
fn job_ids(text: &str) -> Vec<JobId> {
    let ids = text.split([' ', ',']).filter_map(|word| {
        let (cluster, process) = word.split_once('.')?;
        Some((cluster.parse().ok()?, process.parse().ok()?))
    });
    let mut ids: Vec<JobId> = ids.collect();
    if ids.len() > 2 {
        ids.drain(1..ids.len() - 1);
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_named_by_the_ends_of_their_range() {
        assert_eq!(job_ids("1.3 ... 7.1"), [(1, 3), (7, 1)]);
        assert_eq!(job_ids("3.0"), [(3, 0)]);
        assert_eq!(job_ids("1.0 1.1 2.0"), [(1, 0), (2, 0)]);
        assert_eq!(job_ids("..."), []);
    }

    #[test]
    fn a_groups_ad_has_nothing_of_one_job() {
        let group = "Id = 1\nJobCount = 3\nJobIds = \"1.0\"\nJobStatus = 1\nQDate = 5\nOwner = \"a\"\nJobPrio = 0";
        let ad = stripped(&ClassAd::from_long_text(group).unwrap());
        assert_eq!(ad.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Owner", "JobPrio"]);
    }
}
