//! From a plan's launch specification to the call that launches it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::cloud::{LaunchRequest, Machine, TAG_INTENT, TAG_OWNER, TAG_RUN};
use super::event::{Failure, Stage};
use super::run::Run;
use crate::plan::{Attributes, Market, Text};

/// What to launch for the service at `position`, with every reference expanded.
pub(super) fn machine_of(run: &Run, position: usize) -> Result<Machine, Failure> {
    let service = run.service(position);
    let Some(launch) = &service.launch else { return Ok(Machine::default()) };
    let attributes = Attributes::new(run.index(), run);
    let expand = |text: &Text| {
        attributes.expand(&service.name, text).map_err(|error| Failure::new(Stage::Launch, error.to_string()))
    };
    let optional = |text: &Option<Text>| text.as_ref().map(expand).transpose();
    let user_data = launch.user_data.as_ref().map(|file| {
        std::fs::read(&file.path).map_err(|error| {
            let reason = format!("cannot read the user data {}: {error}", file.path.display());
            Failure::new(Stage::Launch, reason)
        })
    });
    Ok(Machine {
        image: optional(&launch.image)?,
        instance_type: optional(&launch.instance_type)?,
        spot: launch.market == Some(Market::Spot),
        max_price: launch.max_price.clone(),
        key_name: optional(&launch.key_name)?,
        security_groups: launch.security_groups.iter().map(expand).collect::<Result<_, _>>()?,
        subnet: optional(&launch.subnet)?,
        instance_profile: optional(&launch.instance_profile)?,
        user_data: user_data.transpose()?,
        tags: launch.tags.iter().map(|(key, text)| Ok((key.clone(), expand(text)?))).collect::<Result<_, Failure>>()?,
    })
}

/// The call that was announced with `token`; the same whenever and by whomever it is made again.
pub(super) fn launch_request(run: &Run, token: &str, machine: Machine) -> LaunchRequest {
    let (services, owner) = run.launch_announced(token).unwrap_or_default();
    let mut tags: BTreeMap<String, String> = machine.tags.clone();
    tags.insert(TAG_RUN.to_owned(), run.id.clone());
    tags.insert(TAG_INTENT.to_owned(), token.to_owned());
    tags.insert(TAG_OWNER.to_owned(), owner.to_owned());
    LaunchRequest { token: token.to_owned(), services: services.to_vec(), machine, tags }
}

/// The token of a call: the same for the same run, services and attempts, and so the same after a crash before it was recorded.
///
/// 40 hexadecimal characters; AWS allows 64 (EC2 API, "Ensuring idempotency").
pub(super) fn launch_token(run: &Run, positions: &[usize]) -> String {
    let mut hash = Sha256::new();
    hash.update(&run.id);
    for &position in positions {
        hash.update([0]);
        hash.update(&run.service(position).name);
        hash.update(run.record(position).attempt.to_be_bytes());
    }
    let digest = hash.finalize();
    digest[..20].iter().map(|byte| format!("{byte:02x}")).collect()
}
