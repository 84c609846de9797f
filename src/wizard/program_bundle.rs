//! The program that a launch plan brings to its master by SSH: a tarball of hoist itself and a script that installs it.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use super::answers::{Answers, Binary, CloudKind, Scaler};

/// The script, which a plan runs with the login user as its argument.
const RUN: &str = include_str!("install-program.sh");

/// Whether the program is copied to the master by SSH.
pub fn is_copied(answers: &Answers) -> bool {
    answers.cloud != CloudKind::Local && answers.scaler == Scaler::Hoist(Binary::Own { bucket: None })
}

/// Returns the name of the tarball without `.tar.gz`, beside the master's user data `file`; also that of its folder.
pub fn bundle_name(file: &str) -> String {
    format!("{file}-program")
}

/// Writes the tarball named `name` with this program.
///
/// # Errors
/// It cannot be written.
pub fn program_bundle<W: Write>(name: &str, program: &[u8], out: W) -> io::Result<W> {
    let run = RUN.replace("%sha256%", &hex::encode(Sha256::digest(program)));
    let mut archive = tar::Builder::new(GzEncoder::new(out, Compression::fast()));
    for (file, content) in [("run.sh", run.as_bytes()), ("hoist", program)] {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, format!("{name}/{file}"), content)?;
    }
    archive.into_inner()?.finish()
}
