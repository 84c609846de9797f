//! Directories that belong to this user alone, checked on creation and on use.
//!
//! Files in them have names that other users can predict. In somebody else's directory, or behind a planted link, they
//! would be created or overwritten at a place of the attacker's choice.

use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User, geteuid};

/// Makes the directory and its missing parents, accessible to us only. Accepts an existing directory if it is ours.
pub(crate) fn make_own_directory(path: &Path) -> io::Result<()> {
    let mut missing: Vec<PathBuf> = Vec::new();
    for ancestor in path.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()) {
        match fs::symlink_metadata(ancestor) {
            Ok(found) => check_way(ancestor, &found)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(ancestor.to_path_buf()),
            Err(error) => return Err(error),
        }
    }
    while let Some(directory) = missing.pop() {
        match DirBuilder::new().mode(0o700).create(&directory) {
            // Made meanwhile, by another process of ours or by somebody else.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => check_own_directory(&directory)?,
            made => made?,
        }
    }
    check_own_directory(path)
}

/// Fails if the path is something other than a directory of ours. A missing path is no error.
pub(crate) fn check_own_directory(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if found.is_symlink() {
        return Err(refused(path, "is a symbolic link, where hoist keeps a directory of its own"));
    }
    if !found.is_dir() {
        return Err(refused(path, "is no directory"));
    }
    if found.uid() != geteuid().as_raw() {
        return Err(refused(path, &format!("belongs to {}, not to {}", name(found.uid()), name(geteuid().as_raw()))));
    }
    match found.mode() & 0o7777 {
        mode if mode & 0o022 != 0 => Err(refused(path, &format!("may be changed by others (mode {mode:04o})"))),
        _ => Ok(()),
    }
}

/// Returns the remedy for a directory that [`check_own_directory`] refuses, or `None` if it is accepted.
pub(crate) fn remedy(path: &Path) -> Option<String> {
    let found = fs::symlink_metadata(path).ok()?;
    let shown = path.display();
    if found.is_symlink() {
        let target = fs::read_link(path).unwrap_or_default();
        let there = path.parent().unwrap_or(path).join(target);
        return Some(format!(
            "put the directory back in the place of the link: rm {shown} && mv {} {shown}",
            there.display()
        ));
    }
    if !found.is_dir() {
        return Some(format!("move {shown} away, and put the directory back"));
    }
    if found.uid() != geteuid().as_raw() {
        return Some(format!("give it back to {}: chown {0} {shown}", name(geteuid().as_raw())));
    }
    (found.mode() & 0o022 != 0).then(|| format!("chmod go-w {shown}"))
}

/// Accepts symbolic links in the path only if we or root made them.
fn check_way(path: &Path, found: &Metadata) -> io::Result<()> {
    let trusted = found.uid() == geteuid().as_raw() || found.uid() == 0;
    if found.is_symlink() && !trusted {
        return Err(refused(path, &format!("is a symbolic link that {} made", name(found.uid()))));
    }
    Ok(())
}

fn refused(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, format!("{} {why}", path.display()))
}

fn name(uid: u32) -> String {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};

    use tempfile::tempdir;

    use super::*;

    #[test]
    fn what_is_made_is_ours_alone_on_the_whole_way() {
        let base = tempdir().unwrap();
        let deep = base.path().join("a/b/c");
        make_own_directory(&deep).unwrap();
        for made in [base.path().join("a"), base.path().join("a/b"), deep.clone()] {
            assert_eq!(fs::metadata(made).unwrap().mode() & 0o7777, 0o700);
        }
        make_own_directory(&deep).unwrap();
    }

    #[test]
    fn a_link_a_file_and_what_others_may_change_are_refused() {
        let base = tempdir().unwrap();
        let elsewhere = tempdir().unwrap();
        let path = |name: &str| base.path().join(name);
        symlink(elsewhere.path(), path("link")).unwrap();
        symlink("nowhere", path("dangling")).unwrap();
        fs::write(path("file"), "").unwrap();
        fs::create_dir(path("open")).unwrap();
        fs::set_permissions(path("open"), Permissions::from_mode(0o777)).unwrap();
        for (name, why) in [
            ("link", "is a symbolic link"),
            ("dangling", "is a symbolic link"),
            ("file", "is no directory"),
            ("open", "may be changed by others (mode 0777)"),
        ] {
            let error = make_own_directory(&path(name)).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(name), "{error}");
        }
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_somebody_else_made_is_refused() {
        if !geteuid().is_root() {
            // Only root can create files of another user.
            return;
        }
        let base = tempdir().unwrap();
        let (theirs, link) = (base.path().join("theirs"), base.path().join("link"));
        fs::create_dir(&theirs).unwrap();
        symlink(base.path(), &link).unwrap();
        [&theirs, &link].iter().for_each(|path| lchown(path, Some(65534), Some(65534)).unwrap());
        assert!(make_own_directory(&theirs).unwrap_err().to_string().contains("belongs to "));
        let on_the_way = make_own_directory(&link.join("below")).unwrap_err().to_string();
        assert!(on_the_way.contains("symbolic link that"), "{on_the_way}");
        assert!(!base.path().join("below").exists());
    }
}
