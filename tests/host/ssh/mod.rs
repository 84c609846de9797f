//! Hosts over SSH, with a real sshd on machines of the test's own.

mod desk;
mod helper;
mod itself;
mod lab;
mod processes;

mod broken;
mod cloud_init;
mod files;
mod gone;
mod host_keys;
mod logins;
mod loopback;
mod many;
mod noises;
mod programs;
mod refusals;
mod rotation;
mod secrets;
mod sessions;
mod settings;
mod shells;
mod stages;
mod terminal;
