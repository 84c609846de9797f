use std::collections::BTreeMap;

use super::bound_jobs::id_of;
use super::command::CondorCommand;
use super::error::HTCondorError;
use super::pool::HTCondor;
use crate::classad::ClassAd;
use crate::diagnostics::counted;

impl HTCondor {
    /// Returns the ad of a job that is in the queue in HTCondor's local configuration: `12.0`, or `12` for the first
    /// job of a cluster. None: it is not there, or no longer.
    ///
    /// # Errors
    /// `condor_q` is missing, reaches no queue, lacks permission to read, or prints unreadable output.
    pub async fn job(&self, cluster: u64, process: Option<u64>) -> Result<Option<ClassAd>, HTCondorError> {
        let mut constraint = format!("ClusterId =?= {cluster}");
        if let Some(process) = process {
            constraint.push_str(&format!(" && ProcId =?= {process}"));
        }
        Ok(self.ads_of_jobs(&constraint, 1, format!("look for job {cluster}")).await?.into_iter().next())
    }

    /// Returns the ads of those of these jobs that are in the queue in HTCondor's local configuration, each by its
    /// cluster and its number there.
    ///
    /// # Errors
    /// `condor_q` is missing, reaches no queue, lacks permission to read, or prints unreadable output.
    pub async fn jobs_at(&self, jobs: &[(u64, u64)]) -> Result<BTreeMap<(u64, u64), ClassAd>, HTCondorError> {
        if jobs.is_empty() {
            return Ok(BTreeMap::new());
        }
        let each = jobs.iter().map(|(cluster, process)| format!("(ClusterId =?= {cluster} && ProcId =?= {process})"));
        let constraint = each.collect::<Vec<_>>().join(" || ");
        let doing = format!("look for {}", counted(jobs.len(), "job"));
        let ads = self.ads_of_jobs(&constraint, jobs.len(), doing).await?;
        Ok(ads.into_iter().filter_map(|ad| Some((id_of(&ad)?, ad))).collect())
    }

    async fn ads_of_jobs(&self, constraint: &str, most: usize, doing: String) -> Result<Vec<ClassAd>, HTCondorError> {
        let most = most.to_string();
        let arguments = self.queue_arguments(["-allusers", "-constraint", constraint, "-long", "-limit", &most]);
        let call = CondorCommand::new("condor_q", doing, arguments);
        let ended = call.end(self.search_path()).await?;
        if !ended.status.success() {
            return Err(call.failure(&ended));
        }
        ClassAd::all_from_long_text(&ended.output).map_err(|error| call.unreadable(error.to_string()))
    }
}
