//! An annex's own ad in the collector of its pool.

use crate::annex::{ANNEX_AD, Annex, AnnexStatus, annex_ad};
use crate::batch::htcondor::{HTCondor, HTCondorError};

/// What became of the ad.
pub(super) enum Advertised {
    /// The collector has it.
    There,
    /// The annex is gone, and the collector has it no more.
    Withdrawn,
}

/// Puts the ad of an annex into the collector, or takes it out where the annex is gone.
pub(super) async fn advertise(
    pool: &HTCondor,
    record: &Annex,
    status: Option<&AnnexStatus>,
) -> Result<Advertised, HTCondorError> {
    match status {
        Some(status) => {
            pool.advertise(&[annex_ad(status)]).await?;
            Ok(Advertised::There)
        }
        None => {
            pool.withdraw(ANNEX_AD, &record.id.tag()).await?;
            Ok(Advertised::Withdrawn)
        }
    }
}
