//! The engine's interface to a host, on which programs run.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::command::{Command, CompletedProcess};
use super::host_error::HostError;
use super::task::{Content, Done, Task, UNPACK, unfit};

/// A host that runs programs: an instance, a given address or this machine.
#[async_trait]
pub trait Host: Send + Sync {
    /// Waits until the host answers and has finished its own start (its user data ran). Has no time limit of its own:
    /// the caller sets one.
    async fn reach(&self) -> Result<HostReady, HostError>;

    /// Returns the parent of stage directories, an absolute path on the host.
    fn stage_base(&self) -> PathBuf;

    /// Writes a file, creating missing directories. The write is atomic.
    async fn upload(&self, file: &Upload) -> Result<(), HostError>;

    /// Like [`Host::upload`], for content that need not be in memory: hosts that support it read the file in pieces.
    async fn put(&self, path: &Path, content: &Content, mode: u32) -> Result<(), HostError> {
        let whole = content.read();
        let content = whole.map_err(|error| HostError::failed(format!("cannot read {content} to send it: {error}")))?;
        self.upload(&Upload { path: path.to_owned(), content, mode }).await
    }

    /// Reads a file of at most `limit` bytes; `None` if it does not exist.
    async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError>;

    /// Runs a command and waits for it.
    ///
    /// `command.key` makes this safe to repeat: if a command of that key is running, this waits for it; if one has
    /// ended, its result is returned again. At the time limit the command and its process group get TERM, then KILL. A
    /// background process that the command leaves behind keeps running and does not delay the result.
    async fn run(&self, command: &Command) -> Result<CompletedProcess, HostError>;

    /// Uploads a program's files, runs it, and reads its result: equivalent to [`Host::upload`], [`Host::run`] and
    /// [`Host::download`] in sequence, and as safe to repeat; in one round trip on hosts where that is faster.
    async fn carry_out(&self, task: &Task) -> Result<Done, HostError> {
        task.in_steps(self).await
    }

    /// Removes a directory with its content; succeeds if it does not exist.
    async fn remove(&self, path: &Path) -> Result<(), HostError>;

    /// Ends all processes that hoist started here and removes all files that it made. Called once the service is torn
    /// down; may do nothing on an instance that is going to be terminated.
    async fn release(&self) -> Result<(), HostError>;

    /// Removes a service's stage directory and releases the host, in one round trip on hosts where that is faster.
    async fn leave(&self, stage: &Path) -> Result<(), HostError> {
        self.remove(stage).await?;
        self.release().await
    }
}

/// A host that answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostReady {
    /// Notes on its start, one sentence each: warnings of its user data, a host key that was trusted on first use.
    pub notes: Vec<String>,
}

/// A file to write to a host.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its absolute path.
    pub path: PathBuf,
    /// Its content.
    pub content: Vec<u8>,
    /// Permission bits, 0o755 for programs and 0o600 for all other files.
    pub mode: u32,
}

impl Task {
    /// Carries out the task step by step, for hosts without a combined operation.
    pub async fn in_steps<H: Host + ?Sized>(&self, host: &H) -> Result<Done, HostError> {
        let directory = host.stage_base().join(&self.service);
        for file in &self.files {
            host.put(&directory.join(&file.name), &file.content, file.mode).await?;
        }
        if let Some(archive) = &self.archive {
            self.unpack(host, &directory, archive).await?;
        }
        let argv = std::iter::once(directory.join(&self.program).to_string_lossy().into_owned())
            .chain(self.args.iter().cloned())
            .collect();
        let finished = host.run(&self.command(&self.key, argv, &directory)).await?;
        let result = match &self.result {
            Some((name, limit)) if finished.outcome.success() => {
                match host.download(&directory.join(name), *limit).await {
                    Ok(file) => file.map(Ok),
                    Err(HostError::Failed(complaint)) => Some(Err(complaint.reason)),
                    Err(error) => return Err(error),
                }
            }
            _ => None,
        };
        Ok(Done { finished, result })
    }

    async fn unpack<H: Host + ?Sized>(&self, host: &H, directory: &Path, archive: &str) -> Result<(), HostError> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let packed = text(&directory.join(archive));
        let program = text(&self.program);
        let script = format!("{UNPACK}unpack \"$@\"");
        let unpack = ["sh", "-c", &script, "sh", archive, &program, &self.list(archive)].map(str::to_owned);
        let chmod = ["chmod".to_owned(), "+x".to_owned(), text(&directory.join(&self.program))];
        let steps =
            [("unpack", format!("tar -xzf {packed}"), unpack.to_vec()), ("chmod", chmod.join(" "), chmod.to_vec())];
        for (step, what, argv) in steps {
            let mut command = self.command(&format!("{}/{step}", self.key), argv, directory);
            // Their messages are parsed.
            command.environment.push(("LC_ALL".to_owned(), "C".to_owned()));
            let finished = host.run(&command).await?;
            if !finished.outcome.success() {
                return Err(unfit(archive, &what, finished.outcome, &finished.output));
            }
        }
        Ok(())
    }

    fn command(&self, key: &str, argv: Vec<String>, directory: &Path) -> Command {
        Command {
            key: key.to_owned(),
            argv,
            directory: directory.to_owned(),
            environment: self.environment.clone(),
            timeout: self.timeout,
        }
    }
}
