//! Reports on plans: as JSON, as text, as a graph, and their errors.

mod import_document;
mod level_view;
mod on_host;
mod plan_document;
mod plan_graph;
mod plan_text;
mod problem_view;
mod program_view;
mod replicas;
mod service_view;
mod validation_document;
mod written;

pub use import_document::ImportDocument;
pub use level_view::LevelView;
pub use on_host::{ForwardAgentView, LoginShellView};
pub use plan_document::PlanDocument;
pub use plan_graph::show_dot;
pub use plan_text::show_human;
pub use problem_view::ProblemView;
pub use program_view::ProgramView;
pub use service_view::{AttributeView, ElasticServiceView, ServiceView};
pub use validation_document::ValidationDocument;
