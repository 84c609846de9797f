//! The valid options of sections.

/// The options of `[defaults]`.
pub(super) const DEFAULT_KEYS: &[&str] = &[
    "iaas",
    "iaas_url",
    "iaas_key",
    "iaas_secret",
    "image",
    "allocation",
    "sshkeyname",
    "localsshkeypath",
    "ssh_username",
    "scp_username",
    "securitygroups",
    "bootpgm",
    "bootpgm_args",
    "bootconf",
    "readypgm",
    "readypgm_args",
    "terminatepgm",
    "terminatepgm_args",
    "pgm_timeout",
    "local_exe",
];

/// The options of `[cloud-NAME]`.
pub(super) const CLOUD_KEYS: &[&str] = &[
    "iaas",
    "iaas_url",
    "iaas_key",
    "iaas_secret",
    "sshkeyname",
    "localsshkeypath",
    "ssh_username",
    "scp_username",
    "securitygroups",
];

/// The options of services only, except for `deps…`.
pub(super) const SERVICE_KEYS: &[&str] = &["cloud", "hostname", "iaas_launch", "replica_count"];
