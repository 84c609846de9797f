//! Results of the wizard's answers: files and security groups.

mod groups;
mod output_files;
mod rendering;

pub(crate) use groups::{CreatedGroups, make_groups};
pub(crate) use output_files::{OutputFiles, WrittenFiles};
pub(crate) use rendering::{Rendering, look_at};
