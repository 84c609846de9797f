//! Failed calls: what Google said, what that means, and what to try.

use google_cloud_gax::error::Error;
use google_cloud_gax::error::rpc::StatusDetails;

use crate::provider::{CloudError, CloudErrorKind};

/// A failed call.
#[derive(Clone, Debug)]
pub(super) struct CallError {
    /// `instances.bulkInsert`
    pub(super) operation: &'static str,
    pub(super) fault: CallFault,
    /// Google's words, or those of the connection.
    pub(super) message: String,
    /// Google's reason or status, for `-vv`.
    pub(super) outcome: String,
}

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallFault {
    /// Too many calls; this one was not carried out.
    Throttled,
    /// Google has trouble, or the answer was lost: it may have been carried out.
    Unknown,
    /// Nobody answers at the address.
    Unconnected,
    /// The credentials are not accepted, or there are none.
    Credentials,
    /// The project has not switched the API on.
    NotEnabled,
    /// The credentials lack a permission.
    NotPermitted,
    /// A quota is used up.
    Quota,
    /// The zone has no such machines left.
    NoCapacity,
    /// What is named does not exist.
    NotFound,
    /// What is to be made exists.
    Exists,
    /// What is to be changed changed meanwhile.
    Changed,
    /// What is named is being made or deleted.
    NotReady,
    /// The request is wrong.
    Invalid,
}

impl CallError {
    /// Reads an error of Google's client.
    pub(super) fn new(operation: &'static str, error: &Error) -> Self {
        let rpc = error.status();
        let reason = rpc.and_then(|rpc| {
            rpc.details.iter().find_map(|detail| match detail {
                StatusDetails::ErrorInfo(info) => Some(info.reason.clone()),
                _ => None,
            })
        });
        let message = rpc.map_or_else(|| chain(error), |rpc| rpc.message.clone());
        let status = error.http_status_code();
        let fault = match status {
            Some(status) => of_status(status, reason.as_deref().unwrap_or_default(), &message),
            None if error.is_authentication() => CallFault::Credentials,
            None if error.is_connect() => CallFault::Unconnected,
            None => CallFault::Unknown,
        };
        let outcome = match (reason, status) {
            (Some(reason), _) => reason,
            (None, Some(status)) => status.to_string(),
            (None, None) if fault == CallFault::Unconnected => "not connected".to_owned(),
            (None, None) => "no answer".to_owned(),
        };
        Self { operation, fault, message, outcome }
    }

    /// Returns the error for people, who wanted to do `what` in `project`.
    pub(super) fn explain(&self, project: &str, what: &str) -> CloudError {
        let Self { message, .. } = self;
        let (kind, why, hint) = match self.fault {
            CallFault::Throttled => (
                CloudErrorKind::Transient,
                format!("Google limits how often the project may call {}: {message}", self.operation),
                "others may be using the project; try again later".to_owned(),
            ),
            CallFault::Unknown => (
                CloudErrorKind::Transient,
                format!("Google did not answer, or has trouble: {message}"),
                "see https://status.cloud.google.com, and try again".to_owned(),
            ),
            CallFault::Unconnected => (
                CloudErrorKind::Transient,
                format!("cannot connect: {message}"),
                "check the network, and `endpoint` if the plan's cloud has one".to_owned(),
            ),
            CallFault::Credentials => (
                CloudErrorKind::Denied,
                format!("Google does not accept the credentials: {message}"),
                "renew them: `gcloud auth application-default login`; `hoist doctor` tells which are used".to_owned(),
            ),
            CallFault::NotEnabled => (
                CloudErrorKind::Denied,
                format!("the Compute Engine API is not enabled in project {project}"),
                format!("gcloud services enable compute.googleapis.com --project {project}"),
            ),
            CallFault::NotPermitted => not_permitted(project, message),
            CallFault::Quota => (
                CloudErrorKind::Quota,
                format!("a quota of project {project} is used up: {message}"),
                format!("https://console.cloud.google.com/iam-admin/quotas?project={project} raises it"),
            ),
            CallFault::NoCapacity => (
                CloudErrorKind::NoCapacity,
                format!("there are no such machines left: {message}"),
                "name further zones or machine types".to_owned(),
            ),
            CallFault::NotFound => (CloudErrorKind::Rejected, message.clone(), not_found_hint(project, message)),
            CallFault::Exists | CallFault::Changed | CallFault::NotReady => {
                (CloudErrorKind::Transient, message.clone(), String::new())
            }
            CallFault::Invalid => (CloudErrorKind::Rejected, message.clone(), invalid_hint(project, message)),
        };
        let error = CloudError::new(kind, format!("cannot {what}: {why}"));
        if hint.is_empty() { error } else { error.hint(hint) }
    }
}

fn of_status(status: u16, reason: &str, message: &str) -> CallFault {
    match (status, reason) {
        (429, _) | (_, "rateLimitExceeded" | "userRateLimitExceeded" | "RATE_LIMIT_EXCEEDED") => CallFault::Throttled,
        (_, "accessNotConfigured" | "SERVICE_DISABLED") => CallFault::NotEnabled,
        (_, "quotaExceeded") => CallFault::Quota,
        (_, "insufficientCapacity") => CallFault::NoCapacity,
        (_, "resourceNotReady") => CallFault::NotReady,
        (503, _) if message.contains("does not have enough resources") => CallFault::NoCapacity,
        (401, _) => CallFault::Credentials,
        (403, _) => CallFault::NotPermitted,
        (404, _) => CallFault::NotFound,
        (409, _) => CallFault::Exists,
        (412, _) => CallFault::Changed,
        (500.., _) | (408, _) => CallFault::Unknown,
        _ => CallFault::Invalid,
    }
}

/// `Required 'compute.instances.create' permission for 'projects/P/…'`
fn not_permitted(project: &str, message: &str) -> (CloudErrorKind, String, String) {
    let permission = message.split('\'').nth(1).filter(|text| text.contains('.'));
    let Some(permission) = permission else {
        let hint = "`hoist doctor` tells which credentials are used; give them roles/compute.instanceAdmin.v1";
        return (CloudErrorKind::Denied, message.to_owned(), hint.to_owned());
    };
    let role = if permission.starts_with("iam.serviceAccounts.") {
        "roles/iam.serviceAccountUser"
    } else {
        "roles/compute.instanceAdmin.v1"
    };
    let hint =
        format!("gcloud projects add-iam-policy-binding {project} --member=serviceAccount:ACCOUNT --role={role}");
    (CloudErrorKind::Denied, format!("the credentials lack the permission {permission}: {message}"), hint)
}

fn not_found_hint(project: &str, message: &str) -> String {
    match message {
        _ if message.contains("/zones/") && !message.contains("/instances/") => {
            format!("gcloud compute zones list --project {project}")
        }
        _ => format!("check `project` ({project}) and the names: gcloud projects list"),
    }
}

fn invalid_hint(project: &str, message: &str) -> String {
    let field = |name: &str| message.contains(&format!("{name}'"));
    match () {
        () if field("machineType") => format!("gcloud compute machine-types list --project {project}"),
        () if field("sourceImage") => {
            "an image is PROJECT/FAMILY, or projects/PROJECT/global/images/NAME: gcloud compute images list".to_owned()
        }
        () if field("subnetwork") || field("network") => {
            format!("gcloud compute networks subnets list --project {project}")
        }
        () => String::new(),
    }
}

/// Returns an error with its causes, the last of which often says the most.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(status: u16, reason: &str, message: &str) -> CloudError {
        let fault = of_status(status, reason, message);
        let error =
            CallError { operation: "instances.get", fault, message: message.to_owned(), outcome: String::new() };
        error.explain("farm", "look")
    }

    #[test]
    fn who_may_mend_it_is_told_how() {
        let quota = explained(403, "quotaExceeded", "Quota 'CPUS' exceeded.  Limit: 8.0 in region us-central1.");
        assert_eq!(quota.kind, CloudErrorKind::Quota);
        let disabled = explained(403, "SERVICE_DISABLED", "…");
        assert_eq!(disabled.hint.unwrap(), "gcloud services enable compute.googleapis.com --project farm");
        let message = "Required 'compute.instances.create' permission for 'projects/farm/zones/z/instances/i'";
        let denied = explained(403, "forbidden", message);
        assert!(denied.message.contains("lack the permission compute.instances.create"), "{denied}");
        assert!(denied.hint.unwrap().contains("--role=roles/compute.instanceAdmin.v1"));
        assert_eq!(explained(403, "RATE_LIMIT_EXCEEDED", "").kind, CloudErrorKind::Transient);
        assert_eq!(explained(502, "", "").kind, CloudErrorKind::Transient);
        assert_eq!(explained(503, "insufficientCapacity", "").kind, CloudErrorKind::NoCapacity);
    }
}
