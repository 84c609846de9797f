//! An EC2 to test with: moto behind a proxy that behaves as badly as AWS can, and keeps a log of every call.
//!
//! Tests start a [`FaultProxy`] and give its endpoint to the client under test. Each proxy has a moto account of its
//! own.

mod moto;
mod proxy;

pub use moto::{Moto, MotoAccount};
pub use proxy::*;

pub use crate::http::Answer;
