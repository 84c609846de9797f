//! The publishers of operating systems' images at AWS, and the images' names.

use super::ssm_alias::{self, BY_PARAMETER};

/// The publisher of an operating system's images at AWS.
pub(super) struct Publisher {
    /// Name of the system, as in `debian-12`, without the version.
    pub(super) os: &'static str,
    /// Account, according to the distribution's own pages; `amazon` is an alias of AWS's, `self` is the caller.
    pub(super) owner: &'static str,
    /// Patterns of image names, where `{}` stands for the version.
    pub(super) names: &'static [&'static str],
    /// Words, in lower case, that identify the system in a name.
    pub(super) words: &'static [&'static str],
    /// Such words that count only if a number follows immediately.
    pub(super) stems: &'static [&'static str],
    /// Number of components of a version: 12 has one, 24.04 two.
    pub(super) numbers: usize,
    /// Returns the public parameter for the newest image of a version and architecture (as EC2 writes it), if there is
    /// one.
    pub(super) newest: fn(&str, &str) -> Option<String>,
}

/// The systems known to this version.
pub(super) const PUBLISHERS: &[Publisher] = &[
    Publisher {
        os: "debian",
        owner: "136693071363",
        names: &["debian-{}*"],
        words: &["debian"],
        stems: &[],
        numbers: 1,
        newest: ssm_alias::debian,
    },
    Publisher {
        os: "ubuntu",
        owner: "099720109477",
        names: &["ubuntu/images/*/ubuntu-*-{}-*-server-*"],
        words: &["ubuntu"],
        stems: &[],
        numbers: 2,
        newest: ssm_alias::ubuntu,
    },
    Publisher {
        os: "almalinux",
        owner: "764336703387",
        names: &["AlmaLinux OS {}*"],
        words: &["almalinux", "alma"],
        stems: &[],
        numbers: 1,
        newest: ssm_alias::none,
    },
    Publisher {
        os: "rocky",
        owner: "792107900819",
        names: &["Rocky-{}-EC2-*"],
        words: &["rockylinux", "rocky"],
        stems: &[],
        numbers: 1,
        newest: ssm_alias::none,
    },
    // Red Hat's knowledge base, "How to locate Red Hat Cloud Access gold images on AWS EC2", names the account.
    Publisher {
        os: "rhel",
        owner: "309956199498",
        names: &["RHEL-{}.*_HVM-*", "RHEL-{}.*_HVM_GA-*"],
        words: &["rhel", "redhat"],
        stems: &[],
        numbers: 1,
        newest: ssm_alias::none,
    },
    Publisher {
        os: "fedora",
        owner: "125523088429",
        names: &["Fedora-Cloud-Base*-{}-*"],
        words: &["fedora"],
        stems: &[],
        numbers: 1,
        newest: ssm_alias::none,
    },
    Publisher {
        os: "centos",
        owner: "125523088429",
        names: &["CentOS Stream {} *", "CentOS Linux {} *"],
        words: &["centos"],
        stems: &[],
        numbers: 1,
        newest: ssm_alias::none,
    },
    Publisher {
        os: "amazon",
        owner: "amazon",
        names: &["al{}-ami-2*", "amzn{}-ami-hvm-*"],
        words: &["amzn", "amazonlinux"],
        stems: &["al"],
        numbers: 1,
        newest: ssm_alias::amazon,
    },
    Publisher {
        os: "windows",
        owner: "amazon",
        names: &["Windows_Server-{}-English-Full-Base-*"],
        words: &["windows"],
        stems: &["win"],
        numbers: 1,
        newest: ssm_alias::windows,
    },
    // No publisher of these at AWS is known: users import them.
    Publisher {
        os: "scientific",
        owner: "self",
        names: &["Scientific*{}*", "SL{}*"],
        words: &["scientific", "scientificlinux"],
        stems: &["sl"],
        numbers: 1,
        newest: ssm_alias::none,
    },
    Publisher {
        os: "ucernvm",
        owner: "self",
        names: &["uCernVM*{}*"],
        words: &["ucernvm"],
        stems: &[],
        numbers: 2,
        newest: ssm_alias::none,
    },
];

/// Returns the publisher of `debian` or `debian-12`, and the version if given.
pub(super) fn publisher_of(os: &str) -> Option<(&'static Publisher, Option<&str>)> {
    let (name, version) = os.split_once('-').map_or((os, None), |(name, version)| (name, Some(version)));
    PUBLISHERS.iter().find(|publisher| publisher.os == name).map(|publisher| (publisher, version))
}

/// Returns the image id that always stands for the newest image of this system (`debian-12`) and architecture.
pub(super) fn newest_of(os: &str, architecture: &str) -> Option<String> {
    let (publisher, version) = publisher_of(os)?;
    (publisher.newest)(version?, architecture).map(|parameter| format!("{BY_PARAMETER}{parameter}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_asked_for_with_or_without_a_version() {
        let found = |os| publisher_of(os).map(|(publisher, version)| (publisher.os, version));
        assert_eq!(found("debian-12"), Some(("debian", Some("12"))));
        assert_eq!(found("ubuntu"), Some(("ubuntu", None)));
        assert_eq!(found("ucernvm"), Some(("ucernvm", None)));
        assert_eq!(found("rhel-9"), Some(("rhel", Some("9"))));
        assert_eq!(found("plan9"), None);
    }

    #[test]
    fn the_newest_is_named_where_its_publisher_says_how() {
        for (os, architecture, parameter) in [
            ("debian-12", "x86_64", Some("/aws/service/debian/release/12/latest/amd64")),
            ("debian-13", "arm64", Some("/aws/service/debian/release/13/latest/arm64")),
            ("debian-9", "x86_64", None),
            ("debian", "x86_64", None),
            (
                "ubuntu-24.04",
                "arm64",
                Some("/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"),
            ),
            (
                "ubuntu-22.04",
                "x86_64",
                Some("/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"),
            ),
            (
                "ubuntu-26.04",
                "x86_64",
                Some("/aws/service/canonical/ubuntu/server/26.04/stable/current/amd64/hvm/ebs-gp3/ami-id"),
            ),
            ("ubuntu-14.04", "x86_64", None),
            ("ubuntu-22.04", "i386", None),
            ("amazon-2023", "arm64", Some("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64")),
            ("amazon-2", "x86_64", Some("/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2")),
            ("amazon-2018", "x86_64", None),
            ("windows-2022", "x86_64", Some("/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base")),
            ("almalinux-9", "x86_64", None),
            ("rhel-9", "x86_64", None),
            ("fedora-42", "x86_64", None),
            ("plan9-4", "x86_64", None),
        ] {
            let expected = parameter.map(|parameter| format!("resolve:ssm:{parameter}"));
            assert_eq!(newest_of(os, architecture), expected, "{os} {architecture}");
        }
    }
}
