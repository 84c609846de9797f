//! The content of a simulated host: uploaded files and executions.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::config::ProgramBehavior;
use crate::provider::{Command, CompletedProcess, ExitOutcome, OUTPUT_LIMIT, Upload};

/// The name of a boot program's result file.
const BOOT_OUTPUT: &str = "bootout.json";

/// Files and executions of one host.
#[derive(Debug, Default)]
pub(super) struct SimMachine {
    files: BTreeMap<PathBuf, SimFile>,
    executions: HashMap<String, SimExecution>,
}

/// A file on a simulated host.
#[derive(Clone, Debug)]
pub struct SimFile {
    /// Its content.
    pub content: Arc<[u8]>,
    /// Its permission bits.
    pub mode: u32,
}

/// An execution of a command; its end is known as soon as it begins.
#[derive(Debug)]
pub(super) struct SimExecution {
    pub(super) ends: Duration,
    pub(super) finished: CompletedProcess,
    directory: PathBuf,
    boot_output: BTreeMap<String, String>,
}

impl SimMachine {
    pub(super) fn upload(&mut self, file: &Upload, content: Arc<[u8]>) {
        self.files.insert(file.path.clone(), SimFile { content, mode: file.mode });
    }

    pub(super) fn files(&self) -> &BTreeMap<PathBuf, SimFile> {
        &self.files
    }

    /// Returns the file's content, if it exists by now.
    pub(super) fn read(&self, path: &Path, now: Duration) -> Option<Arc<[u8]>> {
        if let Some(file) = self.files.get(path) {
            return Some(file.content.clone());
        }
        if path.file_name()? != BOOT_OUTPUT {
            return None;
        }
        // A program may run in a directory below the one where its result is expected, as one from a tarball does.
        let stage = path.parent()?;
        let wrote =
            |run: &&SimExecution| run.ends <= now && !run.boot_output.is_empty() && run.directory.starts_with(stage);
        let last = self.executions.values().filter(wrote).max_by_key(|run| run.ends)?;
        serde_json::to_vec(&last.boot_output).ok().map(Arc::from)
    }

    pub(super) fn remove(&mut self, directory: &Path) {
        let below = self.files.range(directory.to_path_buf()..).take_while(|(path, _)| path.starts_with(directory));
        let below: Vec<PathBuf> = below.map(|(path, _)| path.clone()).collect();
        for path in below {
            self.files.remove(&path);
        }
        // The results that programs wrote there are removed too.
        for run in self.executions.values_mut().filter(|run| run.directory.starts_with(directory)) {
            run.boot_output.clear();
        }
    }

    /// Removes all files and executions.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn execution(&self, key: &str) -> Option<&SimExecution> {
        self.executions.get(key)
    }

    /// Begins an execution, which continues even if nobody waits for it.
    pub(super) fn begin(&mut self, command: &Command, reaction: ProgramBehavior, now: Duration) -> &SimExecution {
        let timed_out = reaction.takes > command.timeout;
        let takes = reaction.takes.min(command.timeout);
        let mut output = reaction.output;
        if output.len() > OUTPUT_LIMIT {
            let start = (output.len() - OUTPUT_LIMIT..).find(|&at| output.is_char_boundary(at));
            output.drain(..start.unwrap_or_default());
        }
        let outcome = if timed_out { ExitOutcome::TimedOut } else { reaction.outcome };
        let boot_output = if timed_out { BTreeMap::new() } else { reaction.boot_output };
        let finished = CompletedProcess { outcome, output, took: takes };
        let run = SimExecution { ends: now + takes, finished, directory: command.directory.clone(), boot_output };
        self.executions.entry(command.key.clone()).insert_entry(run).into_mut()
    }
}
