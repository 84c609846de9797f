//! Detects the operating system of an image from its name: publishers follow a pattern, people do not.

use super::image_publisher::{PUBLISHERS, Publisher};

/// Maximum digits of a number in a version: longer numbers are dates or builds.
const DIGITS: usize = 4;

/// Returns the system of an image, as far as its name and EC2's platform show it: `debian-12`, or `debian` without a
/// version.
pub(in crate::cloud) fn os_of(name: &str, platform: Option<&str>) -> Option<String> {
    // The 64 of an architecture is not a version.
    let name = name.to_lowercase().replace("x86_64", " ").replace('µ', "u");
    let name = name.replace("red hat", "redhat").replace("amazon linux", "amazonlinux");
    // Not the parameters of images whose own names follow.
    let name = name.replace("amazon-linux-2", "amazonlinux-2");
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric() && c != '.').filter(|word| !word.is_empty()).collect();
    let found = words.iter().enumerate().find_map(|(at, word)| {
        let rest = &words[at + 1..];
        PUBLISHERS.iter().find_map(|publisher| system(publisher, word, rest))
    });
    let is_windows = || platform.is_some_and(|platform| platform.to_lowercase().contains("windows"));
    found.or_else(|| is_windows().then(|| "windows".to_owned()))
}

/// Returns the system that a word names, with the number in the word (`centos7`), or the first one in the words behind
/// it (`CentOS Stream 9`).
fn system(publisher: &Publisher, word: &str, behind: &[&str]) -> Option<String> {
    let numbers = publisher.numbers;
    let with = |version: String| format!("{}-{version}", publisher.os);
    let attached = |known: &&str| word.strip_prefix(*known).and_then(|rest| version(rest, numbers));
    if let Some(version) = publisher.words.iter().chain(publisher.stems).find_map(attached) {
        return Some(with(version));
    }
    publisher
        .words
        .contains(&word)
        .then(|| behind.iter().find_map(|word| version(word, numbers)).map_or_else(|| publisher.os.to_owned(), with))
}

/// Parses a word as a version, which is its first `numbers` numbers.
fn version(word: &str, numbers: usize) -> Option<String> {
    let parts: Vec<&str> = word.split('.').take(numbers).collect();
    let is_number = |part: &&str| (1..=DIGITS).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (parts.len() == numbers && parts.iter().all(is_number)).then(|| parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_publishers_tell_the_system() {
        for (name, os) in [
            ("debian-12-amd64-20240717-1811", Some("debian-12")),
            ("debian-13-arm64-20250814-2204", Some("debian-13")),
            ("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20240423", Some("ubuntu-24.04")),
            ("AlmaLinux OS 9.4.20240513 x86_64", Some("almalinux-9")),
            ("Rocky-9-EC2-Base-9.4-20240523.0.x86_64", Some("rocky-9")),
            ("Fedora-Cloud-Base-40-1.14.x86_64-hvm-us-east-1-gp3-0", Some("fedora-40")),
            ("Fedora-Cloud-Base-AmazonEC2.x86_64-41-1.4", Some("fedora-41")),
            ("CentOS Stream 9 x86_64 20240513", Some("centos-9")),
            ("CentOS Linux 7 x86_64 HVM EBS ENA 1901_01", Some("centos-7")),
            ("al2023-ami-2023.5.20240701.0-kernel-6.1-x86_64", Some("amazon-2023")),
            ("amzn2-ami-hvm-2.0.20240620.0-x86_64-gp2", Some("amazon-2")),
            ("amzn-ami-hvm-2018.03.0.20230404.0-x86_64-gp2", Some("amazon-2018")),
            ("Windows_Server-2022-English-Full-Base-2024.06.13", Some("windows-2022")),
            ("RHEL-9.4.0_HVM-20240605-x86_64-82-Hourly2-GP3", Some("rhel-9")),
            ("RHEL-10.1.0_HVM_GA-20251031-x86_64-0-Hourly2-GP3", Some("rhel-10")),
            ("RHEL-7.9_HVM-20221027-x86_64-0-Hourly2-GP2", Some("rhel-7")),
            ("AlmaLinux OS 10.0.20250529 x86_64", Some("almalinux-10")),
            ("Rocky-10-EC2-Base-10.0-20250612.0.x86_64", Some("rocky-10")),
            ("ubuntu/images/hvm-ssd-gp3/ubuntu-resolute-26.04-amd64-server-20260423", Some("ubuntu-26.04")),
            ("my-own-image", None),
        ] {
            assert_eq!(os_of(name, None).as_deref(), os, "{name}");
        }
        assert_eq!(os_of("golden", Some("windows")).as_deref(), Some("windows"));
    }

    #[test]
    fn names_that_people_gave_tell_the_system() {
        // Images of a cloud with user-made images, as its guide lists them.
        for (name, os) in [
            ("cirros", None),
            ("Fedora 20 x86_64", Some("fedora-20")),
            ("Centos 6 x86_64", Some("centos-6")),
            ("Centos 7 x86_64", Some("centos-7")),
            ("ubuntu-14.04.3-LTSx86_64", Some("ubuntu-14.04")),
            ("matlab-2015a-glnxa64", None),
            ("Win7-Pro-X86_64-ENU", Some("windows-7")),
            ("Fedora 23 x86_64", Some("fedora-23")),
            ("Win7-Photoscan", Some("windows-7")),
            ("photo-slave", None),
            ("s-medium-snap", None),
            ("uCernVM 3.6.5", Some("ucernvm-3.6")),
            ("uCernVM 2.3-0", Some("ucernvm-2.3")),
            ("archlinux", None),
            ("ubuntu-16.04.1-LTS x86_64", Some("ubuntu-16.04")),
            ("Fedora 25 x86_64", Some("fedora-25")),
            ("x2go-thinclient-server", None),
            ("Win7-test", Some("windows-7")),
            ("matlab-2016b", None),
            ("ubuntu-16.04.1+Matlab_2016b", Some("ubuntu-16.04")),
            ("CentOS 6", Some("centos-6")),
            // Names given by people elsewhere.
            ("CentOS7", Some("centos-7")),
            ("CentOS-7-x86_64-GenericCloud-2003", Some("centos-7")),
            ("centos 64bit 7.9", Some("centos-7")),
            ("rockylinux9.4", Some("rocky-9")),
            ("Rocky Linux 8", Some("rocky-8")),
            ("Alma Linux 9.3", Some("almalinux-9")),
            ("golden debian12 (2024-05-01)", Some("debian-12")),
            ("debian-20240717", Some("debian")),
            ("debianized-appliance 3", None),
            ("µCernVM", Some("ucernvm")),
            ("Red Hat Enterprise Linux 9 (golden)", Some("rhel-9")),
            ("redhat8-base", Some("rhel-8")),
            ("Amazon Linux 2023 of mine", Some("amazon-2023")),
            ("al2023", Some("amazon-2023")),
            ("SL6 x86_64", Some("scientific-6")),
            ("Scientific Linux 7.9", Some("scientific-7")),
            ("slurm-node 7", None),
            ("windows 10", Some("windows-10")),
            ("winter-2016", None),
            ("", None),
        ] {
            assert_eq!(os_of(name, None).as_deref(), os, "{name}");
        }
    }
}
