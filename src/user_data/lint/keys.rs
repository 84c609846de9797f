//! Keys of cloud-config for readers other than cloud-init, which are no misspellings.

use crate::yaml::Node;

/// Keys with their readers.
const READERS: [(&[&str], &str); 8] = [
    (&["environment"], "hoist's local cloud reads it, cloud-init does not"),
    (&["coreos", "flatcar", "ignition"], "Container Linux and Flatcar read it, cloud-init does not"),
    (
        &["repo_releasever", "repo_update", "repo_upgrade", "repo_upgrade_exclude", "repo_additions"],
        "Amazon Linux's cloud-init reads it, others leave it out; package_update and package_upgrade are read by all",
    ),
    (
        &["rancher", "k3os", "rke2", "k3s", "rancherd", "elemental", "harvester", "stages"],
        "the installers of Rancher and Kairos read it, cloud-init does not",
    ),
    (&["vyos_config_commands"], "VyOS reads it, cloud-init does not"),
    (
        &["preserve_sources_list", "apt_mirror", "apt_sources", "apt_proxy", "manage-resolv-conf"],
        "cloud-init before 20 read it; see `apt`",
    ),
    (
        &["write-files", "run-cmd", "ssh-authorized-keys", "ssh-import-id", "resize-rootfs"],
        "cloud-init's keys have underscores, and those with hyphens are left out",
    ),
    (
        &["network", "networking", "ethernets", "datasource", "datasource_list"],
        "cloud-init reads it from the image and from the cloud, and not from user data",
    ),
];

/// Keys of Ubuntu's installer, which belong below `autoinstall`.
const INSTALLER: [&str; 14] = [
    "identity",
    "storage",
    "late-commands",
    "early-commands",
    "error-commands",
    "interactive-sections",
    "refresh-installer",
    "kernel",
    "source",
    "codecs",
    "shutdown",
    "user-data",
    "kernel-crash-dumps",
    "oem",
];

/// Returns the reader of a top-level key, if it is known.
pub(super) fn reader_of(key: &str, root: &Node) -> Option<String> {
    if INSTALLER.contains(&key) && root.get("version").is_some() {
        return Some("Ubuntu's installer reads it below `autoinstall:`, and only there".to_owned());
    }
    READERS.iter().find(|(keys, _)| keys.contains(&key)).map(|(_, reader)| (*reader).to_owned())
}
