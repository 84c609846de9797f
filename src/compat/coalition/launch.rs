//! Launches from coalition's settings, and values for its templates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::CoalitionConfig;
use crate::compat::{LaunchSpecification, Provider};
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::template::Values;

impl CoalitionConfig {
    /// Creates the launch specification of a worker of this name with this user data.
    ///
    /// # Errors
    /// A setting required for a launch is missing.
    pub fn launch(&self, name: &str, user_data: Option<Vec<u8>>) -> Result<LaunchSpecification, Diagnostics> {
        let (image, instance_type) = match self.provider {
            Provider::Ec2 => ("imageid", "instancetype"),
            Provider::Gce => ("image", "machinetype"),
        };
        let needed = [(image, &self.image), (instance_type, &self.instance_type)];
        let missing = needed.iter().filter(|(_, value)| value.is_none()).map(|(option, _)| {
            Diagnostic::error(format!("\"{option}\" in [worker] is not set")).at(Place::file(&self.file))
        });
        let missing: Vec<Diagnostic> = missing.collect();
        let (Some(image), Some(instance_type)) = (self.image.clone(), self.instance_type.clone()) else {
            return Err(Diagnostics(missing));
        };
        let image = match &self.image_project {
            Some(project) => format!("projects/{project}/global/images/{image}"),
            None => image,
        };
        Ok(LaunchSpecification {
            provider: self.provider,
            name: Some(name.to_owned()),
            image,
            instance_type,
            spot: self.spot,
            zone: self.zone.clone(),
            subnet: self.subnet.clone(),
            key_name: self.key_name.clone(),
            security_groups: self.security_group.iter().cloned().collect(),
            instance_profile: self.instance_profile.clone().or_else(|| self.service_account.clone()),
            user_data,
            tags: std::collections::BTreeMap::new(),
        })
    }

    /// Returns the values for coalition's `aws_worker_spot_launchspecification.json.template`.
    pub fn launch_values(&self, user_data: &[u8]) -> Values {
        given([
            ("image_id", self.image.as_deref()),
            ("keyname", self.key_name.as_deref()),
            ("security_group_id", self.security_group.as_deref()),
            ("instance_type", self.instance_type.as_deref()),
            ("user_data", Some(STANDARD.encode(user_data).as_str())),
        ])
    }

    /// Returns the values for coalition's user data templates, for the worker `name`; without the access keys, which
    /// user data must not hold, since anyone on the machine can read it.
    pub fn worker_values(&self, name: &str) -> Values {
        let port = self.port.to_string();
        given([
            ("hostname", Some(name)),
            ("region", self.region.as_deref()),
            ("bucket_name", self.bucket.as_deref()),
            ("mount_point", self.mount_point.as_deref()),
            ("guerilla_render_filename", self.program_package.as_deref()),
            ("coalition_filename", self.coalition_package.as_deref()),
            ("install_dir", self.install_directory.as_deref()),
            ("coalition_package", self.coalition_package.as_deref()),
            ("main_program_package", self.program_package.as_deref()),
            ("main_program_environment", self.program_environment.as_deref()),
            ("coalition_server_ip", self.server.as_deref()),
            ("coalition_server_port", Some(&port)),
        ])
    }
}

fn given<const N: usize>(values: [(&str, Option<&str>); N]) -> Values {
    values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))).collect()
}
