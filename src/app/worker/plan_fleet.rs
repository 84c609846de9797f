//! A service of a plan as a fleet of workers.

use std::path::Path;

use crate::app::coalition::checked_user_data;
use crate::app::elastic::LoadedFleet;
use crate::app::{Workspace, known_to_plans};
use crate::diagnostics::{Diagnostic, Diagnostics, Place, Severity, did_you_mean};
use crate::elastic::fleet::{FleetCloud, FleetFile, MachineKind};
use crate::plan::{LaunchSpec, LoadOptions, MAX_TEXT, Plan, Reference, Service, SourceFile, Text, load, read_file};

/// A fleet whose engine launches nothing by itself, and which has no queue.
const FLEET: &str = "[workers]\nmax = 1000\n[cloud]\nprovider = \"local\"\n[machine]\n[engine]\nname = \"npreserving\"\n\
                     preserve_n = 0\n";

/// Reads a plan, and makes the machine of a service of it the kind of a fleet that is named `PLAN-SERVICE`. Its
/// programs are not run.
///
/// # Errors
/// The plan is wrong, has no such service with a machine, or what is launched depends on another service.
pub(super) fn plan_fleet(
    workspace: &Workspace,
    path: &Path,
    named: &str,
    allow_secret: bool,
) -> Result<LoadedFleet, Diagnostics> {
    let loaded = load(path, &LoadOptions::with_process_environment(known_to_plans(workspace)))?;
    let refused = |why: String| Diagnostic::error(why).at(Place::file(path)).printable();
    let services = || loaded.plan.levels.iter().flat_map(|level| &level.services);
    let is_named = |service: &&Service| service.name == named || service.replica_of.as_deref() == Some(named);
    let service = services().find(is_named).ok_or_else(|| {
        let names = services().map(|service| service.replica_of.as_deref().unwrap_or(&service.name));
        refused(format!("the plan has no service \"{named}\"")).hints(did_you_mean(named, names))
    })?;
    let Some(launch) = &service.launch else {
        return Err(refused(format!("service {named} has no machine of its own")).into());
    };
    let mut file = FleetFile::parse(FLEET, path)?;
    file.name = Some(format!("{}-{named}", loaded.plan.name));
    if let Some(cloud) = loaded.plan.clouds.get(&service.cloud) {
        file.cloud = FleetCloud {
            region: cloud.region.clone(),
            endpoint: cloud.endpoint.clone(),
            compatible: cloud.compatible,
            ..FleetCloud::new(&cloud.provider)
        };
    }
    file.machine = Some(kind(&loaded.plan, launch).map_err(|why| refused(format!("service {named}: {why}")))?);
    let mut notes = loaded.warnings;
    let mut user_data = None;
    if let Some(SourceFile { path: file, .. }) = &launch.user_data {
        let failed = |error| refused(format!("the user data {} cannot be read: {error}", file.display()));
        let data = read_file(file, MAX_TEXT).map_err(failed)?;
        notes.extend(checked_user_data(&data, file, allow_secret)?);
        user_data = Some(data);
    }
    if launch.disk.is_some() || launch.metadata_hop_limit.is_some() || launch.tenancy.is_some() {
        let why = "the disk, the tenancy and the hop limit of a service are not those of its workers";
        notes.push(Diagnostic::new(Severity::Warning, why).at(Place::file(path)));
    }
    Ok(LoadedFleet { text: file.to_toml(), file, source: String::new(), user_data, bucket: None, notes })
}

/// Returns the machine of a service as a kind of a fleet.
fn kind(plan: &Plan, launch: &LaunchSpec) -> Result<MachineKind, String> {
    let expand = |text: &Text| {
        text.expand(|reference| match reference {
            Reference::Global(name) => plan.variables.get(name).cloned().ok_or_else(|| format!("no variable {name}")),
            _ => Err(format!("\"{}\" is known only when the plan is booted", text.as_str())),
        })
    };
    let one = |text: &Option<Text>| text.as_ref().map(expand).transpose();
    let all = |texts: &[Text]| texts.iter().map(expand).collect::<Result<Vec<String>, String>>();
    let mut types = all(&launch.instance_types)?.into_iter();
    Ok(MachineKind {
        image: one(&launch.image)?,
        instance_type: types.next(),
        other_types: types.collect(),
        zones: all(&launch.zones)?,
        subnet: all(&launch.subnets)?.into_iter().next(),
        key_name: one(&launch.key_name)?,
        security_groups: all(&launch.security_groups)?,
        instance_profile: one(&launch.instance_profile)?,
        market: launch.markets.first().copied(),
        max_price: launch.max_price.as_ref().and_then(|price| price.parse().ok()),
        tags: launch.tags.iter().map(|(tag, text)| Ok((tag.clone(), expand(text)?))).collect::<Result<_, String>>()?,
        ..MachineKind::default()
    })
}
