//! The machines of an HTCondor pool that belong to an annex.

use super::cloud::AnnexId;
use super::name::AnnexName;
use crate::batch::htcondor::{HTCondorError, Machines, Target};

/// The machine attribute that names the annex, as in condor_annex.
pub const ANNEX_NAME: &str = "AnnexName";

/// Selects the machines of an annex. A machine that states the id of its annex must state this one.
///
/// # Errors
/// None for a valid annex: HTCondor reads all characters of names and tags literally.
pub fn machines_of(annex: &AnnexId) -> Result<Machines, HTCondorError> {
    Machines::new(format!("annex {}", annex.name), ANNEX_NAME, annex.name.as_str())?
        .unless_other("HoistAnnex", &annex.tag())
}

/// Returns the target that binds jobs to the annex of this name.
pub fn target_of(annex: &AnnexName) -> Target<'_> {
    Target { attribute: ANNEX_NAME, value: annex.as_str() }
}
