//! What is wrong with what was given, from where it is seen to where it is shown.

mod diagnostic;
mod place;
mod printable;

pub use diagnostic::{Cause, Diagnostic, Severity};
pub use place::Place;
pub use printable::{acts_on_terminals, printable};
