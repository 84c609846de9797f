//! Lists the files of `templates/`, so that the program carries whatever is in there, and makes a small program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let variable = |name: &str| env::var_os(name).map(PathBuf::from).ok_or(io::ErrorKind::NotFound);
    let root = variable("CARGO_MANIFEST_DIR")?.join("templates");
    let mut files = Vec::new();
    list(&root, &mut files)?;
    files.sort();
    let mut source = String::from("[\n");
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file).display().to_string();
        // Paths are written as Rust writes strings; writing to a string cannot fail.
        let _ = writeln!(source, "    ({name:?}, include_str!({:?})),", file.display().to_string());
    }
    source.push(']');
    fs::write(variable("OUT_DIR")?.join("templates.rs"), source)?;
    if is_small() && links_with_lld() {
        // Much of the AWS SDKs is the same code for other types: a fifteenth of the program.
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
        // A fifth, else: a release ends at a panic (`panic = "abort"`), so that nothing reads how to unwind its stack.
        let script = variable("OUT_DIR")?.join("no-unwinding.ld");
        fs::write(&script, "SECTIONS { /DISCARD/ : { *(.eh_frame) } } INSERT AFTER .text;\n")?;
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr,--script={}", script.display());
        if reads_packed_relocations() {
            // A tenth of the program, else: each address that is fixed when it is loaded.
            println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        }
    }
    Ok(())
}

/// Whether size matters more than the time that it takes to link.
fn is_small() -> bool {
    env::var("PROFILE").is_ok_and(|profile| profile == "release")
}

/// Whether the linker is the one that comes with Rust and is its default on this system alone ("Rust 1.90.0": LLD).
fn links_with_lld() -> bool {
    let is_other = |flags: String| flags.contains("linker") || flags.contains("fuse-ld");
    if env::var("TARGET").ok().as_deref() != Some("x86_64-unknown-linux-gnu")
        || env::var_os("RUSTC_LINKER").is_some()
        || env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(is_other)
    {
        return false;
    }
    let Some(rustc) = env::var_os("RUSTC") else { return false };
    let Ok(asked) = Command::new(rustc).args(["--print", "sysroot"]).output() else { return false };
    let sysroot = PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim());
    sysroot.join("lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld/ld.lld").is_file()
}

/// Whether the system that this is built on and for loads programs with packed relocations (glibc 2.36, "NEWS":
/// `DT_RELR`). An older one says that it lacks `GLIBC_ABI_DT_RELR`, as it says of any function that it lacks.
fn reads_packed_relocations() -> bool {
    const SINCE: (u32, u32) = (2, 36);
    // Whoever says it otherwise builds for older systems.
    let is_said = env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("pack-relative-relocs"));
    if is_said || env::var("HOST").ok() != env::var("TARGET").ok() {
        return false;
    }
    let Ok(said) = Command::new("getconf").arg("GNU_LIBC_VERSION").output() else { return false };
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let version = said.trim().strip_prefix("glibc ").and_then(|version| version.split_once('.'));
    let number = |text: &str| text.split('.').next().and_then(|number| number.parse().ok());
    version.is_some_and(|(major, minor)| {
        (number(major), number(minor)) >= (Some(SINCE.0), Some(SINCE.1)) && number(minor).is_some()
    })
}

/// Every template below a directory; a directory that gets or loses a file makes this run again.
fn list(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", directory.display());
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "hbs" || extension == "template") {
            files.push(path);
        }
    }
    Ok(())
}
