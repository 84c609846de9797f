//! What instances find in their metadata besides their tags: user data, and the keys of those who log in.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::settings::GceSettings;
use crate::cloud::LaunchAccess;
use crate::cloud::instance_data::{LeaseSource, ScalerParent, UserDataParts, combine, renewed_part};
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest, TAG_RUN};
use crate::user_data::{PartKind, SizeLimit};

/// The key of the metadata that cloud-init reads.
const USER_DATA: &str = "user-data";

/// The key of the metadata that Google's own agent runs, at every start of the machine.
const STARTUP_SCRIPT: &str = "startup-script";

/// The projects of images without cloud-init, which Google's agent sets up ("Operating system details").
const WITHOUT_CLOUD_INIT: [&str; 5] =
    ["debian-cloud", "rocky-linux-cloud", "rhel-cloud", "centos-cloud", "almalinux-cloud"];

/// Makes the metadata of launches.
#[derive(Clone)]
pub(super) struct GuestData {
    /// Who connects to the instances; with `None`, nobody does.
    pub(super) access: Option<LaunchAccess>,
}

impl GuestData {
    /// Returns the metadata of a launch: the same for the same request.
    ///
    /// # Errors
    /// The user data is of no use on this image or too large, or a public key cannot be read.
    pub(super) fn make(
        &self,
        settings: &GceSettings,
        request: &LaunchRequest,
    ) -> Result<Vec<(String, String)>, CloudError> {
        let mut items = user_data(settings, request)?;
        let Some(access) = &self.access else { return Ok(items) };
        if request.slots.iter().any(|service| (access.by_ssh)(service)) {
            // Where the instance writes its host keys ("Set guest attributes").
            items.push(("enable-guest-attributes".to_owned(), "TRUE".to_owned()));
        }
        let keys = ssh_keys(access, request)?;
        if !keys.is_empty() {
            items.push(("ssh-keys".to_owned(), keys.into_iter().collect::<Vec<_>>().join("\n")));
        }
        Ok(items)
    }
}

/// Returns the public keys of those who log in, each with the name of the user ("Add SSH keys to VMs").
fn ssh_keys(access: &LaunchAccess, request: &LaunchRequest) -> Result<BTreeSet<String>, CloudError> {
    let logins = request.slots.iter().filter(|service| (access.by_ssh)(service)).filter_map(|it| (access.logins)(it));
    let each: BTreeSet<(String, PathBuf)> = logins.map(|login| (login.user, login.key)).collect();
    each.into_iter().map(|(user, key)| Ok(format!("{user}:{}", public_key(&key)?))).collect()
}

fn public_key(key: &Path) -> Result<String, CloudError> {
    let mut file = key.as_os_str().to_owned();
    file.push(".pub");
    let file = PathBuf::from(file);
    let text = fs::read_to_string(&file).map_err(|error| {
        let message = format!("cannot read the public key {}, which machines are to let in: {error}", file.display());
        refused(message).hint(format!("ssh-keygen -y -f {} > {}", key.display(), file.display()))
    })?;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.split_whitespace().count() < 2 || line.contains("PRIVATE KEY") {
        return Err(refused(format!("{} is no public key, such as `ssh-ed25519 AAAA…`", file.display())));
    }
    Ok(line.to_owned())
}

/// Returns the user data of a launch as metadata.
fn user_data(settings: &GceSettings, request: &LaunchRequest) -> Result<Vec<(String, String)>, CloudError> {
    let own = request.machine.user_data.as_deref().filter(|own| !own.is_empty());
    let image = request.machine.image.as_deref().unwrap_or_default();
    let key = settings.user_data_key.as_deref().unwrap_or_else(|| user_data_key(image));
    let lease = request.expires_at.filter(|_| request.has_renewed_lease());
    if key == STARTUP_SCRIPT {
        if lease.is_some() {
            let message = format!("the image {image} has no cloud-init, so its machines cannot follow a renewed lease");
            return Err(refused(message).hint("take an image with cloud-init, such as one of ubuntu-os-cloud"));
        }
        return Ok(own.map(|own| script(image, own)).transpose()?.into_iter().collect());
    }
    let run = request.tags.get(TAG_RUN);
    let combined = combine(&UserDataParts {
        own,
        first_stage: None,
        host_key: None,
        // Other leases Google itself ends.
        lease: lease.map(|end| renewed_part(end, LeaseSource::GceMetadata)),
        scaler: request.machine.scaler_of.as_ref().zip(run).map(|(service, run)| ScalerParent { run, service }),
        limit: SizeLimit::GCE,
    });
    let bytes = combined.map_err(|unfit| refused(unfit.to_string()))?.bytes;
    let item = |key: &str, value: String| (key.to_owned(), value);
    Ok(match bytes.map(String::from_utf8) {
        None => Vec::new(),
        Some(Ok(text)) => vec![item(USER_DATA, text)],
        // As cloud-init's data source for Google reads it.
        Some(Err(error)) => {
            let encoded = BASE64_STANDARD.encode(error.as_bytes());
            vec![item(USER_DATA, encoded), item("user-data-encoding", "base64".to_owned())]
        }
    })
}

/// Returns the key of the metadata that user data is given as on an image.
fn user_data_key(image: &str) -> &'static str {
    let is_without = |project: &str| image.split('/').any(|part| part == project);
    if WITHOUT_CLOUD_INIT.iter().any(|project| is_without(project)) { STARTUP_SCRIPT } else { USER_DATA }
}

fn script(image: &str, own: &[u8]) -> Result<(String, String), CloudError> {
    let text = std::str::from_utf8(own).ok().filter(|text| text.starts_with("#!"));
    let Some(text) = text else {
        let message = format!(
            "the image {image} has no cloud-init, so its user data must be a script that begins with #!, not {}",
            PartKind::of(own)
        );
        let hint = "an image of ubuntu-os-cloud has cloud-init; an image of your own that has it, too, is told by \
                    `user_data_key = \"user-data\"` in the plan's cloud";
        return Err(refused(message).hint(hint));
    };
    let text = SizeLimit::GCE.fit(text.as_bytes().to_vec(), false, &[]).map(|_| text.to_owned());
    Ok((STARTUP_SCRIPT.to_owned(), text.map_err(|large| refused(large.to_string()))?))
}

fn refused(message: String) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::CloudConfig;
    use crate::provider::InstanceSpec;

    fn items(image: &str, own: &[u8]) -> Result<Vec<(String, String)>, CloudError> {
        let settings = GceSettings::new(&CloudConfig::of("gce"), super::super::settings::GceEnvironment::default());
        let machine =
            InstanceSpec { image: Some(image.to_owned()), user_data: Some(own.to_vec()), ..InstanceSpec::default() };
        GuestData { access: None }.make(&settings, &LaunchRequest { machine, ..LaunchRequest::default() })
    }

    #[test]
    fn images_without_cloud_init_get_scripts() {
        let of = |image, own: &str| items(image, own.as_bytes()).unwrap();
        let both = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
        for image in ["debian-cloud/debian-13", "projects/debian-cloud/global/images/family/debian-13"] {
            assert_eq!(of(image, "#!/bin/sh\n"), both("startup-script", "#!/bin/sh\n"));
            let refused = items(image, b"#cloud-config\n").unwrap_err();
            assert!(refused.message.contains("has no cloud-init"), "{refused}");
        }
        assert_eq!(of("ubuntu-os-cloud/ubuntu-2404", "#cloud-config\n"), both("user-data", "#cloud-config\n"));
        assert_eq!(of("mine", ""), []);
    }

    #[test]
    fn what_is_no_text_is_encoded_and_what_is_too_large_refused() {
        let binary = [0x1f, 0x8b, 0x08, 0xff];
        let found = items("mine", &binary).unwrap();
        assert_eq!(found[0], ("user-data".to_owned(), BASE64_STANDARD.encode(binary)));
        assert_eq!(found[1], ("user-data-encoding".to_owned(), "base64".to_owned()));
        let large = items("debian-cloud/debian-13", format!("#!{}", "x".repeat(262_144)).as_bytes()).unwrap_err();
        assert!(large.message.contains("262146 bytes, of which Compute Engine takes"), "{large}");
    }
}
