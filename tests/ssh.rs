//! Hosts over SSH, with a real sshd on machines of the test's own.

#[path = "support/machine.rs"]
mod machine;

#[path = "ssh/lab.rs"]
mod lab;

#[path = "ssh/files.rs"]
mod files;
#[path = "ssh/host_keys.rs"]
mod host_keys;
#[path = "ssh/programs.rs"]
mod programs;
