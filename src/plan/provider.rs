//! Kinds of clouds that plans know and that nothing can be launched on.

use std::collections::BTreeSet;
use std::path::Path;

use super::draft::ServiceDraft;
use super::model::{BUILT_IN_CLOUDS, LAUNCHING_CLOUDS};
use super::problem::DiagnosticSink;
use super::source_location::SourceLocation;

/// Reports such a kind where `service`, which is launched, wants it, unless it is among the `refused`; it is then. A
/// cloud of the command line's is `overriding` the plan's.
pub(super) fn check(
    kind: &str,
    service: &ServiceDraft,
    overriding: Option<&String>,
    refused: &mut BTreeSet<String>,
    findings: &DiagnosticSink,
) {
    // One that is unknown is reported as that.
    let is_refused = BUILT_IN_CLOUDS.contains(&kind) && !LAUNCHING_CLOUDS.contains(&kind);
    if !is_refused || !refused.insert(kind.to_owned()) {
        return;
    }
    let place = match (overriding, &service.fields.cloud) {
        (Some(_), _) => SourceLocation::file(Path::new("--cloud")),
        (None, Some(cloud)) => cloud.place.clone(),
        (None, None) => service.name.place.clone(),
    };
    let launching = LAUNCHING_CLOUDS.join(" and ");
    let message = format!("this version of hoist cannot launch on {kind}, only on {launching}");
    findings.error_with(&place, message, Some("--cloud local tries the plan on this machine".to_owned()));
}
