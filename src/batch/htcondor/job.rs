use super::command::CondorCommand;
use super::error::HTCondorError;
use super::pool::HTCondor;
use crate::classad::ClassAd;

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
        let arguments = ["-allusers", "-constraint", &constraint, "-long", "-limit", "1"];
        let call = CondorCommand::new("condor_q", format!("look for job {cluster}"), arguments);
        let ended = call.end(self.search_path()).await?;
        if !ended.status.success() {
            return Err(call.failure(&ended));
        }
        let ads = ClassAd::all_from_long_text(&ended.output).map_err(|error| call.unreadable(error.to_string()))?;
        Ok(ads.into_iter().next())
    }
}
