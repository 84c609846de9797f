//! Our own ads in a pool's collector.

use super::annex_ads::ANNEX_AD;
use super::classad::ClassAd;
use super::classad_expr::literal;
use super::classad_write::old_ads;
use super::command::CondorCommand;
use super::error::HTCondorError;
use super::htcondor::HTCondor;
use crate::annex::AnnexId;

const RIGHT: &str = "the collector must let this user advertise: ALLOW_DAEMON there, and a token with ADVERTISE_… or DAEMON rights here";

impl HTCondor {
    /// Puts ads into the collector as generic ones, each under its `MyType` and `Name`; one of the same is replaced.
    /// The collector forgets them after its `CLASSAD_LIFETIME` (15 minutes unless configured), unless they are put
    /// there again.
    ///
    /// # Errors
    /// `condor_advertise` is missing, reaches no collector, or is not allowed to.
    pub async fn advertise(&self, ads: &[ClassAd]) -> Result<(), HTCondorError> {
        if ads.is_empty() {
            return Ok(());
        }
        let doing = format!("advertise {} to the collector of {}", count(ads.len()), self.name());
        self.send(doing, "UPDATE_AD_GENERIC", ads).await
    }

    /// Takes the ad of an annex out of the collector; one that is not there is no error.
    ///
    /// # Errors
    /// As [`HTCondor::advertise`].
    pub async fn withdraw(&self, annex: &AnnexId) -> Result<(), HTCondorError> {
        let doing = format!("take the ad of annex {} out of the collector of {}", annex.name, self.name());
        let name = annex.tag();
        let query = ClassAd::new()
            .with("MyType", "Query")
            .with("TargetType", ANNEX_AD)
            .with("Name", name.as_str())
            .with("Requirements", super::ClassAdValue::Expression(format!("Name =?= {}", literal(&name)?)));
        self.send(doing, "INVALIDATE_ADS_GENERIC", &[query]).await
    }

    /// The ads of annexes that the collector has: one annex's, or all.
    ///
    /// # Errors
    /// As [`HTCondor::slots`].
    pub async fn advertised(&self, annex: Option<&AnnexId>) -> Result<Vec<ClassAd>, HTCondorError> {
        let mut constraint = format!("MyType =?= {}", literal(ANNEX_AD)?);
        if let Some(annex) = annex {
            constraint.push_str(&format!(" && Name =?= {}", literal(&annex.tag())?));
        }
        let doing = format!("read the ads of annexes in the collector of {}", self.name());
        self.query(doing, &["-any"], &constraint, &[]).await
    }

    async fn send(&self, doing: String, command: &str, ads: &[ClassAd]) -> Result<(), HTCondorError> {
        let mut arguments = self.pool_arguments();
        // With -debug it says why it failed.
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
