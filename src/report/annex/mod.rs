//! Reports on annexes: status, offers and results.

mod annex_change_document;
mod annex_deletions_document;
mod annex_document;
mod annex_event_line;
mod annex_jobs_document;
mod annex_jobs_text;
mod annex_leftover_view;
mod annex_logs_document;
mod annex_offer;
mod annex_offer_document;
mod annex_progress;
mod annex_status_document;
mod annex_summary;
mod annex_text;
mod annexes_document;
mod check_setup_document;
mod setup_document;
mod submission_document;

pub use annex_change_document::{AnnexChangeDocument, DrainedView};
pub use annex_deletions_document::{AnnexDeletionView, AnnexDeletionsDocument};
pub use annex_document::{AnnexDocument, AnnexInstanceView, JoinFailureView, ObservedAnnexView, SlotsView, StrayView};
pub use annex_event_line::AnnexEventLine;
pub use annex_jobs_document::{
    AnnexJobsView, AnnexesJobsDocument, ListedJobsView, NeverJobsView, ReleasedJobsDocument,
};
pub use annex_jobs_text::{annex_jobs_human, annexes_jobs_human};
pub(super) use annex_leftover_view::AnnexLeftoverView;
pub use annex_logs_document::{AnnexLogsDocument, InstanceLogsView, MissingLogView, NodeLogView, instance_logs_human};
pub use annex_offer::{AnnexOffer, over_budget, unknown_price};
pub use annex_offer_document::{AnnexOfferDocument, CostView, EstimateView};
pub use annex_progress::{AnnexProgress, ProgressFormat};
pub use annex_status_document::{AnnexStatusDocument, AnnexStatusesDocument, GoneAnnexView, UnknownAnnexView};
pub use annex_summary::annex_summary_human;
pub use annex_text::{annex_classads, annex_human};
pub use annexes_document::{AnnexListed, AnnexesDocument, ListedAnnexView, annexes_human};
pub use check_setup_document::{CheckSetupDocument, SetupThingView, setup_findings_human};
pub use setup_document::{SetupDocument, SetupRemainView, SetupTermsView};
pub use submission_document::{ClusterView, SubmissionDocument};
