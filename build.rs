//! Lists the files of `templates/`, so that the program carries whatever is in there.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
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
    fs::write(variable("OUT_DIR")?.join("templates.rs"), source)
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
