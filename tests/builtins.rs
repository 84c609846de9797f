//! The built-in templates: every operating system and option of each judged by the real cloud-init, bash and
//! shellcheck, and run by the real cloud-init on machines with a real HTCondor.

#[path = "support/contained.rs"]
mod contained;
#[path = "support/debian.rs"]
mod debian;
#[path = "builtins/fuzz.rs"]
mod fuzz;
#[path = "builtins/installs.rs"]
mod installs;
#[path = "support/judges.rs"]
mod judges;
#[path = "support/cloud_machine.rs"]
mod machine;
#[allow(dead_code, reason = "other tests use more of it")]
#[path = "aws/moto.rs"]
mod moto;
#[path = "builtins/pool.rs"]
mod pool;
#[path = "builtins/rendered.rs"]
mod rendered;
#[path = "builtins/secret.rs"]
mod secret;
#[path = "support/skip.rs"]
mod skip;
#[path = "builtins/spilled.rs"]
mod spilled;
