//! What is wrong with user data, before a machine is paid for that does not start as meant.

mod cloud_config;
mod embedded;
mod finding;
mod script;
mod shell;
mod text;
mod walk;

use std::collections::BTreeSet;

use serde::Serialize;

pub use finding::{Finding, Severity};

use super::kind::Kind;
use super::size::{LIMIT, STORE_IT, breakdown, compress, is_compressed};
use walk::{Place, Walk};

/// How user data is looked at.
#[derive(Clone, Debug, Default)]
pub struct LintOptions {
    /// Secrets that are meant to be there, by name: a rule's (`github-token`), or a rule's with a key (`password:admin_password`).
    pub allowed_secrets: BTreeSet<String>,
    /// Whether no shell is asked whether it can read the scripts.
    pub without_shells: bool,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Lint {
    /// What the user data is: a content type, or how it begins.
    pub kind: String,
    /// Its length in bytes.
    pub bytes: usize,
    /// Its length in bytes when compressed; none where it is already.
    pub compressed_bytes: Option<usize>,
    /// The parts of a message.
    pub parts: Vec<PartSize>,
    /// By place and line.
    pub findings: Vec<Finding>,
}

/// A part of a message.
#[derive(Clone, Debug, Serialize)]
pub struct PartSize {
    /// Its number and its type or name.
    pub part: String,
    /// Its length in bytes, decoded.
    pub bytes: usize,
}

impl Lint {
    /// The worst that was found; none where nothing was, or where all is for information.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).filter(|severity| *severity != Severity::Note).max()
    }
}

/// Looks at user data, and at all that is embedded in it.
///
/// It starts the shells that are to read the scripts, where they are there, and changes nothing.
pub fn lint(data: &[u8], options: &LintOptions) -> Lint {
    let mut walk = Walk::new(options);
    walk.document(data, &Place::top());
    let kind = Kind::of(data);
    let compressed_bytes = (!is_compressed(data)).then(|| compress(data).len());
    let (mut findings, parts) = walk.finish();
    findings.extend(too_large(data.len(), compressed_bytes.filter(|_| kind.is_combinable()), &parts));
    findings.sort();
    findings.dedup();
    Lint { kind: kind.to_string(), bytes: data.len(), compressed_bytes, parts, findings }
}

fn too_large(bytes: usize, compressed: Option<usize>, parts: &[PartSize]) -> Option<Finding> {
    if bytes <= LIMIT {
        return None;
    }
    let sizes: Vec<(String, usize)> = parts.iter().map(|part| (part.part.clone(), part.bytes)).collect();
    let breakdown = breakdown(bytes, &sizes);
    let place = Place::top();
    Some(match compressed {
        Some(packed) if packed <= LIMIT => Finding::note(
            "size",
            &place,
            1,
            format!("it has {bytes} bytes, of which EC2 takes {LIMIT}{breakdown}; hoist compresses it to {packed}"),
        ),
        packed => {
            let packed = packed.map(|packed| format!(", and {packed} compressed")).unwrap_or_default();
            Finding::error(
                "size",
                &place,
                1,
                format!("it has {bytes} bytes{packed}, of which EC2 takes {LIMIT}{breakdown}"),
            )
            .hint(STORE_IT)
        }
    })
}
