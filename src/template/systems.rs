//! The operating systems supported by the built-in templates of machines.

/// Names of the systems, the values of `os` in templates; the newest of each family first. A family without a version
/// stands for its current releases.
pub const SYSTEMS: [&str; 18] = [
    "debian-13",
    "debian-12",
    "ubuntu-26.04",
    "ubuntu-24.04",
    "ubuntu-22.04",
    "almalinux-10",
    "almalinux-9",
    "almalinux-8",
    "rocky-10",
    "rocky-9",
    "rocky-8",
    "rhel-10",
    "rhel-9",
    "rhel-8",
    "amazon-2023",
    "fedora",
    "centos-7",
    "ucernvm",
];

/// Returns the templates' name for the system of an image (`fedora-41`), if they support it.
pub fn system_of(os: &str) -> Option<&'static str> {
    let family = os.split('-').next().unwrap_or(os);
    SYSTEMS.into_iter().find(|word| *word == os || *word == family)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Templates, Values};

    #[test]
    fn the_templates_are_made_for_these_and_no_others() {
        let template = Templates::built_in();
        let template = template.get("partials/os").unwrap();
        let render = |os: &str| template.render(&Values::from_iter([("os".to_owned(), os.into())]));
        for os in SYSTEMS {
            assert_eq!(render(os).unwrap(), format!("# For {os}.\n"));
        }
        let error = render("plan9").unwrap_err().to_string();
        let (_, known) = error.split_once("must be one of ").unwrap();
        let mut known: Vec<&str> = known.split_whitespace().map(|word| word.trim_end_matches(',')).collect();
        let mut all = SYSTEMS.to_vec();
        known.sort_unstable();
        all.sort_unstable();
        assert_eq!(known, all);
    }

    #[test]
    fn a_family_without_versions_stands_for_each_of_them() {
        assert_eq!(system_of("fedora-41"), Some("fedora"));
        assert_eq!(system_of("ucernvm-3.6"), Some("ucernvm"));
        assert_eq!(system_of("rhel-10"), Some("rhel-10"));
        assert_eq!([system_of("rhel-7"), system_of("windows-2022"), system_of("debian")], [None, None, None]);
    }
}
