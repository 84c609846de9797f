//! A sentence for everything that a scaler decides, leaves undone, is held back by, or records.

mod decision_sentence;
mod event_sentence;
mod fate_sentence;
mod fleet_place;
mod limit_sentence;
mod misfit_sentence;
mod note_sentence;
mod obstacle;
mod reason_sentence;
mod remedy;
#[cfg(test)]
mod tests;
mod words;

pub use decision_sentence::decision_sentence;
pub use event_sentence::event_sentence;
pub(super) use event_sentence::{because, launch_answer};
pub use fate_sentence::fate_sentence;
pub use fleet_place::FleetPlace;
pub use limit_sentence::limit_sentence;
pub(super) use misfit_sentence::misfit_reason;
pub use misfit_sentence::misfit_sentence;
pub use note_sentence::note_sentence;
pub use obstacle::{Obstacle, first_obstacle, pass_obstacle};
pub(super) use obstacle::{is_of_no_source, pass_note_sentence};
pub use reason_sentence::reason_sentence;
pub use remedy::remedy;
pub use words::some as some_of;
