//! Programs that are tarballs: one folder of their own base name with a `run.sh`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;

use super::name::shown;
use super::source;

/// The most that a program may unpack to.
const MAX_UNPACKED: u64 = 2 * 1024 * 1024 * 1024;

/// The most entries that are looked at.
const MAX_ENTRIES: usize = 100_000;

/// The name without `.tar.gz`, if the file is such a tarball.
pub(super) fn base_name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()?.strip_suffix(".tar.gz").filter(|base| !base.is_empty())
}

/// Checks that the tarball holds `BASE/run.sh` and nothing that would leave the directory it is unpacked in.
pub(super) fn check(path: &Path, base: &str) -> Result<(), String> {
    let file = File::open(path).map_err(|error| format!("cannot be opened: {}", source::reason(&error)))?;
    let unreadable = |error: std::io::Error| format!("is no gzipped tar archive: {error}");
    let mut archive = tar::Archive::new(MultiGzDecoder::new(file).take(MAX_UNPACKED));
    let mut found = false;
    let mut tops = BTreeSet::new();
    for (count, entry) in archive.entries().map_err(unreadable)?.enumerate() {
        if count >= MAX_ENTRIES {
            return Err(format!("holds more than {MAX_ENTRIES} entries"));
        }
        let entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?;
        let mut parts = Vec::new();
        for component in path.components() {
            match component {
                Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
                Component::CurDir => {}
                _ => {
                    return Err(format!(
                        "holds \"{}\", which would be unpacked elsewhere",
                        shown(&path.to_string_lossy())
                    ));
                }
            }
        }
        let is_file = entry.header().entry_type().is_file() || entry.header().entry_type().is_symlink();
        found |= is_file && parts.len() == 2 && parts[0] == base && parts[1] == "run.sh";
        tops.extend(parts.into_iter().next());
    }
    if found {
        return Ok(());
    }
    const SHOW: usize = 5;
    let mut holds: Vec<String> = tops.iter().take(SHOW).map(|top| shown(top)).collect();
    if tops.len() > SHOW {
        holds.push("…".to_owned());
    }
    let holds = if tops.is_empty() { "nothing".to_owned() } else { holds.join(", ") };
    Err(if tops.contains(base) {
        format!("must hold {base}/run.sh; its folder {base} has no run.sh")
    } else {
        format!("must hold {base}/run.sh; it holds {holds}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tarball(directory: &Path, entries: &[&str]) -> std::path::PathBuf {
        let path = directory.join("agent.tar.gz");
        let mut builder =
            tar::Builder::new(flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast()));
        for name in entries {
            let mut header = tar::Header::new_gnu();
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(2);
            header.set_cksum();
            builder.append(&header, &b"x\n"[..]).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap();
        path
    }

    #[test]
    fn only_a_folder_of_its_own_name_with_run_sh_will_do() {
        let directory = tempfile::tempdir().unwrap();
        let result = |entries: &[&str]| check(&tarball(directory.path(), entries), "agent");
        assert_eq!(result(&["agent/run.sh", "agent/lib/x"]), Ok(()));
        assert_eq!(result(&["./agent/run.sh"]), Ok(()));
        assert_eq!(result(&["other/run.sh", "x"]).unwrap_err(), "must hold agent/run.sh; it holds other, x");
        assert_eq!(result(&["agent/start"]).unwrap_err(), "must hold agent/run.sh; its folder agent has no run.sh");
        assert_eq!(result(&[]).unwrap_err(), "must hold agent/run.sh; it holds nothing");
        assert!(result(&["agent/run.sh", "../evil"]).unwrap_err().contains("unpacked elsewhere"));
        let plain = directory.path().join("plain.tar.gz");
        std::fs::write(&plain, "#!/bin/sh\n").unwrap();
        assert!(check(&plain, "plain").unwrap_err().starts_with("is no gzipped tar archive"));
    }
}
