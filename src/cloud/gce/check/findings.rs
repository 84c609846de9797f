//! The findings of checks, each once with all services that it concerns.

use crate::provider::{CloudError, CloudErrorKind, LaunchRequest};

/// The most services that a message names.
const NAMED: usize = 5;

/// The findings so far, in order.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

#[derive(Debug)]
struct Finding {
    error: CloudError,
    services: Vec<String>,
}

impl Findings {
    /// Adds what is wrong with this request.
    pub(super) fn add(&mut self, request: &LaunchRequest, message: impl Into<String>, hint: impl Into<String>) {
        self.add_error(request, CloudError::new(CloudErrorKind::Rejected, message).hint(hint));
    }

    /// Adds an error about this request, which does not name its services.
    pub(super) fn add_error(&mut self, request: &LaunchRequest, error: CloudError) {
        match self.0.iter_mut().find(|finding| finding.error.message == error.message) {
            Some(finding) => finding.services.extend(request.slots.iter().cloned()),
            None => self.0.push(Finding { error, services: request.slots.clone() }),
        }
    }

    /// Returns the findings, each with the services that it concerns.
    pub(super) fn into_errors(self) -> Vec<CloudError> {
        let error = |Finding { error, services }: Finding| {
            let shown = services.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
            let more = services.len().saturating_sub(NAMED);
            let whose = if more > 0 { format!("{shown} and {more} more") } else { shown };
            CloudError { message: format!("{whose}: {}", error.message), ..error }
        };
        self.0.into_iter().map(error).collect()
    }
}
