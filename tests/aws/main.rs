//! Amazon's clouds, through the real SDK and by the real command, against moto behind a proxy that behaves as badly as AWS
//! can.

mod annex;
mod annex_cli;
mod annex_kill;
mod annex_setup;
mod annex_stacks;
mod ec2;
mod ec2_runs;
mod packed;
mod peers;
