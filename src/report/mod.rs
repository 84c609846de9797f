//! What the user sees: progress, tables, JSON. Engine events in, text out.

mod events;
mod failure;
mod lines;
mod live;
pub mod plan;
mod run;
mod style;
mod table;
pub mod time;

pub use events::Events;
pub use failure::{explain, failed, printable};
pub use lines::Lines;
pub use live::Live;
pub use run::run_json;
pub use style::Style;
pub use table::{Cell, table};
