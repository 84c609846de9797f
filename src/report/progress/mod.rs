//! Progress of runs: bars, lines, or events in JSON.

mod live_shape;
mod progress_bars;
mod progress_jsonl;
mod progress_lines;
mod run_event_line;
mod waits;

pub use progress_bars::Live;
pub use progress_jsonl::Events;
pub use progress_lines::Lines;
pub use run_event_line::RunEventLine;
