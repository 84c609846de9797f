//! What the user sees: progress, tables, JSON. Engine events in, text out.

mod changes;
mod conclusion;
mod doctor;
mod events;
mod failure;
mod health;
mod history;
mod images;
mod lines;
mod list;
mod live;
mod logs;
mod orphans;
pub mod plan;
mod run;
mod style;
mod table;
pub mod time;
mod userdata;

pub use changes::changes;
pub use conclusion::{conclusion, way_on};
pub use doctor::{Finding, FindingHealth, doctor_human, doctor_json};
pub use events::Events;
pub use failure::{explain, failed, printable};
pub use health::{Health, health_human, health_json};
pub use history::{Past, history_human, history_json};
pub use images::{images_human, images_json};
pub use lines::Lines;
pub use list::{Listed, list_human, list_json};
pub use live::Live;
pub use logs::logs_human;
pub use orphans::{Found, orphans_human, orphans_json};
pub use run::{dry_run, run_human, run_json};
pub use style::{Style, count};
pub use table::{Cell, table};
pub use userdata::{user_data_human, user_data_json};
