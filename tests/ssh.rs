//! Hosts over SSH, with a real sshd on machines of the test's own.

#[path = "support/machine.rs"]
mod machine;
#[path = "support/skip.rs"]
mod skip;
#[path = "support/tree.rs"]
mod tree;

#[path = "ssh/desk.rs"]
mod desk;
#[path = "ssh/helper.rs"]
mod helper;
#[path = "ssh/itself.rs"]
mod itself;
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
#[path = "ssh/gone.rs"]
mod gone;
#[path = "ssh/host_keys.rs"]
mod host_keys;
#[path = "ssh/logins.rs"]
mod logins;
#[path = "ssh/loopback.rs"]
mod loopback;
#[path = "ssh/many.rs"]
mod many;
#[path = "ssh/noises.rs"]
mod noises;
#[path = "ssh/programs.rs"]
mod programs;
#[path = "ssh/refusals.rs"]
mod refusals;
#[path = "ssh/rotation.rs"]
mod rotation;
#[path = "ssh/secrets.rs"]
mod secrets;
#[path = "ssh/sessions.rs"]
mod sessions;
#[path = "ssh/settings.rs"]
mod settings;
#[path = "ssh/shells.rs"]
mod shells;
#[path = "ssh/stages.rs"]
mod stages;
