//! The built-in templates: every operating system and option of each judged by the real cloud-init, bash and
//! shellcheck, and run by the real cloud-init on machines with a real HTCondor.

mod fuzz;
mod installs;
mod node_logs;
mod pool;
mod rendered;
mod secret;
mod spilled;
