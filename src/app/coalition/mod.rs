//! coalition's own configuration files, read as fleets with their workers' user data.

mod coalition_fleet;
mod user_data_choice;
mod worker_user_data;

pub(crate) use coalition_fleet::{CoalitionFleet, is_coalition_file};
pub(crate) use user_data_choice::UserDataChoice;
pub(crate) use worker_user_data::checked_user_data;
