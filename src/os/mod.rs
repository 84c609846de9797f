//! What is asked of the operating system in more than one layer, each in one place.

mod own_directory;
mod shell_word;

pub(crate) use own_directory::{check_own_directory, make_own_directory, remedy};
pub(crate) use shell_word::quoted;
