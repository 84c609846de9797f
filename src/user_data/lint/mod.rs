//! The linter for user data, which finds errors before a machine that does not boot as intended costs money.

mod budget;
mod check;
mod cloud_config;
mod declared_user;
mod embedded;
mod files;
mod finding;
mod finding_name;
mod foreign;
mod habits;
mod http;
mod jinja;
mod keys;
mod lint_path;
mod options;
mod part_size;
mod parts;
mod script;
mod shell;
mod stumbles;
mod text;
mod users;
mod visitor;

use serde::Serialize;

pub use check::{CHECKS, LintCheck, is_check};
use check::{COMPRESSED, SIZE};
pub use finding::Finding;
pub use finding_name::finding_name;
pub use options::LintOptions;
pub use part_size::PartSize;

use super::part_kind::PartKind;
use super::size_limit::{LIMIT, STORE_IT, breakdown, compress, is_compressed};
use crate::diagnostics::Severity;
use lint_path::LintPath;
use visitor::LintVisitor;

/// The result of the linter.
#[derive(Clone, Debug, Serialize)]
pub struct Lint {
    /// The kind of the user data: a content type, or its beginning.
    pub kind: String,
    /// The size in bytes.
    pub bytes: usize,
    /// The compressed size in bytes; `None` if the data is already compressed.
    pub compressed_bytes: Option<usize>,
    /// The parts of a message.
    pub parts: Vec<PartSize>,
    /// The findings, by place and line.
    pub findings: Vec<Finding>,
}

impl Lint {
    /// Returns the highest severity of the findings; `None` if there are none except for notes.
    pub fn worst(&self) -> Option<Severity> {
        self.findings
            .iter()
            .map(|finding| finding.diagnostic.severity)
            .filter(|severity| *severity != Severity::Note)
            .max()
    }
}

/// Checks user data, and everything embedded in it.
///
/// Runs the shells of the scripts for checking their syntax, if they are installed. Changes nothing.
pub fn lint(data: &[u8], options: &LintOptions) -> Lint {
    let mut walk = LintVisitor::new(options, data.len());
    walk.document(data, &LintPath::top());
    let kind = PartKind::of(data);
    let compressed_bytes = (!is_compressed(data)).then(|| compress(data).len());
    let (mut findings, parts) = walk.finish();
    let size = too_large(data.len(), compressed_bytes.filter(|_| kind.is_combinable()), &parts);
    findings.extend(size.filter(|finding| !options.allows(finding)));
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
    let place = LintPath::top();
    Some(match compressed {
        Some(packed) if packed <= LIMIT => Finding::new(
            &COMPRESSED,
            &place,
            1,
            format!("it has {bytes} bytes, of which EC2 takes {LIMIT}{breakdown}; hoist compresses it to {packed}"),
        ),
        packed => {
            let packed = packed.map(|packed| format!(", and {packed} compressed")).unwrap_or_default();
            Finding::new(
                &SIZE,
                &place,
                1,
                format!("it has {bytes} bytes{packed}, of which EC2 takes {LIMIT}{breakdown}"),
            )
            .hint(STORE_IT)
        }
    })
}
