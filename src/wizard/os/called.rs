//! Common names of operating systems: `rhel9`, `Amazon Linux 2023`, `trixie`.

use super::retired::{Retired, Version};
use super::{Os, SYSTEMS};

/// The meaning of a text as the name of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// A supported system.
    Known(Os),
    /// A system that is no longer, or not, supported.
    Retired(Retired),
    /// The newest system of a family; the text names no version, or an unknown one.
    Family(Os),
    /// Unknown.
    Nothing,
}

/// Names of families, without spaces and punctuation, and their words; a name precedes its prefixes.
const FAMILIES: [(&str, &str); 26] = [
    ("debian", "debian"),
    ("ubuntu", "ubuntu"),
    ("almalinuxos", "almalinux"),
    ("almalinux", "almalinux"),
    ("alma", "almalinux"),
    ("rockylinux", "rocky"),
    ("rocky", "rocky"),
    ("redhatenterpriselinux", "rhel"),
    ("redhatlinux", "rhel"),
    ("redhat", "rhel"),
    ("rhel", "rhel"),
    ("amazonlinux", "amazon"),
    ("amazon", "amazon"),
    ("amzn", "amazon"),
    ("al", "amazon"),
    ("fedora", "fedora"),
    ("centosstream", "centos"),
    ("centoslinux", "centos"),
    ("centos", "centos"),
    ("ucernvm", "ucernvm"),
    ("scientificlinux", "scientific"),
    ("scientific", "scientific"),
    ("sl", "scientific"),
    ("windowsserver", "windows"),
    ("windows", "windows"),
    ("win", "windows"),
];

/// The code names of Debian's and Ubuntu's releases.
const CODE_NAMES: [(&str, &str, Version); 12] = [
    ("trixie", "debian", (13, 0)),
    ("bookworm", "debian", (12, 0)),
    ("bullseye", "debian", (11, 0)),
    ("buster", "debian", (10, 0)),
    ("stretch", "debian", (9, 0)),
    ("resolute", "ubuntu", (26, 4)),
    ("noble", "ubuntu", (24, 4)),
    ("jammy", "ubuntu", (22, 4)),
    ("focal", "ubuntu", (20, 4)),
    ("bionic", "ubuntu", (18, 4)),
    ("xenial", "ubuntu", (16, 4)),
    ("trusty", "ubuntu", (14, 4)),
];

impl Called {
    /// Parses a system's name in any spelling: its word, the name of an image's system, or a common name.
    pub fn of(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        if let Some(os) = Os::named(&text) {
            return Self::Known(os);
        }
        let Some((family, version)) = family_and_version(&text) else { return Self::Nothing };
        let of_family = SYSTEMS.into_iter().filter(|os| os.word.split('-').next() == Some(family));
        let is_meant = |os: &Os| match os.word.split_once('-') {
            Some((_, own)) => version.is_some() && version == version_of(family, own),
            None => true,
        };
        if let Some(os) = of_family.clone().find(is_meant) {
            return Self::Known(os);
        }
        match (Retired::find(family, version), of_family.clone().next()) {
            (Some(retired), newest) if version.is_some() || newest.is_none() => Self::Retired(retired),
            (_, newest) => newest.map_or(Self::Nothing, Self::Family),
        }
    }
}

/// Returns the family that a text names, and its version if given; `None` if a part of the text is unknown.
fn family_and_version(text: &str) -> Option<(&'static str, Option<Version>)> {
    let plain: String = text.chars().filter(|c| c.is_alphanumeric() || *c == '.').collect();
    let code = |word: &str| CODE_NAMES.iter().find(|(name, ..)| *name == word);
    let (name, family) = match code(&plain) {
        Some((_, family, version)) => return Some((*family, Some(*version))),
        None => FAMILIES.iter().find(|(name, _)| plain.starts_with(name))?,
    };
    let rest = plain[name.len()..].trim_start_matches("linux").trim_end_matches("lts");
    match (rest, code(rest)) {
        // Two letters alone are not a name.
        ("", _) => (name.len() > 2).then_some((*family, None)),
        (_, Some((_, of, version))) => (of == family).then_some((*family, Some(*version))),
        (_, None) => version_of(family, rest).map(|version| (*family, Some(version))),
    }
}

/// Parses a version: `9`, `9.4`, `26.04`, `2604`.
fn version_of(family: &str, text: &str) -> Option<Version> {
    let mut numbers = text.split('.').map(|part| part.parse::<u32>().ok());
    let first = numbers.next()??;
    let others: Vec<u32> = numbers.collect::<Option<_>>()?;
    match (family, others.first()) {
        ("ubuntu", Some(second)) => Some((first, *second)),
        ("ubuntu", None) if text.len() == 4 => Some((first / 100, first % 100)),
        ("ubuntu", None) => Some((first, 0)),
        _ => Some((first, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_known_by_what_people_call_them() {
        for (word, texts) in [
            ("debian-13", &["Debian 13", "debian13", "trixie", "debian-trixie", "debian 13.1"][..]),
            ("ubuntu-26.04", &["ubuntu 26.04", "ubuntu26.04", "Ubuntu 26.04 LTS", "resolute", "ubuntu-2604"]),
            ("ubuntu-24.04", &["noble", "ubuntu 24.04.1"]),
            ("almalinux-10", &["alma10", "AlmaLinux OS 10", "alma-10.1", "alma linux 10"]),
            ("rocky-10", &["rocky10", "Rocky Linux 10.0", "rockylinux-10"]),
            ("rhel-9", &["rhel9", "redhat 9", "Red Hat Enterprise Linux 9.4", "RHEL 9", "red-hat-9"]),
            ("amazon-2023", &["al2023", "amazon-linux-2023", "Amazon Linux 2023", "amzn2023", "amazonlinux2023"]),
            ("fedora", &["fedora-43", "Fedora 43", "fedora linux"]),
            ("centos-7", &["CentOS7", "centos 7.9", "CentOS Linux 7"]),
            ("ucernvm", &["uCernVM 3.6.5", "ucernvm-3.6"]),
        ] {
            for text in texts.iter().copied().chain([word]) {
                assert_eq!(Called::of(text), Called::Known(Os::named(word).unwrap()), "{text}");
            }
        }
    }

    #[test]
    fn a_family_is_no_answer_and_its_newest_is_told() {
        for (text, word) in [
            ("debian", "debian-13"),
            ("rhel", "rhel-10"),
            ("ubuntu", "ubuntu-26.04"),
            ("amazon linux", "amazon-2023"),
            ("centos", "centos-7"),
            ("debian-99", "debian-13"),
            ("ubuntu 99.04", "ubuntu-26.04"),
        ] {
            assert_eq!(Called::of(text), Called::Family(Os::named(word).unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_not_guessed() {
        for text in [
            "",
            "plan9",
            "al",
            "sl",
            "9",
            "alpine3",
            "slackware",
            "winter-2016",
            "ubuntu trixie",
            "rhel9 or so",
            "debian 12 and 13",
        ] {
            assert_eq!(Called::of(text), Called::Nothing, "{text}");
        }
    }
}
