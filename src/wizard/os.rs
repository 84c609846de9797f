//! The operating systems that a cluster can be made of.

/// An operating system that the built-in templates know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Os {
    /// The word by which templates, options and answers name it.
    pub word: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Who logs in on the publisher's images.
    pub login: &'static str,
}

/// All of them, the newest of each family first. Logins: what each publisher documents for its cloud images.
pub const SYSTEMS: [Os; 11] = [
    Os { word: "debian-13", title: "Debian 13", login: "admin" },
    Os { word: "debian-12", title: "Debian 12", login: "admin" },
    Os { word: "ubuntu-24.04", title: "Ubuntu 24.04", login: "ubuntu" },
    Os { word: "ubuntu-22.04", title: "Ubuntu 22.04", login: "ubuntu" },
    Os { word: "almalinux-9", title: "AlmaLinux 9", login: "ec2-user" },
    Os { word: "almalinux-8", title: "AlmaLinux 8", login: "ec2-user" },
    Os { word: "rocky-9", title: "Rocky Linux 9", login: "rocky" },
    Os { word: "rocky-8", title: "Rocky Linux 8", login: "rocky" },
    Os { word: "fedora", title: "Fedora", login: "fedora" },
    Os { word: "centos-7", title: "CentOS 7 (ended; for old programs)", login: "centos" },
    Os { word: "ucernvm", title: "uCernVM", login: "root" },
];

impl Os {
    /// The system with this word.
    pub fn named(word: &str) -> Option<Self> {
        SYSTEMS.into_iter().find(|os| os.word == word)
    }
}
