//! Who publishes the images of which operating system, and how their names tell which it is.

/// An operating system's images at AWS.
pub(super) struct Publisher {
    /// As in `debian-12`, without the version.
    pub(super) os: &'static str,
    /// The account, as the distribution's own pages name it; `amazon` is an alias of AWS's.
    pub(super) owner: &'static str,
    /// What names look like, where `{}` stands for the version.
    pub(super) names: &'static [&'static str],
    /// What stands before the version in a name.
    markers: &'static [&'static str],
    /// How many numbers a version has: 12, 24.04.
    numbers: usize,
}

/// The systems that this version knows.
pub(super) const PUBLISHERS: &[Publisher] = &[
    Publisher { os: "debian", owner: "136693071363", names: &["debian-{}*"], markers: &["debian-"], numbers: 1 },
    Publisher {
        os: "ubuntu",
        owner: "099720109477",
        names: &["ubuntu/images/*/ubuntu-*-{}-*-server-*"],
        markers: &["ubuntu-"],
        numbers: 2,
    },
    Publisher {
        os: "almalinux",
        owner: "764336703387",
        names: &["AlmaLinux OS {}*"],
        markers: &["almalinux os "],
        numbers: 1,
    },
    Publisher { os: "rocky", owner: "792107900819", names: &["Rocky-{}-EC2-*"], markers: &["rocky-"], numbers: 1 },
    Publisher {
        os: "fedora",
        owner: "125523088429",
        names: &["Fedora-Cloud-Base*-{}-*"],
        markers: &["fedora-cloud-base"],
        numbers: 1,
    },
    Publisher {
        os: "centos",
        owner: "125523088429",
        names: &["CentOS Stream {} *", "CentOS Linux {} *"],
        markers: &["centos stream ", "centos linux "],
        numbers: 1,
    },
    Publisher {
        os: "amazon",
        owner: "amazon",
        names: &["al{}-ami-2*", "amzn{}-ami-hvm-*"],
        markers: &["al20", "amzn"],
        numbers: 1,
    },
    Publisher {
        os: "windows",
        owner: "amazon",
        names: &["Windows_Server-{}-English-Full-Base-*"],
        markers: &["windows_server-"],
        numbers: 1,
    },
];

/// The publisher of `debian` or `debian-12`, and the version that is meant.
pub(super) fn publisher_of(os: &str) -> Option<(&'static Publisher, Option<&str>)> {
    let (name, version) = os.split_once('-').map_or((os, None), |(name, version)| (name, Some(version)));
    PUBLISHERS.iter().find(|publisher| publisher.os == name).map(|publisher| (publisher, version))
}

/// Which system an image is, as far as its name and EC2's platform tell: `debian-12`.
pub(super) fn os_of(name: &str, platform: Option<&str>) -> Option<String> {
    let lower = name.to_lowercase();
    for publisher in PUBLISHERS {
        for marker in publisher.markers {
            // Names say "ubuntu-jammy-22.04": the version is the first number that begins a word after the marker.
            let Some(at) = lower.find(marker) else { continue };
            let rest = &lower[at + marker.len()..];
            let version = match *marker {
                // "al2023" is version 2023.
                "al20" => number_at(rest, 1).map(|rest| format!("20{rest}")),
                _ => rest.split(['-', ' ', '/']).find_map(|word| number_at(word, publisher.numbers)),
            };
            if let Some(version) = version {
                return Some(format!("{}-{version}", publisher.os));
            }
        }
    }
    platform.is_some_and(|platform| platform.to_lowercase().contains("windows")).then(|| "windows".to_owned())
}

/// The version that a word begins with.
fn number_at(word: &str, numbers: usize) -> Option<String> {
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let parts: Vec<&str> = word[..end].split('.').take(numbers).collect();
    let is_number = |part: &&str| !part.is_empty();
    (parts.len() == numbers && parts.iter().all(is_number)).then(|| parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_system() {
        for (name, os) in [
            ("debian-12-amd64-20240717-1811", Some("debian-12")),
            ("debian-13-arm64-20250814-2204", Some("debian-13")),
            ("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20240423", Some("ubuntu-24.04")),
            ("AlmaLinux OS 9.4.20240513 x86_64", Some("almalinux-9")),
            ("Rocky-9-EC2-Base-9.4-20240523.0.x86_64", Some("rocky-9")),
            ("Fedora-Cloud-Base-40-1.14.x86_64-hvm-us-east-1-gp3-0", Some("fedora-40")),
            ("Fedora-Cloud-Base-AmazonEC2.x86_64-41-1.4", Some("fedora-41")),
            ("CentOS Stream 9 x86_64 20240513", Some("centos-9")),
            ("al2023-ami-2023.5.20240701.0-kernel-6.1-x86_64", Some("amazon-2023")),
            ("amzn2-ami-hvm-2.0.20240620.0-x86_64-gp2", Some("amazon-2")),
            ("Windows_Server-2022-English-Full-Base-2024.06.13", Some("windows-2022")),
            ("my-own-image", None),
        ] {
            assert_eq!(os_of(name, None).as_deref(), os, "{name}");
        }
        assert_eq!(os_of("golden", Some("windows")).as_deref(), Some("windows"));
    }

    #[test]
    fn systems_are_asked_for_with_or_without_a_version() {
        let found = |os| publisher_of(os).map(|(publisher, version)| (publisher.os, version));
        assert_eq!(found("debian-12"), Some(("debian", Some("12"))));
        assert_eq!(found("ubuntu"), Some(("ubuntu", None)));
        assert_eq!(found("plan9"), None);
    }
}
