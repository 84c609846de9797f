//! The options that sections may have.

/// What `[defaults]` may say.
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

/// What `[cloud-NAME]` may say.
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

/// What only a service may say, beside `deps…`.
pub(super) const SERVICE_KEYS: &[&str] = &["cloud", "hostname", "iaas_launch", "replica_count"];
