//! The output for users: progress, tables and JSON, made from events of the engine.
//!
//! Each document is a type named for its content: [`RunDocument`], [`StatusDocument`]. Its fields are the contract
//! published in `schemas/`; the text for people is rendered beside it.

mod annex;
mod colors;
mod doctor_document;
mod elastic;
mod guard;
mod images;
mod images_document;
mod orphans;
pub mod plan;
mod progress;
mod pruned_document;
mod run;
mod schema_version;
#[cfg(test)]
mod schemas;
mod table;
pub mod time;
mod userdata;
mod wizard_document;
mod worker;

pub use crate::diagnostics::counted as count;
pub use annex::{
    AnnexChangeDocument, AnnexDeletionView, AnnexDeletionsDocument, AnnexDocument, AnnexEventLine, AnnexInstanceView,
    AnnexJobsView, AnnexListed, AnnexLogsDocument, AnnexOffer, AnnexOfferDocument, AnnexProgress, AnnexStatusDocument,
    AnnexStatusesDocument, AnnexesDocument, AnnexesJobsDocument, CheckSetupDocument, ClusterView, CostView,
    DrainedView, EstimateView, GoneAnnexView, InstanceLogsView, JoinFailureView, ListedAnnexView, ListedJobsView,
    MissingLogView, NeverJobsView, NodeLogView, ObservedAnnexView, ProgressFormat, ReleasedJobsDocument, SetupDocument,
    SetupRemainView, SetupTermsView, SetupThingView, SlotsView, StrayView, SubmissionDocument, UnknownAnnexView,
    annex_classads, annex_human, annex_jobs_human, annex_summary_human, annexes_human, annexes_jobs_human,
    instance_logs_human, over_budget, setup_findings_human, unknown_price,
};
pub use colors::Style;
pub use doctor_document::{DoctorDocument, DoctorFindingView, doctor_human};
pub use elastic::{
    AskedWorker, ComparisonDocument, DecisionView, FleetBoundsView, FleetImportDocument, FleetNextView, FleetPassView,
    FleetPlace, FleetRequestDocument, FleetStanding, FleetStatusDocument, FleetStatusesDocument, FleetsDocument,
    JobAnswer, JobKindView, LatestView, LifeStep, LifeStepView, ListedFleetView, NoticeLine, Obstacle, ObstacleView,
    OnceDocument, PassView, RecordedDocument, TraceDocument, Whose, WhyDocument, WhyJobDocument, WhyMachineDocument,
    WorkerView, comparison_human, decision_sentence, event_sentence, fate_sentence, first_obstacle, fleet_human,
    fleets_human, job_human, latest_human, launch_life, limit_sentence, machine_human, machine_life, misfit_sentence,
    note_sentence, notice_for_journal, notice_human, pass_human, pass_obstacle, reason_sentence, remedy, some_of,
    trace_human,
};
pub use guard::{guarded, printable};
pub use images::images_human;
pub use images_document::{ImageView, ImagesDocument};
pub use orphans::{
    Audit, AuditResult, LeftoverView, LookedAfter, LookedAfterView, MissingView, OrphanAnnex, OrphanAnnexView,
    OrphanView, OrphansDocument, ScopeError, ScopeErrorView, orphans_human,
};
pub use progress::{Events, Lines, Live, RunEventLine};
pub use pruned_document::{Pruned, PrunedDocument, PrunedName, PrunedView, pruned_human};
pub use run::{
    AbandonedView, AskedAgainView, CleanDocument, DifferenceView, DoneEvent, EndingView, FailureView, Health,
    HistoryDocument, InstanceHistory, ListedRunView, LogsDocument, ObservedView, OutcomeView, PastInstanceView,
    RecordedView, ReloadDocument, ReloadReasonView, RemainView, RunDocument, RunEnding, RunServiceView, RunSummary,
    RunsDocument, ServiceFailureView, ServiceLogsView, ServiceReasonView, ServiceStatusView, StaleView, StatusDocument,
    TerminationErrorView, TerminationsDocument, UnusedInstanceView, conclusion, diagnostics, dry_run, explain, failed,
    forecast, forecast_summary, goes_on, health_human, history_human, list_human, logs_human, run_human, way_on,
};
pub use schema_version::SchemaVersion;
pub use table::{Cell, table};
pub use userdata::{
    CheckView, ChecksDocument, FindingView, LintDocument, ListedTemplate, PartView, TemplateDocument,
    TemplatesDocument, VariableView, user_data_human,
};
pub use wizard_document::{SecurityGroupView, WizardDocument};
pub use worker::{
    CloudSide, CloudSideView, ListedWorker, ListedWorkerView, ServerSide, ServerSideView, StartDocument, StartedWorker,
    StartedWorkerView, StopDocument, StoppedWorkerView, WorkersDocument, WorkersOffer, started_human, workers_human,
};
