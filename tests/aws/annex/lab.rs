//! What the tests of annexes need.

use std::path::PathBuf;
use std::process::Command;

use hoist::annex::{AnnexId, AnnexSpec, InstanceGroup, Market, PoolSoftware};
use hoist::cloud::aws::annex::{GroupLaunchData, Setup};
use jiff::Timestamp;
use serde_json::Value;

use hoist_test_support::skip::skip;

/// cfn-lint and all that it needs, with versions.
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// An annex of one pool, on demand, without pool software.
pub(crate) fn spec(name: &str) -> AnnexSpec {
    AnnexSpec {
        name: name.parse().unwrap(),
        pools: vec![pool("ami-0123456789abcdef0", &["t3.small"])],
        count: 2,
        market: Market::OnDemand,
        vpc: None,
        subnets: Vec::new(),
        security_groups: Vec::new(),
        key_name: None,
        metadata_hops: None,
        expires_at: "2026-12-01T17:00:00Z".parse::<Timestamp>().unwrap(),
        runs_out: false,
        idle_seconds: Some(900),
        software: PoolSoftware::None,
        owner: "ada@example".to_owned(),
        state: None,
        tags: [("team".to_owned(), "physics \"A\"".to_owned())].into(),
        user_data: None,
        contents: hoist::annex::FileDigests::default(),
    }
}

pub(crate) fn pool(image: &str, types: &[&str]) -> InstanceGroup {
    InstanceGroup {
        image: image.to_owned(),
        instance_types: types.iter().map(|&name| name.to_owned()).collect(),
        max_price: None,
        weight: 1,
        ..InstanceGroup::default()
    }
}

pub(crate) fn id(name: &str) -> AnnexId {
    AnnexId { name: name.parse().unwrap(), nonce: "0123456789ab".to_owned() }
}

/// What a set-up gives.
pub(crate) fn setup() -> Setup {
    let role = |name: &str| format!("arn:aws:iam::123456789012:role/hoist/{name}");
    Setup {
        bucket: "hoist-setup-bucket-1abc".to_owned(),
        security_group: "sg-0123456789abcdef0".to_owned(),
        vpc: "vpc-0123456789abcdef0".to_owned(),
        boundary: "arn:aws:iam::123456789012:policy/hoist/boundary".to_owned(),
        service_role: role("service"),
        scheduler_role: role("scheduler"),
        ends_groups: true,
        takes_logs: true,
    }
}

pub(crate) fn details(count: usize) -> Vec<GroupLaunchData> {
    let details = GroupLaunchData { root_device: "/dev/xvda".to_owned(), user_data: "IyEvYmluL3NoCg==".to_owned() };
    vec![details; count]
}

/// What cfn-lint says of these templates, all in one run: it takes seconds to start. Nothing, when all are right.
pub(crate) fn cfn_lint(templates: &[(String, Value)]) -> Option<String> {
    let environment = match hoist_test_support::python::environment("cfn-lint", REQUIREMENTS, &[]) {
        Ok(environment) => environment,
        Err(problem) => {
            skip(&problem);
            return None;
        }
    };
    let directory = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = templates.iter().map(|(name, _)| directory.path().join(format!("{name}.json"))).collect();
    for (file, (_, template)) in files.iter().zip(templates) {
        std::fs::write(file, template.to_string()).unwrap();
    }
    let output = Command::new(environment.join("bin/cfn-lint"))
        .args(["--regions", "us-east-1", "eu-central-1", "--include-checks", "I", "--"])
        .args(&files)
        .current_dir(directory.path())
        .output()
        .unwrap();
    Some(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}
