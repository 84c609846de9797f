//! Unsupported systems, and their replacements.

use std::fmt;

/// The first two numbers of a version; the second is significant for Ubuntu only.
pub(super) type Version = (u32, u32);

/// A well-known system that is not supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retired {
    family: &'static str,
    /// The last version that this entry covers.
    up_to: Version,
    /// The system's name and the reason, in one sentence.
    pub why: &'static str,
    /// The replacement.
    pub instead: &'static str,
}

/// Any version.
const ALL: Version = (u32::MAX, 0);

/// The first entry of the family whose `up_to` is not below the version applies. Sources: for HTCondor's packages its
/// manual, "Linux (from our repositories)", 25.0; for ends of support each distribution's own announcement.
const RETIRED: [Retired; 10] = [
    Retired {
        family: "centos",
        up_to: (6, 0),
        why: "CentOS 6 has had no updates since November 2020, and HTCondor has no packages for it",
        instead: "almalinux-9 or rocky-9, or centos-7 for programs that need something old",
    },
    Retired {
        family: "centos",
        up_to: (8, 0),
        why: "CentOS 8 has had no updates since 2021, and as Stream 8 since 2024",
        instead: "almalinux-8 or rocky-8, which run the same programs",
    },
    Retired {
        family: "centos",
        up_to: ALL,
        why: "CentOS Stream is not among hoist's systems",
        instead: "almalinux-10, almalinux-9, rocky-10 or rocky-9",
    },
    Retired {
        family: "scientific",
        up_to: (6, 0),
        why: "Scientific Linux 6 has had no updates since November 2020, and HTCondor has no packages for it",
        instead: "almalinux-9 or rocky-9, or centos-7 for programs that need something old",
    },
    Retired {
        family: "scientific",
        up_to: ALL,
        why: "Scientific Linux has ended: its last version, 7, has had no updates since June 2024",
        instead: "almalinux-9 or rocky-9, or centos-7 for programs that need something old",
    },
    Retired {
        family: "rhel",
        up_to: (7, 0),
        why: "HTCondor has no current packages for Red Hat Enterprise Linux 7 and older",
        instead: "rhel-9, or rhel-8 for programs that need something old",
    },
    Retired {
        family: "amazon",
        up_to: (2018, 0),
        why: "HTCondor has no current packages for Amazon Linux 2 and older",
        instead: "amazon-2023",
    },
    Retired {
        family: "debian",
        up_to: (11, 0),
        why: "HTCondor has no current packages for Debian 11 and older, which Debian has ended",
        instead: "debian-13 or debian-12",
    },
    Retired {
        family: "ubuntu",
        up_to: (25, 10),
        why: "HTCondor has current packages for Ubuntu 22.04, 24.04 and 26.04 only",
        instead: "ubuntu-24.04, or ubuntu-22.04 for programs that need something old",
    },
    Retired {
        family: "windows",
        up_to: ALL,
        why: "hoist makes pools of Linux machines, not of Windows",
        instead: "debian-13, or any other system of the list",
    },
];

impl Retired {
    /// Returns the entry of a version of a family; without a version, only if the whole family is unsupported.
    pub(super) fn find(family: &str, version: Option<Version>) -> Option<Self> {
        let mut of_family = RETIRED.into_iter().filter(|retired| retired.family == family);
        match version {
            Some(version) => of_family.find(|retired| version <= retired.up_to),
            None => of_family.find(|retired| retired.up_to == ALL),
        }
    }
}

/// Writes the reason.
impl fmt::Display for Retired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Called, Os};
    use super::*;

    #[test]
    fn old_systems_are_told_what_to_use_instead() {
        for (text, why, instead) in [
            ("CentOS 6", "CentOS 6 ", "almalinux-9"),
            ("centos-6", "CentOS 6 ", "centos-7"),
            ("centos5", "CentOS 6 ", "rocky-9"),
            ("CentOS 8", "CentOS 8 ", "almalinux-8"),
            ("CentOS Stream 9", "CentOS Stream ", "rocky-9"),
            ("SL6", "Scientific Linux 6 ", "almalinux-9"),
            ("sl 7", "Scientific Linux has ended", "centos-7"),
            ("Scientific Linux 7.9", "Scientific Linux has ended", "almalinux-9"),
            ("scientific", "Scientific Linux has ended", "almalinux-9"),
            ("rhel-7", "Red Hat Enterprise Linux 7", "rhel-9"),
            ("amazon linux 2", "Amazon Linux 2 ", "amazon-2023"),
            ("amazon-2018", "Amazon Linux 2 ", "amazon-2023"),
            ("debian 11", "Debian 11 ", "debian-13"),
            ("bullseye", "Debian 11 ", "debian-12"),
            ("ubuntu-20.04", "Ubuntu 22.04, 24.04 and 26.04 only", "ubuntu-24.04"),
            ("focal", "26.04 only", "ubuntu-22.04"),
            ("ubuntu 25.10", "26.04 only", "ubuntu-24.04"),
            ("Windows Server 2022", "not of Windows", "debian-13"),
            ("windows", "not of Windows", "debian-13"),
            ("Win7", "not of Windows", "debian-13"),
        ] {
            let Called::Retired(retired) = Called::of(text) else { panic!("{text}: {:?}", Called::of(text)) };
            assert!(retired.to_string().contains(why) && retired.instead.contains(instead), "{text}: {retired:?}");
        }
    }

    #[test]
    fn what_is_recommended_can_be_had() {
        for retired in RETIRED {
            let words = retired.instead.split([' ', ',']).filter(|word| word.contains('-'));
            let words: Vec<&str> = words.collect();
            assert!(!words.is_empty(), "{retired:?}");
            words.iter().for_each(|word| assert!(Os::named(word).is_some(), "{word}"));
        }
    }
}
