//! placeholder until merge
#![allow(missing_docs)]
use crate::engine::{Cloud, Host};
use std::path::Path;
use std::sync::Arc;
#[derive(Clone)]
pub struct Rehearsal;
impl Rehearsal {
    pub fn load(p: &Path) -> Result<Self, String> {
        Err(format!("cannot read {}", p.display()))
    }
    pub fn cloud(&self, c: Arc<dyn Cloud>) -> Arc<dyn Cloud> {
        c
    }
    pub fn host(&self, _: &str, h: Arc<dyn Host>) -> Arc<dyn Host> {
        h
    }
}
