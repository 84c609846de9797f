//! What other tools' files ask a cloud to launch: EC2's launch specification and GCE's instance body, read into one
//! form.

mod ec2;
mod gce;
mod values;

use std::collections::BTreeMap;
use std::path::Path;

use crate::compat::json_node::JsonDocument;
use crate::plan::{PlanDiagnostic, PlanDiagnostics, Severity};

/// Whose notation a file is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provider {
    /// Amazon's (the `LaunchSpecification` of RequestSpotInstances).
    #[default]
    Ec2,
    /// Google's (the body of `instances.insert`).
    Gce,
}

/// One machine to launch, in the words of hoist's plans and of the engine's `Machine` and `Offer`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaunchSpecification {
    /// Whose notation it was written in.
    pub provider: Provider,
    /// The machine's name (GCE).
    pub name: Option<String>,
    /// The image.
    pub image: String,
    /// The machine's size.
    pub instance_type: String,
    /// Whether to buy spot capacity. EC2's launch specification is one for spot requests.
    pub spot: bool,
    /// The availability zone.
    pub zone: Option<String>,
    /// The subnet's id or name.
    pub subnet: Option<String>,
    /// The key pair's name (EC2).
    pub key_name: Option<String>,
    /// Security groups, by id or name; on GCE, network tags.
    pub security_groups: Vec<String>,
    /// The instance profile's name or ARN; on GCE, the service account.
    pub instance_profile: Option<String>,
    /// User data, decoded.
    pub user_data: Option<Vec<u8>>,
    /// Tags; on GCE, labels.
    pub tags: BTreeMap<String, String>,
}

impl LaunchSpecification {
    /// Reads a JSON text that stands in `file`, in either notation, with warnings about what has no effect.
    ///
    /// # Errors
    /// Everything that is wrong with it: what is no JSON, keys that do not exist, values that cannot be, and what is
    /// missing.
    pub fn parse(text: &str, file: &Path) -> Result<(Self, Vec<PlanDiagnostic>), PlanDiagnostics> {
        let document = JsonDocument::parse(text, file).map_err(|problem| PlanDiagnostics(vec![problem]))?;
        let root = document.root();
        let read = match (ec2::KEYS.iter().any(|key| root.has(key)), gce::KEYS.iter().any(|key| root.has(key))) {
            (false, true) => gce::read(&root),
            (true, false) => ec2::read(&root),
            (true, true) => {
                root.error("mixes keys of EC2 and of GCE", None);
                None
            }
            (false, false) => {
                let hint =
                    "EC2's begins with \"ImageId\" and \"InstanceType\", GCE's with \"machineType\" and \"disks\"";
                root.error("is no launch specification", Some(hint));
                None
            }
        };
        let problems = document.into_problems();
        match read {
            Some(read) if problems.iter().all(|problem| problem.severity == Severity::Warning) => Ok((read, problems)),
            _ => Err(PlanDiagnostics(problems)),
        }
    }
}
