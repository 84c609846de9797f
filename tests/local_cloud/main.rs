//! The local cloud with real processes: what it promises of instances, hosts and their end.

mod life;
mod support;
