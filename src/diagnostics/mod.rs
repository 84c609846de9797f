//! Diagnostics: problems with user input, from detection to display.

mod diagnostic;
mod list;
mod nearest;
mod place;
mod printable;
mod severity;

pub use diagnostic::{Cause, Diagnostic};
pub use hoist_engines::diagnostics::{agreeing, counted};
pub use list::Diagnostics;
pub use nearest::{did_you_mean, did_you_mean_word, nearest, nearest_first};
pub use place::Place;
pub use printable::{acts_on_terminals, printable, shown, without_controls};
pub use severity::Severity;
