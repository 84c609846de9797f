//! What the running program needs of a machine, by its own file in the format ELF.
//!
//! Sources: System V ABI, "Object Files"; Linux Standard Base, "Symbol Versioning" (the section `.gnu.version_r`).

use std::fs;
use std::io;
use std::path::Path;

use super::os::Os;

/// Type of the section that lists the needed versions of libraries (`SHT_GNU_verneed`).
const VERSIONS_NEEDED: u32 = 0x6fff_fffe;

/// Type of the segment that names the loader of shared libraries (`PT_INTERP`); a static program has none.
const INTERPRETER: u32 = 3;

/// The prefix of the versions of the C library, glibc.
const GLIBC: &str = "GLIBC_";

/// A version that stands for no functions, but for the ability to load packed relocations, and the glibc that has it
/// first (glibc 2.36, "NEWS": `DT_RELR`).
const PACKED_RELOCATIONS: (&str, (u32, u32)) = ("ABI_DT_RELR", (2, 36));

/// What the program needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnProgram {
    /// The processor, by its name in clouds: `x86_64`, `arm64`. `None` if it is another one.
    pub architecture: Option<&'static str>,
    /// What it needs of the C library.
    pub symbols: Symbols,
}

/// What a program needs of the C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbols {
    /// Nothing: it has all in itself.
    None,
    /// glibc of this version or a later one.
    Glibc(u32, u32),
    /// Another C library, or something that cannot be told.
    Unknown,
}

impl OwnProgram {
    /// Reads the program in this file.
    ///
    /// # Errors
    /// It cannot be read, or is no 64-bit ELF program for Linux.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        let bytes = fs::read(path)?;
        parse(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is no 64-bit ELF program"))
    }

    /// Returns why it does not run on the system, if that is known.
    pub fn misfit(&self, os: &Os) -> Option<String> {
        let (major, minor) = match (self.symbols, os.glibc) {
            (Symbols::None, _) => return None,
            (Symbols::Glibc(major, minor), Some(has)) if has >= (major, minor) => return None,
            (Symbols::Glibc(major, minor), Some(_)) => (major, minor),
            (Symbols::Glibc(..), None) => {
                return Some(format!("it is not known whether this program runs on {}", os.title));
            }
            (Symbols::Unknown, _) => return Some("it is not known which C library this program needs".to_owned()),
        };
        let (has_major, has_minor) = os.glibc?;
        Some(format!(
            "this program needs the C library of version {major}.{minor}, and {} has {has_major}.{has_minor}",
            os.title
        ))
    }
}

/// Reads an ELF program of 64 bits in little-endian order.
fn parse(bytes: &[u8]) -> Option<OwnProgram> {
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let architecture = match half(bytes, 18)? {
        62 => Some("x86_64"),
        183 => Some("arm64"),
        _ => None,
    };
    let segments = table(bytes, offset(bytes, 32)?, half(bytes, 54)?, half(bytes, 56)?);
    let is_dynamic = segments.clone().any(|segment| word(bytes, segment) == Some(INTERPRETER));
    let sections: Vec<usize> = table(bytes, offset(bytes, 40)?, half(bytes, 58)?, half(bytes, 60)?).collect();
    let needed = sections.iter().find(|section| word(bytes, **section + 4) == Some(VERSIONS_NEEDED));
    let symbols = match (is_dynamic, needed) {
        (false, _) => Symbols::None,
        (true, Some(section)) => newest_glibc(bytes, &sections, *section).unwrap_or(Symbols::Unknown),
        (true, None) => Symbols::Unknown,
    };
    Some(OwnProgram { architecture, symbols })
}

/// Returns the newest version of glibc in the section of needed versions.
fn newest_glibc(bytes: &[u8], sections: &[usize], section: usize) -> Option<Symbols> {
    let strings = offset(bytes, sections.get(usize::try_from(word(bytes, section + 40)?).ok()?)? + 24)?;
    let (mut library, count) = (offset(bytes, section + 24)?, word(bytes, section + 44)?);
    let mut newest = None;
    for _ in 0..count {
        let mut version = library + usize::try_from(word(bytes, library + 8)?).ok()?;
        for _ in 0..half(bytes, library + 2)? {
            let name = text(bytes, strings + usize::try_from(word(bytes, version + 8)?).ok()?)?;
            if let Some(name) = name.strip_prefix(GLIBC) {
                newest = newest.max(Some(version_of(name)?));
            }
            version += usize::try_from(word(bytes, version + 12)?).ok()?;
        }
        library += usize::try_from(word(bytes, library + 12)?).ok()?;
    }
    newest.map(|(major, minor)| Symbols::Glibc(major, minor))
}

/// Returns the glibc that has a version first; none if that is not known.
fn version_of(name: &str) -> Option<(u32, u32)> {
    let (packed, since) = PACKED_RELOCATIONS;
    if name == packed { Some(since) } else { numbers(name) }
}

/// Reads the first two numbers of a version: 2.2.5 is 2 and 2.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

/// Returns the places of a table's entries.
fn table(bytes: &[u8], start: usize, size: usize, count: usize) -> impl Iterator<Item = usize> + Clone + use<> {
    let end = bytes.len();
    (0..count).map(move |index| start.saturating_add(index * size)).take_while(move |place| *place < end)
}

fn half(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes(field.try_into().ok()?)))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(field.try_into().ok()?))
}

fn offset(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(8)?)?;
    usize::try_from(u64::from_le_bytes(field.try_into().ok()?)).ok()
}

fn text(bytes: &[u8], at: usize) -> Option<&str> {
    let from = bytes.get(at..)?;
    std::str::from_utf8(from.split(|byte| *byte == 0).next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wizard::os::SYSTEMS;

    #[test]
    fn what_this_program_needs_is_what_binutils_tells() {
        let path = std::env::current_exe().unwrap();
        let own = OwnProgram::of_file(&path).unwrap();
        let expected = if cfg!(target_arch = "x86_64") { "x86_64" } else { "arm64" };
        assert_eq!(own.architecture, Some(expected));
        let Ok(output) = std::process::Command::new("objdump").arg("-p").arg(&path).output() else { return };
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let versions = told.split(|c: char| c.is_whitespace()).filter_map(|word| word.strip_prefix(GLIBC));
        let newest = versions.filter_map(version_of).max().unwrap();
        assert_eq!(own.symbols, Symbols::Glibc(newest.0, newest.1));
    }

    #[test]
    fn packed_relocations_need_a_glibc_of_their_own() {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("a.c");
        let program = "int puts(const char *);\nchar *words[] = {\"a\", \"b\"};\nint main(int n) { return puts(words[n & 1]); }\n";
        std::fs::write(&source, program).unwrap();
        let built = |flag: &str| {
            let program = directory.path().join(flag);
            let link = format!("-Wl,-z,{flag}");
            let run =
                std::process::Command::new("cc").arg("-pie").arg(link).arg("-o").arg(&program).arg(&source).status();
            assert!(run.unwrap().success(), "cc links every test");
            OwnProgram::of_file(&program).unwrap().symbols
        };
        let Symbols::Glibc(2, plain) = built("nopack-relative-relocs") else { panic!() };
        assert!(plain <= 34, "{plain}");
        assert_eq!(built("pack-relative-relocs"), Symbols::Glibc(2, 36));
    }

    #[test]
    fn a_program_fits_where_its_library_is_new_enough() {
        let needs = |symbols| OwnProgram { architecture: Some("x86_64"), symbols };
        let fits = |program: OwnProgram| -> Vec<&str> {
            SYSTEMS.iter().filter(|os| program.misfit(os).is_none()).map(|os| os.word).collect()
        };
        assert_eq!(fits(needs(Symbols::None)).len(), SYSTEMS.len());
        assert!(fits(needs(Symbols::Unknown)).is_empty());
        let since_2021 = fits(needs(Symbols::Glibc(2, 34)));
        assert!(["debian-12", "rocky-9", "amazon-2023", "ubuntu-22.04"].iter().all(|os| since_2021.contains(os)));
        assert!(["rocky-8", "centos-7", "ucernvm"].iter().all(|os| !since_2021.contains(os)), "{since_2021:?}");
        let since_2022 = fits(needs(Symbols::Glibc(2, 36)));
        assert!(["debian-12", "rocky-10", "ubuntu-24.04"].iter().all(|os| since_2022.contains(os)), "{since_2022:?}");
        assert!(["rocky-9", "amazon-2023", "ubuntu-22.04"].iter().all(|os| !since_2022.contains(os)), "{since_2022:?}");
        let centos = Os::named("centos-7").unwrap();
        let why = needs(Symbols::Glibc(2, 34)).misfit(&centos).unwrap();
        assert_eq!(
            why,
            "this program needs the C library of version 2.34, and CentOS 7 (ended; for old programs) has 2.17"
        );
    }

    #[test]
    fn what_is_no_program_or_is_cut_is_none() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!([parse(b"#!/bin/sh\n"), parse(b"")], [None, None]);
        for length in [6, 20, 60, 64, 1000] {
            // Its sections are at its end, so that nothing is known of the library.
            if let Some(cut) = parse(&bytes[..length]) {
                assert!(!matches!(cut.symbols, Symbols::Glibc(..)), "{length}: {cut:?}");
            }
        }
    }
}
