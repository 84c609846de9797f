//! Results of `hoist elastic`.

mod asked_worker;
mod comparison_document;
mod comparison_text;
mod fleet_bounds;
mod fleet_import_document;
mod fleet_next;
mod fleet_request_document;
mod fleet_standing;
mod fleet_text;
mod fleet_view;
mod fleets_document;
mod job_answer;
mod latest_view;
mod machine_life;
mod notice_line;
mod notice_text;
mod once_document;
mod pass_text;
mod pass_view;
mod recorded_document;
mod seen_text;
mod sentences;
mod trace_document;
mod trace_text;
mod why_document;

pub use asked_worker::{AskedWorker, Whose};
pub use comparison_document::ComparisonDocument;
pub use comparison_text::comparison_human;
pub use fleet_bounds::FleetBoundsView;
pub use fleet_import_document::FleetImportDocument;
pub use fleet_next::FleetNextView;
pub use fleet_request_document::FleetRequestDocument;
pub use fleet_standing::FleetStanding;
pub use fleet_text::fleet_human;
pub use fleet_view::{FleetStatusDocument, FleetStatusesDocument, WorkerView};
pub use fleets_document::{FleetsDocument, ListedFleetView, fleets_human};
pub use job_answer::{JobAnswer, JobKindView, WhyJobDocument, job_human};
pub use latest_view::LatestView;
pub(in crate::report) use machine_life::phase_word;
pub use machine_life::{LifeStep, launch_life, machine_human, machine_life};
pub use notice_line::NoticeLine;
pub use notice_text::{notice_for_journal, notice_human};
pub use once_document::{FleetPassView, OnceDocument};
pub use pass_text::{latest_human, pass_human};
pub use pass_view::{DecisionView, ObstacleView, PassView};
pub use recorded_document::RecordedDocument;
pub use sentences::{
    FleetPlace, Obstacle, decision_sentence, event_sentence, fate_sentence, first_obstacle, limit_sentence,
    misfit_sentence, note_sentence, pass_obstacle, reason_sentence, remedy, some_of,
};
pub use trace_document::TraceDocument;
pub use trace_text::trace_human;
pub use why_document::{LifeStepView, WhyDocument, WhyMachineDocument};
