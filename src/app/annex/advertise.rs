//! The annex ad in the collector of the pool.

use crate::annex::{ANNEX_AD, Annex, AnnexStatus, annex_ad};
use crate::batch::htcondor::{HTCondor, HTCondorError};

/// Result of [`advertise`].
pub(super) enum Advertised {
    /// The collector has the ad.
    There,
    /// The annex is gone, and its ad was withdrawn.
    Withdrawn,
}

/// Puts the ad of an annex into the collector, or withdraws it if the annex is gone.
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
