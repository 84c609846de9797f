//! One try of a program on a host: its files, its command, and what it may bring back.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::command::{CompletedProcess, ExitOutcome};
use super::host_error::HostError;
use crate::plan::{ProgramKind, open_file};

/// One try of a service's program: what is put in place for it, what is run, and what is read afterwards.
#[derive(Clone, Debug)]
pub struct Task {
    /// The service, which is the name of its stage directory, too.
    pub service: String,
    /// Which of its programs this is.
    pub kind: ProgramKind,
    /// Names this execution on the host; see [`Host::run`](super::Host::run).
    pub key: String,
    /// What is to be in the stage directory. An earlier try's files are still there.
    pub files: Vec<StageFile>,
    /// The packed folder among the files that is unpacked first, by its file's name.
    pub archive: Option<String>,
    /// What is run: a path below the stage directory.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// The longest it may take.
    pub timeout: Duration,
    /// A file that it may leave in the stage directory, and the most bytes that it may hold.
    pub result: Option<(String, usize)>,
}

/// A file of a stage directory.
#[derive(Clone, Debug)]
pub struct StageFile {
    /// Its name there.
    pub name: String,
    /// What it holds.
    pub content: Content,
    /// Permission bits: 0o600 for what holds secrets.
    pub mode: u32,
}

/// What a file holds.
#[derive(Clone)]
pub enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What this file holds when it is sent: it is read piece by piece, since many hosts may be sent it at once.
    File(PathBuf),
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// How the program ended.
    pub finished: CompletedProcess,
    /// The file that it left, if there is one, or why that cannot be read.
    pub result: Option<Result<Vec<u8>, String>>,
}

impl Content {
    /// Something to read it from, and its size.
    pub fn open(&self) -> io::Result<(Box<dyn io::Read + Send + '_>, u64)> {
        match self {
            Self::Bytes(bytes) => Ok((Box::new(bytes.as_slice()), bytes.len() as u64)),
            Self::File(path) => {
                let file = open_file(path)?;
                let metadata = file.metadata()?;
                if !metadata.is_file() {
                    return Err(io::Error::other("it is not a file"));
                }
                Ok((Box::new(file), metadata.len()))
            }
        }
    }

    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        let (mut reader, size) = self.open()?;
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        reader.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Where it is.
impl std::fmt::Display for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(_) => f.write_str("what is in memory"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// What it holds may be secret.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

impl Task {
    /// The archive's folder that holds what is run.
    pub(crate) fn folder(archive: &str) -> Option<&str> {
        archive.strip_suffix(".tar.gz").filter(|folder| !folder.is_empty())
    }

    /// The file in the stage directory that lists what was unpacked of an archive for this program.
    pub(crate) fn list(&self, archive: &str) -> String {
        format!(".{archive}.{}", self.kind)
    }
}

/// Unpacks an archive in the directory where it lies: `unpack ARCHIVE PROGRAM LIST`. What was unpacked before for the
/// same program is removed first, by the list that was made then, and so is the program itself, so that none of it is
/// taken for the new archive's. What programs made themselves stays: a boot program and a ready program may share a
/// folder.
pub(crate) const UNPACK: &str = r#"unpack() {
    if [ -f "$3" ]; then
        while IFS= read -r old; do
            case /$old/ in
            */../*) ;;
            *) [ -d "./$old" ] || rm -f "./$old" ;;
            esac
        done < "$3"
    fi
    rm -f "$2"
    tar -xzvf "$1" > "$3"
}
"#;

/// The error for an archive that is none, or not one of ours.
pub(crate) fn unfit(archive: &str, step: &str, outcome: ExitOutcome, output: &str) -> HostError {
    let lines: Vec<&str> = output.lines().collect();
    let said = lines[lines.len().saturating_sub(3)..].join("; ");
    HostError::failed(format!("{archive}: `{step}` ended with {outcome}: {said}"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    #[test]
    fn nothing_of_an_earlier_archive_is_taken_for_the_new_one_and_what_programs_made_stays() {
        let directory = tempfile::tempdir().unwrap();
        let stage = directory.path().join("stage");
        fs::create_dir(&stage).unwrap();
        let unpack = |files: &[&str]| {
            let from = tempfile::tempdir().unwrap();
            fs::create_dir_all(from.path().join("r/lib")).unwrap();
            files.iter().for_each(|file| fs::write(from.path().join(file), "").unwrap());
            let packed = stage.join("r.tar.gz");
            let tar = Command::new("tar").arg("-czf").arg(&packed).arg("r").current_dir(from.path()).status();
            assert!(tar.unwrap().success());
            let script = format!("{UNPACK}unpack \"$@\"");
            let unpacked = Command::new("sh")
                .args(["-c", &script, "sh", "r.tar.gz", "r/run.sh", ".r.tar.gz.ready"])
                .current_dir(&stage)
                .output()
                .unwrap();
            assert!(unpacked.status.success(), "{unpacked:?}");
        };
        let has = |file: &str| stage.join(file).exists();
        unpack(&["r/run.sh", "r/lib/old one", "r/lib/both"]);
        assert!(has("r/run.sh") && has("r/lib/old one"));
        fs::write(stage.join("r/made"), "").unwrap();
        unpack(&["r/lib/both"]);
        assert!(!has("r/run.sh") && !has("r/lib/old one"));
        assert!(has("r/lib/both") && has("r/made"));
    }
}
