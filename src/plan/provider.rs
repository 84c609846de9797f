//! Providers that plans may name, but on which this program cannot launch.

use std::collections::BTreeSet;
use std::path::Path;

use super::diagnostic_sink::DiagnosticSink;
use super::draft::ServiceDraft;
use super::known_providers::{HOW_TO_GET_AWS, KnownProviders, ProviderRules, WITHOUT_AWS};
use crate::diagnostics::Place;

/// Reports such a provider if the launched `service` uses it, unless it is among the `refused`, to which it is then
/// added. `overriding` is the command line's cloud, which takes precedence over the plan's.
pub(super) fn check(
    name: &str,
    service: &ServiceDraft,
    overriding: Option<&String>,
    providers: &KnownProviders,
    refused: &mut BTreeSet<String>,
    findings: &DiagnosticSink,
) {
    // An unknown provider is reported elsewhere.
    let is_refused = providers.named(name).is_some_and(|rules| !rules.launches);
    if !is_refused || !refused.insert(name.to_owned()) {
        return;
    }
    let place = match (overriding, &service.fields.cloud) {
        (Some(_), _) => Place::file(Path::new("--cloud")),
        (None, Some(cloud)) => cloud.place.clone(),
        (None, None) => service.name.place.clone(),
    };
    let (message, hint) = refusal(name, providers);
    findings.error_with(&place, message, Some(hint));
}

/// Returns the reason why this program cannot launch there, and the remedy.
fn refusal(name: &str, providers: &KnownProviders) -> (String, String) {
    // Known, but not built in.
    if name == ProviderRules::EC2.name {
        return (
            format!("{WITHOUT_AWS}, and cannot launch on {name}"),
            format!("{HOW_TO_GET_AWS}; --cloud local tries the plan on this machine"),
        );
    }
    let launching: Vec<&str> = providers.launching().collect();
    (
        format!("this version of hoist cannot launch on {name}, only on {}", launching.join(" and ")),
        "--cloud local tries the plan on this machine".to_owned(),
    )
}
