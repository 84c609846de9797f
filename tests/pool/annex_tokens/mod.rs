//! Annexes to a pool as HTCondor's packages configure it, of a user who has no right on it.

mod eight_points;
mod logs;
mod machine;
mod passwords;
mod sharing;
mod story;
mod tokens;
