//! The user data of a plan's services, looked at before anything is launched.

use std::collections::BTreeSet;

use crate::plan::Service;
use crate::template::user_data::{Kind, LintOptions, Severity, lint};

/// What is wrong with the user data of these services, and what should be looked at, each with its file and line. What
/// cloud-init does not read (an image may have another reader) is only searched for secrets, and told of as a warning.
pub(super) fn user_data(services: &[&Service], allowed_secrets: &[String]) -> (Vec<String>, Vec<String>) {
    let options = LintOptions { allowed_secrets: allowed_secrets.iter().cloned().collect(), ..LintOptions::default() };
    let (mut wrong, mut warnings) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for service in services {
        let Some(file) = service.launch.as_ref().and_then(|launch| launch.user_data.as_ref()) else { continue };
        if !seen.insert(&file.path) {
            continue;
        }
        let name = file.path.display();
        let data = match std::fs::read(&file.path) {
            Ok(data) => data,
            Err(error) => {
                wrong.push(format!("service {}: cannot read the user data {name}: {error}", service.name));
                continue;
            }
        };
        let is_foreign = matches!(Kind::of(&data), Kind::Foreign(_));
        for finding in lint(&data, &options).findings {
            let message = format!("service {}: user data {name}:{finding}", service.name);
            match finding.severity {
                // Sizes are told by the cloud, which counts what hoist adds; other readers than cloud-init are not ours to judge.
                Severity::Error if finding.check == "size" => {}
                Severity::Error if is_foreign && finding.secret.is_none() => warnings.push(message),
                Severity::Error => wrong.push(message),
                Severity::Warning => warnings.push(message),
                Severity::Note => {}
            }
        }
    }
    (wrong, warnings)
}
