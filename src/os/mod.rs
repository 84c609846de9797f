//! Operating system services that more than one layer uses.

pub(crate) mod cgroup;
mod file_lock;
pub(crate) mod files;
mod find_program;
pub(crate) mod oom;
mod own_directory;
pub(crate) mod processes;
mod program_run;
mod shell_word;

pub(crate) use own_directory::{check_own_directory, make_own_directory, remedy};
pub(crate) use shell_word::quoted;

pub(crate) use file_lock::FileLock;
pub(crate) use files::{
    Durability, UNFINISHED, digest_hex, fill_random, make_private_directory, random_hex, read_if_there, read_own,
    remove_tree, remove_whole, tail, write_named, write_whole,
};
pub(crate) use find_program::{NoProgram, find_program, search_path};
pub(crate) use processes::that_have_open;
pub(crate) use program_run::{ProgramEnd, ProgramFailure, ProgramRun};
