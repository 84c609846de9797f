//! Keys of a fleet file that mean nothing on the local cloud.

use super::fleet_kinds::keys;
use super::fleet_lines::FleetLines;
use crate::diagnostics::Diagnostic;
use crate::elastic::fleet::{FleetCloud, FleetFile, MachineKind};

/// Returns a warning of each such key that the file gives, with its line.
pub(super) fn local_keys(file: &FleetFile, lines: &FleetLines<'_>) -> Vec<Diagnostic> {
    let warning = |keys: &[&str]| {
        let key = keys.last().unwrap_or(&"");
        Diagnostic::warning(format!("\"{key}\" means nothing on the local cloud")).at(lines.place(keys)).printable()
    };
    let of_cloud = of_cloud(&file.cloud).into_iter().map(|key| warning(&["cloud", key]));
    let of_kinds =
        file.kinds().flat_map(|(name, kind)| of_kind(kind).into_iter().map(move |key| warning(&keys(name, key))));
    of_cloud.chain(of_kinds).collect()
}

fn of_cloud(cloud: &FleetCloud) -> Vec<&'static str> {
    given([
        ("region", cloud.region.is_some()),
        ("endpoint", cloud.endpoint.is_some()),
        ("compatible", cloud.compatible),
    ])
}

fn of_kind(kind: &MachineKind) -> Vec<&'static str> {
    given([
        ("image", kind.image.is_some()),
        ("instance_type", kind.instance_type.is_some()),
        ("other_types", !kind.other_types.is_empty()),
        ("zones", !kind.zones.is_empty()),
        ("key_name", kind.key_name.is_some()),
        ("subnet", kind.subnet.is_some()),
        ("security_groups", !kind.security_groups.is_empty()),
        ("instance_profile", kind.instance_profile.is_some()),
    ])
}

fn given<const N: usize>(keys: [(&'static str, bool); N]) -> Vec<&'static str> {
    keys.into_iter().filter(|(_, is_given)| *is_given).map(|(key, _)| key).collect()
}
