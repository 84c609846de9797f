//! Results of `hoist elastic`.

mod comparison_document;
mod comparison_text;
mod fleet_import_document;
mod trace_document;
mod trace_text;

pub use comparison_document::ComparisonDocument;
pub use comparison_text::comparison_human;
pub use fleet_import_document::FleetImportDocument;
pub use trace_document::TraceDocument;
pub use trace_text::trace_human;
