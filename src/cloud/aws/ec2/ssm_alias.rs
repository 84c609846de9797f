//! The parameters in which publishers name their newest images.
//!
//! AlmaLinux, Rocky Linux, Red Hat, Fedora and CentOS publish lists of ids instead of parameters.

/// Prefix of an image id that names a parameter, which a launch resolves (EC2 User Guide, "Reference AMIs using Systems
/// Manager parameters").
pub(in crate::cloud) const BY_PARAMETER: &str = "resolve:ssm:";

/// Parameters according to the Debian wiki, Cloud/AmazonEC2Image: for each release since 10.
pub(super) fn debian(version: &str, architecture: &str) -> Option<String> {
    let release: u32 = version.parse().ok().filter(|release| *release >= 10)?;
    Some(format!("/aws/service/debian/release/{release}/latest/{}", debian_name(architecture)?))
}

/// Parameters according to Ubuntu on AWS, "Find Ubuntu images": for each release since 16.04, on gp3 volumes since
/// 23.10 and on gp2 before.
pub(super) fn ubuntu(version: &str, architecture: &str) -> Option<String> {
    let (year, month) = version.split_once('.')?;
    let released: (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
    let volume = if released >= (23, 10) { "ebs-gp3" } else { "ebs-gp2" };
    let architecture = debian_name(architecture)?;
    (released >= (16, 4)).then(|| {
        format!("/aws/service/canonical/ubuntu/server/{version}/stable/current/{architecture}/hvm/{volume}/ami-id")
    })
}

/// Parameters according to the Amazon Linux 2023 User Guide, "Launching AL2023 using the SSM parameter and AWS CLI",
/// and the Amazon Linux 2 User Guide, "Amazon Linux 2 on Amazon EC2".
pub(super) fn amazon(version: &str, architecture: &str) -> Option<String> {
    let name = match version {
        "2023" => format!("al2023-ami-kernel-default-{architecture}"),
        "2" => format!("amzn2-ami-hvm-{architecture}-gp2"),
        _ => return None,
    };
    debian_name(architecture).map(|_| format!("/aws/service/ami-amazon-linux-latest/{name}"))
}

/// Parameters according to the AWS Systems Manager User Guide, "Calling AMI public parameters in Parameter Store".
pub(super) fn windows(version: &str, architecture: &str) -> Option<String> {
    let is_served = architecture == "x86_64" && matches!(version, "2016" | "2019" | "2022" | "2025");
    is_served.then(|| format!("/aws/service/ami-windows-latest/Windows_Server-{version}-English-Full-Base"))
}

/// Returns `None`, for publishers without parameters.
pub(super) fn none(_: &str, _: &str) -> Option<String> {
    None
}

/// Returns Debian's and Ubuntu's name of an architecture.
fn debian_name(architecture: &str) -> Option<&'static str> {
    match architecture {
        "x86_64" => Some("amd64"),
        "arm64" => Some("arm64"),
        _ => None,
    }
}
