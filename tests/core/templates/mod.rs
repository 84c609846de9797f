//! Templates: what renders to what, what is refused with which words, and that no value breaks out of where it stands.

mod breaking_out;
mod coalition;
mod dollar;
mod launch;
mod library;
mod strict;
