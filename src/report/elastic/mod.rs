//! Results of `hoist elastic`.

mod trace_document;
mod trace_text;

pub use trace_document::TraceDocument;
pub use trace_text::trace_human;
