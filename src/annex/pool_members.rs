//! How a pool of HTCondor's tells the machines of an annex from its others.

use super::cloud::AnnexId;
use super::name::AnnexName;
use crate::batch::htcondor::{HTCondorError, Machines, Target};

/// The attribute of machines that names their annex, as condor_annex has it.
const ANNEX_NAME: &str = "AnnexName";

/// The machines of an annex. One that says which annex of this name it belongs to must name this one.
///
/// # Errors
/// None for an annex of ours: names and tags hold nothing that HTCondor reads differently.
pub fn machines_of(annex: &AnnexId) -> Result<Machines, HTCondorError> {
    Machines::new(format!("annex {}", annex.name), ANNEX_NAME, annex.name.as_str())?
        .unless_other("HoistAnnex", &annex.tag())
}

/// What binds jobs to the annex of this name.
pub fn target_of(annex: &AnnexName) -> Target<'_> {
    Target { attribute: ANNEX_NAME, value: annex.as_str() }
}
