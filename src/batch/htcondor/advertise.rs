//! Publishes hoist's own ads in a pool's collector.

use super::command::CondorCommand;
use super::error::HTCondorError;
use super::literal::{is_text, literal};
use crate::batch::htcondor::pool::HTCondor;
use crate::classad::{ClassAd, old_ads};

const RIGHT: &str = "the collector must let this user advertise: ALLOW_DAEMON there, and a token with ADVERTISE_… or DAEMON rights here";

impl HTCondor {
    /// Publishes ads in the collector as generic ads; each replaces an earlier one of the same `MyType` and `Name`. The
    /// collector drops them after its `CLASSAD_LIFETIME` (15 minutes by default) unless they are published again.
    ///
    /// # Errors
    /// `condor_advertise` is missing, reaches no collector, or lacks permission.
    pub async fn advertise(&self, ads: &[ClassAd]) -> Result<(), HTCondorError> {
        if ads.is_empty() {
            return Ok(());
        }
        let doing = format!("advertise {} to the collector of {}", count(ads.len()), self.name());
        self.send(doing, "UPDATE_AD_GENERIC", ads).await
    }

    /// Removes the ad of this `MyType` and `Name` from the collector; a missing ad is no error.
    ///
    /// # Errors
    /// As [`HTCondor::advertise`].
    pub async fn withdraw(&self, my_type: &str, name: &str) -> Result<(), HTCondorError> {
        let doing = format!("take the ad of {name} out of the collector of {}", self.name());
        let condition = is_text("Name", name)?;
        let query = ClassAd::new()
            .with("MyType", "Query")
            .with("TargetType", my_type)
            .with("Name", name)
            .with("Requirements", condition);
        self.send(doing, "INVALIDATE_ADS_GENERIC", &[query]).await
    }

    /// Returns the collector's ads of this `MyType`: the one of this name, or all.
    ///
    /// # Errors
    /// As [`HTCondor::slots`].
    pub async fn advertised(&self, my_type: &str, name: Option<&str>) -> Result<Vec<ClassAd>, HTCondorError> {
        let mut constraint = format!("MyType =?= {}", literal(my_type)?);
        if let Some(name) = name {
            constraint.push_str(&format!(" && Name =?= {}", literal(name)?));
        }
        let doing = format!("read the ads of {my_type} in the collector of {}", self.name());
        self.query(doing, &["-any"], &constraint, &[]).await
    }

    async fn send(&self, doing: String, command: &str, ads: &[ClassAd]) -> Result<(), HTCondorError> {
        let mut arguments = self.pool_arguments();
        // -debug makes it print the reason of a failure.
        arguments.extend(["-debug", "-multiple", command, "-"].map(str::to_owned));
        let mut call = CondorCommand::new("condor_advertise", doing, arguments);
        call.input = old_ads(ads).into_bytes();
        call.right = RIGHT;
        call.run(self.search_path()).await.map(drop)
    }
}

fn count(ads: usize) -> String {
    if ads == 1 { "an ad".to_owned() } else { format!("{ads} ads") }
}
