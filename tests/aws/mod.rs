//! An EC2 to test with: moto behind a proxy that behaves as badly as AWS can, and keeps a log of every call.
//!
//! Tests start a [`FaultProxy`] and give its endpoint to the client under test. Each proxy has a moto account of its
//! own.
#![allow(dead_code, reason = "each test uses its own part of this")]
#![allow(unused_imports, reason = "each test uses its own part of this")]

mod moto;
mod proxy;

pub(crate) use moto::{Answer, Moto, MotoAccount, python};
pub(crate) use proxy::*;
