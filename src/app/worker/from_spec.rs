//! Launch requests in other tools' files, laid over a fleet file.

use std::path::Path;

use crate::app::coalition::{UserDataChoice, checked_user_data};
use crate::app::elastic::LoadedFleet;
use crate::compat::LaunchSpecification;
use crate::diagnostics::{Diagnostic, Diagnostics, Place};
use crate::plan::{MAX_TEXT, Market, read_text_file};

/// Lays EC2's launch specification, or the body of Google's `instances.insert`, over the only kind of a fleet: what it
/// names takes the place of what the fleet's file has, and it says whether spot capacity is bought.
///
/// # Errors
/// The file cannot be read; every wrong line of it; it is of another cloud; its user data holds a key, or would not
/// work.
pub(super) fn lay_over(loaded: &mut LoadedFleet, path: &Path, choice: &UserDataChoice) -> Result<(), Diagnostics> {
    let refused = |why: String| Diagnostic::error(why).at(Place::file(path)).printable();
    let text = read_text_file(path, MAX_TEXT)
        .map_err(|error| refused(format!("the launch specification cannot be read: {error}")))?;
    let (specification, warnings) = LaunchSpecification::parse(&text, path)?;
    let cloud = &loaded.file.cloud.provider;
    let of = specification.provider.cloud();
    if cloud != of {
        return Err(refused(format!("the launch specification is for {of}, and the workers' cloud is {cloud}")).into());
    }
    let Some(machine) = &mut loaded.file.machine else {
        return Err(refused("a launch specification is for a fleet with one kind, [machine]".to_owned()).into());
    };
    machine.image = Some(specification.image);
    machine.instance_type = Some(specification.instance_type);
    machine.other_types.clear();
    machine.market = Some(if specification.spot { Market::Spot } else { Market::OnDemand });
    if !specification.spot {
        machine.max_price = None;
    }
    if let Some(zone) = specification.zone {
        machine.zones = vec![zone];
    }
    if !specification.security_groups.is_empty() {
        machine.security_groups = specification.security_groups;
    }
    machine.subnet = specification.subnet.or(machine.subnet.take());
    machine.key_name = specification.key_name.or(machine.key_name.take());
    machine.instance_profile = specification.instance_profile.or(machine.instance_profile.take());
    machine.tags.extend(specification.tags);
    if let Some(data) = specification.user_data {
        let remarks = checked_user_data(&data, path, choice.allow_secret)?;
        loaded.notes.extend(remarks);
        loaded.user_data = Some(data);
    }
    loaded.notes.extend(warnings);
    loaded.text = loaded.file.to_toml();
    Ok(())
}
