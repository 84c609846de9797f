//! The operating systems supported for clusters.

mod called;
mod retired;

pub use called::Called;
pub use retired::Retired;

/// An operating system supported by the built-in templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Os {
    /// Its name in templates, options and answers.
    pub word: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The login user of the publisher's images.
    pub login: &'static str,
    /// Whether there are HTCondor packages for it on the architecture arm64.
    pub has_arm64: bool,
    /// The version of its C library, glibc; of a family, that of its oldest current release. `None` if it is not known.
    pub glibc: Option<(u32, u32)>,
}

const fn os(
    word: &'static str,
    title: &'static str,
    login: &'static str,
    has_arm64: bool,
    glibc: Option<(u32, u32)>,
) -> Os {
    Os { word, title, login, has_arm64, glibc }
}

/// All systems, the newest of each family first.
///
/// Logins: as documented by each publisher for its cloud images. Packages: Debian 13, Ubuntu 24.04 and Fedora include
/// HTCondor, on both architectures; the others get it from HTCondor's own repository, whose manual ("Linux (from our
/// repositories)", 25.0) names the systems and, of them, arm64 for Enterprise Linux only. Ubuntu 26.04 was added with
/// 25.0.10. C libraries: as each release has it in its packages.
pub const SYSTEMS: [Os; 18] = [
    os("debian-13", "Debian 13", "admin", true, Some((2, 41))),
    os("debian-12", "Debian 12", "admin", false, Some((2, 36))),
    os("ubuntu-26.04", "Ubuntu 26.04", "ubuntu", false, Some((2, 42))),
    os("ubuntu-24.04", "Ubuntu 24.04", "ubuntu", true, Some((2, 39))),
    os("ubuntu-22.04", "Ubuntu 22.04", "ubuntu", false, Some((2, 35))),
    os("almalinux-10", "AlmaLinux 10", "ec2-user", true, Some((2, 39))),
    os("almalinux-9", "AlmaLinux 9", "ec2-user", true, Some((2, 34))),
    os("almalinux-8", "AlmaLinux 8", "ec2-user", true, Some((2, 28))),
    os("rocky-10", "Rocky Linux 10", "rocky", true, Some((2, 39))),
    os("rocky-9", "Rocky Linux 9", "rocky", true, Some((2, 34))),
    os("rocky-8", "Rocky Linux 8", "rocky", true, Some((2, 28))),
    os("rhel-10", "Red Hat Enterprise Linux 10", "ec2-user", true, Some((2, 39))),
    os("rhel-9", "Red Hat Enterprise Linux 9", "ec2-user", true, Some((2, 34))),
    os("rhel-8", "Red Hat Enterprise Linux 8", "ec2-user", true, Some((2, 28))),
    os("amazon-2023", "Amazon Linux 2023", "ec2-user", false, Some((2, 34))),
    os("fedora", "Fedora", "fedora", true, Some((2, 41))),
    os("centos-7", "CentOS 7 (ended; for old programs)", "centos", false, Some((2, 17))),
    // CernVM-FS provides its software, which is up to CernVM.
    os("ucernvm", "uCernVM", "root", true, None),
];

impl Os {
    /// Whether its HTCondor knows tokens; that of CernVM may be older.
    pub fn has_tokens(&self) -> bool {
        self.word != "ucernvm"
    }

    /// Returns the system with this word.
    pub fn named(word: &str) -> Option<Self> {
        SYSTEMS.into_iter().find(|os| os.word == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_the_templates() {
        assert_eq!(SYSTEMS.map(|os| os.word), crate::template::SYSTEMS);
    }
}
