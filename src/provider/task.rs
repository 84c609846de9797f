//! An attempt to run a program on a host: files, command and result.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::command::{CompletedProcess, ExitOutcome};
use super::host_error::HostError;
use crate::plan::{ProgramKind, open_file};

/// An attempt to run a service's program: its files, its command, and its result file.
#[derive(Clone, Debug)]
pub struct Task {
    /// The service, whose name is also that of its stage directory.
    pub service: String,
    /// The service's program.
    pub kind: ProgramKind,
    /// The id of this execution on the host; see [`Host::run`](super::Host::run).
    pub key: String,
    /// The files to be in the stage directory. Files of earlier attempts are still there.
    pub files: Vec<StageFile>,
    /// The archive among the files to unpack first, by its file name.
    pub archive: Option<String>,
    /// The program to run: a path below the stage directory.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables added to the host's environment.
    pub environment: Vec<(String, String)>,
    /// Its time limit.
    pub timeout: Duration,
    /// The optional result file in the stage directory, and its size limit in bytes.
    pub result: Option<(String, usize)>,
}

/// A file of a stage directory.
#[derive(Clone, Debug)]
pub struct StageFile {
    /// Its name.
    pub name: String,
    /// Its content.
    pub content: Content,
    /// Permission bits: 0o600 for secrets.
    pub mode: u32,
}

/// The content of a file.
#[derive(Clone)]
pub enum Content {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The content of this file at the time of sending: it is read in pieces, since it may be sent to many hosts at
    /// once.
    File(PathBuf),
}

/// The result of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// How the program ended.
    pub finished: CompletedProcess,
    /// The content of its result file, if there is one, or why it cannot be read.
    pub result: Option<Result<Vec<u8>, String>>,
}

impl Content {
    /// Returns a reader of the content, and its size in bytes.
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

/// Writes the path of the file, or that the content is in memory.
impl std::fmt::Display for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(_) => f.write_str("what is in memory"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Omits the content, which may be secret.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

impl Task {
    /// Returns the folder of the archive that contains the program.
    pub(crate) fn folder(archive: &str) -> Option<&str> {
        archive.strip_suffix(".tar.gz").filter(|folder| !folder.is_empty())
    }

    /// Returns the file in the stage directory that lists the files unpacked from an archive for this program.
    pub(crate) fn list(&self, archive: &str) -> String {
        format!(".{archive}.{}", self.kind)
    }
}

/// Unpacks an archive in its own directory: `unpack ARCHIVE PROGRAM LIST`. Files that were unpacked before for the same
/// program, by the list made then, and the program itself are removed first, so that they are not taken for files of
/// the new archive. Files that programs created stay: a boot program and a ready program may share a folder.
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

/// Returns the error of a file that is not an archive, or lacks the program.
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
