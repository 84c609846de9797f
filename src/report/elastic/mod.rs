//! Results of `hoist elastic`.

mod fleet_import_document;
mod trace_document;
mod trace_text;

pub use fleet_import_document::FleetImportDocument;
pub use trace_document::TraceDocument;
pub use trace_text::trace_human;
