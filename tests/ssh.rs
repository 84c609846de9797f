//! Hosts over SSH, with a real sshd on machines of the test's own.

#[path = "support/machine.rs"]
mod machine;
#[path = "support/skip.rs"]
mod skip;
#[path = "support/tree.rs"]
mod tree;

#[path = "ssh/helper.rs"]
mod helper;
#[path = "ssh/lab.rs"]
mod lab;
#[path = "ssh/processes.rs"]
mod processes;

#[path = "ssh/broken.rs"]
mod broken;
#[path = "ssh/cloud_init.rs"]
mod cloud_init;
#[path = "ssh/files.rs"]
mod files;
#[path = "ssh/host_keys.rs"]
mod host_keys;
#[path = "ssh/many.rs"]
mod many;
#[path = "ssh/programs.rs"]
mod programs;
#[path = "ssh/refusals.rs"]
mod refusals;
#[path = "ssh/rotation.rs"]
mod rotation;
#[path = "ssh/secrets.rs"]
mod secrets;
#[path = "ssh/settings.rs"]
mod settings;
#[path = "ssh/shells.rs"]
mod shells;
