//! Python programs of the package index, in virtual environments below the target directory.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::place;

/// The virtual environment with these packages (all of them named, with versions) and these files in it, made when it
/// is not there yet.
pub fn environment(name: &str, requirements: &str, files: &[(&str, &str)]) -> Result<PathBuf, String> {
    let text = |error: io::Error| format!("target/peers: {error}");
    let peers = place::peers().map_err(text)?;
    let content: String = std::iter::once(requirements).chain(files.iter().map(|(_, text)| *text)).collect();
    let digest = Sha256::digest(content).iter().take(4).fold(String::new(), |mut digest, byte| {
        let _ = write!(digest, "{byte:02x}");
        digest
    });
    let environment = peers.join(format!("{name}-{digest}"));
    let complete = environment.join("complete");
    // Several test processes may come here at once.
    let lock = File::create(peers.join(format!("{name}.lock"))).map_err(text)?;
    lock.lock().map_err(text)?;
    if complete.exists() {
        return Ok(environment);
    }
    let _ = fs::remove_dir_all(&environment);
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    let list = environment.join("requirements.txt");
    fs::write(&list, requirements).map_err(text)?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"];
    run(Command::new(environment.join("bin/python")).args(pip).arg(&list))?;
    for (file, content) in files {
        fs::write(environment.join(file), content).map_err(text)?;
    }
    File::create(&complete).map_err(text)?;
    Ok(environment)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(()) } else { Err(format!("{command:?} failed: {}", said().trim())) }
}
