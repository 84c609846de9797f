#![allow(missing_docs)]
use super::*;
use std::collections::BTreeMap;
pub trait Facts {
    fn launch(&self, s: &str, a: &str) -> Option<String>;
    fn output(&self, s: &str, a: &str) -> Option<String>;
}
#[derive(Debug, Clone)]
pub struct PlanIndex(std::collections::HashMap<String, usize>);
impl PlanIndex {
    pub fn new(p: &Plan) -> Self {
        Self(p.services().enumerate().map(|(i, (_, s))| (s.name.clone(), i)).collect())
    }
    pub fn position(&self, n: &str) -> Option<usize> {
        self.0.get(n).copied()
    }
}
pub struct Attributes<'a> {
    _p: &'a Plan,
    f: &'a dyn Facts,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct ExpandError;
impl<'a> Attributes<'a> {
    pub fn new(p: &'a Plan, _i: &'a PlanIndex, f: &'a dyn Facts) -> Self {
        Self { _p: p, f }
    }
    pub fn expand(&self, s: &str, t: &Text) -> Result<String, ExpandError> {
        t.expand(|r| match r {
            Reference::Own(a) => self.f.launch(s, a).ok_or(ExpandError),
            Reference::Service { service, attribute } => {
                self.f.launch(service, attribute).or(self.f.output(service, attribute)).ok_or(ExpandError)
            }
            _ => Err(ExpandError),
        })
    }
    pub fn all(&self, _s: &str) -> Result<BTreeMap<String, String>, ExpandError> {
        Ok(BTreeMap::new())
    }
}
pub struct ConfigTemplate(String);
impl ConfigTemplate {
    pub fn parse(_p: &std::path::Path, t: &str) -> Result<Self, ExpandError> {
        Ok(Self(t.into()))
    }
    pub fn fill(&self, _v: &BTreeMap<String, String>) -> Result<String, ExpandError> {
        Ok(self.0.clone())
    }
}
pub struct BootEnv {
    pub script: String,
}
pub fn boot_env(_t: &str) -> Result<BootEnv, ExpandError> {
    Err(ExpandError)
}
