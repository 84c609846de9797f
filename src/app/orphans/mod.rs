//! What nobody looks after: finding it everywhere, and removing it as far as it is ours to remove.

mod audit;
mod claim;
mod damage;
mod elsewhere;
mod remove;
mod remove_annex;
mod scope;

pub(crate) use audit::{AuditReport, AuditRequest, audit};
pub(crate) use claim::Claim;
pub(crate) use remove::{Spared, in_words, remove};
