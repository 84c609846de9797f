//! Sections and options of coalition's two files.

/// Sections with their options.
pub(in crate::compat) type Keys = &'static [(&'static str, &'static [&'static str])];

const COALITION: &[&str] =
    &["ip", "port", "workerinstancemax", "workerinstancestartdelay", "workerinstanceminimumlifetime"];

pub(super) const AWS: Keys = &[
    ("authentication", &["keyname", "accesskey", "secretaccesskey", "region"]),
    ("storage", &["name", "mountpoint", "guerillarenderfilename", "coalitionfilename"]),
    ("coalition", COALITION),
    (
        "worker",
        &[
            "nameprefix",
            "spot",
            "instancetype",
            "imageid",
            "subnetid",
            "iaminstanceprofile",
            "securitygroupid",
            "availabilityzone",
        ],
    ),
    ("spot", &["spotprice", "instancecount", "type"]),
];

pub(super) const GCLOUD: Keys = &[
    ("authentication", &["project", "keyfile", "serviceaccount", "scopes"]),
    ("storage", &["name", "mountpoint", "coalitionpackage"]),
    ("coalition", COALITION),
    ("main_program", &["package", "environment"]),
    (
        "worker",
        &[
            "installdir",
            "nameprefix",
            "zone",
            "machinetype",
            "subnet",
            "preemptible",
            "maintenancepolicy",
            "image",
            "imageproject",
            "bootdisksize",
            "bootdisktype",
        ],
    ),
];

/// Sections (with an empty option) and options found only in AWS's file.
pub(super) const OF_AWS: &[(&str, &str)] = &[
    ("spot", ""),
    ("authentication", "accesskey"),
    ("worker", "imageid"),
    ("worker", "instancetype"),
    ("worker", "spot"),
];

/// Sections and options found only in Google's file.
pub(super) const OF_GCLOUD: &[(&str, &str)] =
    &[("main_program", ""), ("authentication", "project"), ("worker", "machinetype"), ("worker", "preemptible")];
