//! Search for orphans in all places, and removal of those that belong to this user.

mod audit;
mod claim;
mod damage;
mod elsewhere;
mod left_annexes;
mod remove;
mod remove_annex;
mod scope;

pub(crate) use audit::{AuditReport, AuditRequest, audit};
pub(crate) use claim::Claim;
pub(crate) use remove::{Spared, in_words, remove};
