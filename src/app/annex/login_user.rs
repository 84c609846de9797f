//! The users that images let in.

/// Returns the user that AWS's images of an operating system let in by SSH; `None` where that is not known.
pub(super) fn login_user(os: &str) -> Option<&'static str> {
    const USERS: [(&str, &str); 9] = [
        ("debian-", "admin"),
        ("ubuntu-", "ubuntu"),
        ("amazon-", "ec2-user"),
        ("rhel-", "ec2-user"),
        ("almalinux-", "ec2-user"),
        ("rocky-", "rocky"),
        ("fedora", "fedora"),
        ("centos-", "centos"),
        ("ucernvm", "root"),
    ];
    USERS.iter().find(|(start, _)| os.starts_with(start)).map(|(_, user)| *user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_of_workers_has_a_user() {
        for os in
            ["debian-13", "ubuntu-24.04", "almalinux-9", "rocky-8", "rhel-10", "amazon-2023", "fedora", "centos-7"]
        {
            assert!(login_user(os).is_some(), "{os}");
        }
        assert_eq!(login_user("plan9"), None);
    }
}
