//! Reports on orphans: instances, other resources, and records of missing instances.

mod audit;
mod orphan_view;
mod orphans_document;
mod orphans_text;

pub use audit::{Audit, AuditResult, LookedAfter, OrphanAnnex, ScopeError};
pub use orphan_view::{LeftoverView, LookedAfterView, MissingView, OrphanAnnexView, OrphanView, ScopeErrorView};
pub use orphans_document::OrphansDocument;
pub use orphans_text::orphans_human;
