//! Rehearses launches: EC2 says whether it would carry them out, and does not.

use std::collections::BTreeSet;

use super::findings::Findings;
use crate::cloud::aws::{Call, Class, Group};
use crate::cloud::ec2::run_instances::{metadata_options, with_all};
use crate::cloud::ec2::specification::{Profile, Specification};
use crate::cloud::ec2::{Ec2Cloud, tags};
use crate::engine::{CloudError, CloudErrorKind, LaunchRequest};

/// How many launches are rehearsed: each costs one of the five calls that may be made at once, and they differ little by now.
const REHEARSED: usize = 3;

impl Ec2Cloud {
    /// Rehearses the launches that differ most, as far as nothing is wrong with them yet.
    pub(super) async fn rehearse(&self, requests: &[LaunchRequest], findings: &mut Findings) -> Result<(), CloudError> {
        let mut seen = BTreeSet::new();
        let differ = |request: &&LaunchRequest| {
            seen.insert((request.machine.image.clone(), request.machine.instance_profile.clone()))
        };
        let clean: Vec<&LaunchRequest> = requests.iter().filter(|request| findings.is_clean(request)).collect();
        for request in clean.into_iter().filter(differ).take(REHEARSED) {
            self.rehearse_one(request, findings).await?;
        }
        Ok(())
    }

    async fn rehearse_one(&self, request: &LaunchRequest, findings: &mut Findings) -> Result<(), CloudError> {
        let (Some(image), Some(offer)) = (request.machine.image.clone(), request.offers.first()) else { return Ok(()) };
        let specification = Specification {
            image,
            key_name: request.machine.key_name.clone(),
            groups: self.groups(request).await?,
            profile: request.machine.instance_profile.as_deref().map(Profile::new),
            user_data: None,
            tags: request.tags.clone(),
            ends_with_shutdown: request.expires_at.is_some(),
            host_key: None,
        };
        let client = self.session.ec2().await?;
        let call = with_all(client.run_instances(), &specification, offer, 1)
            .dry_run(true)
            .metadata_options(metadata_options())
            .tag_specifications(tags::specification(aws_sdk_ec2::types::ResourceType::Instance, &specification.tags));
        let named = Call::ec2("RunInstances", Group::RunInstances);
        let Err(problem) = self.session.call(named, || call.clone().send()).await else { return Ok(()) };
        match problem.class() {
            // Capacity may be there by the time of the launch, and then there are other offers.
            Class::WouldWork | Class::NoCapacity | Class::Quota => Ok(()),
            _ => {
                let error = problem.explain(&self.session.scene(), "launch it");
                if error.kind == CloudErrorKind::Transient {
                    return Err(error);
                }
                findings.add(request, error.message, error.hint.unwrap_or_default());
                Ok(())
            }
        }
    }
}
