//! An annex's own ad in the collector of its pool.

use std::time::Duration;

use crate::annex::{ANNEX_AD, Annex, AnnexStatus, annex_ad};
use crate::app::{CommandError, Exit};
use crate::batch::htcondor::{HTCondor, HTCondorError};
use crate::plan::Lease;

/// More often would tell the collector nothing new; less often, and it forgets the ad (`CLASSAD_LIFETIME` is 15
/// minutes).
const BETWEEN: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(14 * 60));

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

/// How often the ad is put there again.
pub(super) fn every(text: &str) -> Result<Duration, CommandError> {
    let wrong = |why: &str| CommandError::with_exit(Exit::Usage, format!("--every: \"{}\" {why}", text.escape_debug()));
    match text.parse() {
        Ok(Lease::For(pause)) if (BETWEEN.0..=BETWEEN.1).contains(&pause) => Ok(pause),
        Ok(Lease::For(_)) => Err(wrong("is not between 1s and 14m: the collector forgets ads after 15 minutes")),
        _ => Err(wrong("is no length; write 1m")),
    }
}
