//! placeholder until merge
#![allow(missing_docs)]
use std::path::Path;
pub struct Import {
    pub toml: String,
    pub notes: Vec<String>,
}
pub fn to_toml(_: &super::Plan, _: &Path) -> Import {
    Import { toml: String::new(), notes: vec![] }
}
