//! Which systems can be made to run containers.

use crate::annex::HTCondorJoin;
use crate::provider::{CloudError, CloudErrorKind};

/// The system to which nothing can be added.
const FIXED: &str = "ucernvm";

/// Families whose own packages, or those of EPEL, have Apptainer.
const WITH_APPTAINER: [&str; 4] = ["almalinux", "rocky", "rhel", "fedora"];

/// Checks that what pool `place` is to have for containers can be installed on its system.
///
/// # Errors
/// It cannot.
pub(super) fn check_containers(place: usize, os: &str, joining: &HTCondorJoin) -> Result<(), CloudError> {
    let refused = |what: &str, hint: &str| {
        let message = format!("pool {}: {what} cannot be installed on {os}", place + 1);
        Err(CloudError::new(CloudErrorKind::Rejected, message).hint(hint))
    };
    if joining.docker && os == FIXED {
        return refused("Docker", "take an image of another system, or leave --docker out");
    }
    let family = os.split('-').next().unwrap_or(os);
    if joining.apptainer && !WITH_APPTAINER.contains(&family) {
        let hint = "take an image of almalinux, rocky, rhel or fedora, whose packages have it; or an image of your own in which it \
                    is installed, from Apptainer's releases: that needs no --apptainer, HTCondor finds it";
        return refused("Apptainer", hint);
    }
    Ok(())
}
