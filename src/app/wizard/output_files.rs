//! The files of a cluster: written completely, readable by their owner only, and never replacing others.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Zoned;

use crate::app::CommandError;
use crate::os::{Durability, quoted, write_whole};
use crate::plan::{MAX_TEXT, read_file};
use crate::wizard::{
    ANSWERS_FILE, Cluster, Os, ValidatedAnswers, bundle_name, is_answers_file, program_bundle, write_answers,
};

/// Maximum number of clusters of one system named within one second.
const MOST: u32 = 1000;

/// Paths of the written files.
#[derive(Clone, Debug)]
pub(crate) struct WrittenFiles {
    /// User data of the master.
    pub(crate) master: PathBuf,
    /// Plan that launches the master.
    pub(crate) plan: PathBuf,
    /// Answers file.
    pub(crate) answers: PathBuf,
    /// Tarball with hoist's program, which the plan brings to the master.
    pub(crate) program: Option<PathBuf>,
}

/// Output directory.
pub(crate) struct OutputFiles<'a>(pub(crate) &'a Path);

impl OutputFiles<'_> {
    /// Returns an unused name for the master's user data: `master-debian-12-2026-11-20-14.05.31`.
    pub(crate) fn free_name(&self, os: Os, now: &Zoned) -> Result<String, CommandError> {
        let stem = format!("master-{}-{}", os.word, now.strftime("%Y-%m-%d-%H.%M.%S"));
        let names = std::iter::once(stem.clone()).chain((2..=MOST).map(|number| format!("{stem}-{number}")));
        let is_free =
            |name: &String| [self.0.join(name), self.plan(name)].iter().all(|path| path.symlink_metadata().is_err());
        names
            .into_iter()
            .find(is_free)
            .ok_or_else(|| CommandError::new(format!("{} has {MOST} files of the name {stem}", self.0.display())))
    }

    /// Refuses a directory that is not writable, and an answers file that is not the wizard's.
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        let directory = self.0.display();
        if !self.0.is_dir() {
            let error = CommandError::new(format!("{directory} is no directory; nothing was written"));
            return Err(error.hint(format!("mkdir {directory}, or another --directory")));
        }
        if nix::unistd::access(self.0, nix::unistd::AccessFlags::W_OK).is_err() {
            let message = format!("nothing can be written to the directory {directory}");
            return Err(CommandError::new(message).hint("name another with --directory DIR"));
        }
        let answers = self.answers();
        match read_file(&answers, MAX_TEXT) {
            Ok(content) if !is_answers_file(&content) => {
                let message = format!("{} exists and is no answers file; nothing was written", answers.display());
                Err(CommandError::new(message).hint("move it away, or name another --directory"))
            }
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(CommandError::new(format!("cannot read {}: {error}", answers.display())))
            }
            _ => Ok(()),
        }
    }

    /// Writes all files under this name; returns none if the name was taken in the meantime. A failure leaves no files.
    pub(crate) fn write(
        &self,
        name: &str,
        cluster: &Cluster,
        answers: &str,
        program: Option<&[u8]>,
    ) -> Result<Option<WrittenFiles>, CommandError> {
        let (master, plan) = (self.0.join(name), self.plan(name));
        let bundle = self.0.join(format!("{}.tar.gz", bundle_name(name)));
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |error: io::Error| CommandError::new(format!("cannot write {path}: {error}; nothing was written"))
        };
        if !write_new(&master, &cluster.master).map_err(failed(&master))? {
            return Ok(None);
        }
        let bundled = match program {
            Some(program) => program_bundle(&bundle_name(name), program, Vec::new())
                .and_then(|content| write_new(&bundle, &content))
                .map_err(failed(&bundle)),
            None => Ok(true),
        };
        let written = match bundled {
            Ok(true) => write_new(&plan, cluster.plan.as_bytes()).map_err(failed(&plan)),
            other => {
                let _ = fs::remove_file(&master);
                return other.map(|_| None);
            }
        };
        let answered = match written {
            Ok(true) => write_whole(&self.answers(), answers.as_bytes(), 0o600, Durability::Power)
                .map(|()| {
                    Some(WrittenFiles {
                        master: shown(&master),
                        plan: shown(&plan),
                        answers: shown(&self.answers()),
                        program: program.map(|_| shown(&bundle)),
                    })
                })
                .map_err(|error| {
                    let _ = fs::remove_file(&plan);
                    failed(&self.answers())(error)
                }),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        };
        if !matches!(answered, Ok(Some(_))) {
            // The file is ours, and useless without the others.
            let _ = fs::remove_file(&master);
            if program.is_some() {
                let _ = fs::remove_file(&bundle);
            }
        }
        answered
    }

    /// Returns the error of a dialogue that ends without its files, after saving its answers for the next one.
    pub(crate) fn keeping(&self, whole: &ValidatedAnswers, error: CommandError) -> CommandError {
        let file = self.answers();
        match write_whole(&file, write_answers(whole).as_bytes(), 0o600, Durability::Power) {
            Ok(()) => error.hint(format!("your answers are kept: hoist wizard --answers {}", quoted(shown(&file)))),
            Err(problem) => error.hint(format!("the answers could not be kept in {}: {problem}", file.display())),
        }
    }

    fn plan(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.toml"))
    }

    fn answers(&self) -> PathBuf {
        self.0.join(ANSWERS_FILE)
    }
}

/// Returns the path as a person writes it.
fn shown(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_path_buf()
}

/// Writes a file atomically; returns false if one of this name exists.
fn write_new(path: &Path, content: &[u8]) -> io::Result<bool> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.new", std::process::id()));
    let unfinished = path.with_file_name(name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    // Unlike a rename, a hard link never replaces another file.
    let linked = written.and_then(|()| fs::hard_link(&unfinished, path));
    let removed = fs::remove_file(&unfinished);
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => removed.map(|()| false),
        linked => linked.and(removed).map(|()| true),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn cluster(master: &str) -> Cluster {
        Cluster {
            master: master.into(),
            worker: Vec::new(),
            plan: format!("# {master}\n"),
            notes: Vec::new(),
            next_steps: Vec::new(),
        }
    }

    #[test]
    fn no_file_is_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let files = OutputFiles(directory.path());
        let now: Zoned = "2026-11-20T14:05:31[UTC]".parse().unwrap();
        let os = Os::named("debian-12").unwrap();
        let name = files.free_name(os, &now).unwrap();
        assert_eq!(name, "master-debian-12-2026-11-20-14.05.31");
        let written = files.write(&name, &cluster("one"), "# a\n", Some(b"#!/bin/sh\n")).unwrap().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert!(
            [&written.master, &written.plan, &written.answers].map(|path| mode(path)).iter().all(|mode| *mode == 0o600)
        );
        // Another process was quicker.
        assert!(files.write(&name, &cluster("two"), "# b\n", None).unwrap().is_none());
        let next = files.free_name(os, &now).unwrap();
        assert_eq!(next, format!("{name}-2"));
        fs::write(files.plan(&next), "mine").unwrap();
        assert!(files.write(&next, &cluster("two"), "# b\n", None).unwrap().is_none());
        assert!(!files.0.join(&next).exists(), "half of a pair stays away");
        assert_eq!(fs::read(&written.master).unwrap(), b"one");
        assert_eq!(fs::read(&written.answers).unwrap(), b"# a\n");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 5, "nothing unfinished is left");
    }

    #[test]
    fn what_is_no_answers_file_is_not_touched() {
        let directory = tempfile::tempdir().unwrap();
        let files = OutputFiles(directory.path());
        assert!(files.check().is_ok());
        fs::write(files.answers(), "pool = \"mine\"\n").unwrap();
        assert!(files.check().unwrap_err().message.contains("is no answers file"));
        assert!(
            OutputFiles(&directory.path().join("nowhere")).check().unwrap_err().message.contains("is no directory")
        );
    }
}
