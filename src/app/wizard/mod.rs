//! Results of the wizard's answers: files and security groups.

mod groups;
mod output_files;
mod program;
#[cfg(feature = "aws")]
mod program_store;
#[cfg(not(feature = "aws"))]
#[path = "program_store_without_aws.rs"]
mod program_store;
mod rendering;

pub(crate) use groups::{CreatedGroups, make_groups};
pub(crate) use output_files::{OutputFiles, WrittenFiles};
pub(crate) use program::Program;
pub(crate) use rendering::{Rendering, look_at};
