//! `hoist worker show-spec`

use super::start::{StartWorkers, read, refused};
use crate::app::elastic::LoadedFleet;
use crate::app::{CommandError, Exit, Operation};
use crate::compat::{LaunchSpecification, Provider};
use crate::elastic::fleet::MachineKind;
use crate::plan::{MAX_TEXT, Market, read_file};
use crate::template::Templates;

/// Returns the request for a worker as EC2's launch specification or as the body of Google's `instances.insert`.
/// `notation`: which; none: that of the file's cloud. Nothing is launched; a cloud is asked for an image's name only.
///
/// # Errors
/// Every problem of the file, told each by itself; the file names no image or type, or has several kinds.
pub(crate) async fn show_spec(
    operation: Operation<'_>,
    request: &StartWorkers<'_>,
    notation: Option<Provider>,
) -> Result<String, CommandError> {
    let loaded = read(operation, request).await.map_err(|problems| refused(operation, request.config, &problems))?;
    loaded.notes.iter().for_each(|note| operation.user.note(&note.to_string()));
    let (kind, machine) = kind(&loaded, request.kind)?;
    let provider = notation.unwrap_or(match loaded.file.cloud.provider == Provider::Gce.cloud() {
        true => Provider::Gce,
        false => Provider::Ec2,
    });
    let spot = machine.market == Some(Market::Spot);
    if provider == Provider::Ec2 && !spot {
        operation.user.note("a launch specification of EC2's is for spot requests, and these workers are on demand");
    }
    let missing = |what: &str| CommandError::new(format!("{kind} in {} has no {what}", request.config.display()));
    let name = loaded.file.name.as_deref().unwrap_or("worker");
    let specification = LaunchSpecification {
        provider,
        name: Some(format!("{name}-1")),
        image: machine.image.clone().ok_or_else(|| missing("image"))?,
        instance_type: machine.instance_type.clone().ok_or_else(|| missing("instance_type"))?,
        spot,
        zone: machine.zones.first().cloned(),
        subnet: machine.subnet.clone(),
        key_name: machine.key_name.clone(),
        security_groups: machine.security_groups.clone(),
        instance_profile: machine.instance_profile.clone(),
        user_data: user_data(&loaded, machine, request)?,
        tags: machine.tags.clone(),
    };
    Ok(Templates::of_user(None)?.get(provider.template())?.render(&specification.values())?)
}

/// Returns the kind that is meant.
fn kind<'f>(loaded: &'f LoadedFleet, named: Option<&str>) -> Result<(&'f str, &'f MachineKind), CommandError> {
    let kinds: Vec<_> = loaded.file.kinds().collect();
    let found = match named {
        Some(named) => kinds.iter().find(|(name, _)| *name == named),
        None => kinds.first().filter(|_| kinds.len() == 1),
    };
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
        CommandError::with_exit(Exit::Usage, "which kind of machines is meant?")
            .hint(format!("--kind names one of {}", names.join(", ")))
    })
}

/// Returns the user data, in which the placeholders of a fleet file are filled in at a launch.
fn user_data(
    loaded: &LoadedFleet,
    machine: &MachineKind,
    request: &StartWorkers<'_>,
) -> Result<Option<Vec<u8>>, CommandError> {
    if loaded.user_data.is_some() {
        return Ok(loaded.user_data.clone());
    }
    let Some(named) = &machine.user_data else { return Ok(None) };
    let path = request.config.parent().map_or_else(|| named.into(), |directory| directory.join(named));
    let read = read_file(&path, MAX_TEXT);
    let failed = |error| CommandError::new(format!("the user data {} cannot be read: {error}", path.display()));
    read.map(Some).map_err(failed)
}
