//! What the engine asks of a host: the place where programs run.

use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::command::{Command, CompletedProcess};
use super::host_error::HostError;
use super::task::{Content, Done, Task, UNPACK, unfit};

/// An instance, a given address or this machine, as far as running programs on it goes.
#[async_trait]
pub trait Host: Send + Sync {
    /// Returns when the host answers and has finished its own start (its user data ran); waits for that itself, and is
    /// cut short by the caller's time limit.
    async fn reach(&self) -> Result<HostReady, HostError>;

    /// The directory under which stage directories are made, absolute, on the host.
    fn stage_base(&self) -> PathBuf;

    /// Writes a file below an existing or new directory. The file appears whole or not at all.
    async fn upload(&self, file: &Upload) -> Result<(), HostError>;

    /// As [`Host::upload`], of what need not be in memory: hosts that can take it so read it piece by piece.
    async fn put(&self, path: &Path, content: &Content, mode: u32) -> Result<(), HostError> {
        let whole = content.read();
        let content = whole.map_err(|error| HostError::failed(format!("cannot read {content} to send it: {error}")))?;
        self.upload(&Upload { path: path.to_owned(), content, mode }).await
    }

    /// Reads a file of at most `limit` bytes; `None` when there is none.
    async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError>;

    /// Runs a command and waits for it.
    ///
    /// `command.key` makes it safe to repeat: where a command of that key is running, this waits for it; where one has
    /// ended, its result is given again. At the time limit the command and its process group get TERM, then KILL. A
    /// background process that the command leaves behind stays and does not delay the answer.
    async fn run(&self, command: &Command) -> Result<CompletedProcess, HostError>;

    /// Puts a program's files in place, runs it, and reads what it left: as [`Host::upload`], [`Host::run`] and
    /// [`Host::download`] do one after the other, and as safe to repeat; at once where that is worth something.
    async fn carry_out(&self, task: &Task) -> Result<Done, HostError> {
        task.in_steps(self).await
    }

    /// Removes a directory with all it holds; one that does not exist is removed already.
    async fn remove(&self, path: &Path) -> Result<(), HostError>;

    /// Ends everything that ran here on our behalf and removes what we put there. Called once the service is torn down;
    /// an instance that is terminated anyway may do nothing.
    async fn release(&self) -> Result<(), HostError>;

    /// Removes a service's stage directory and releases the host, at once where that is worth something.
    async fn leave(&self, stage: &Path) -> Result<(), HostError> {
        self.remove(stage).await?;
        self.release().await
    }
}

/// A host that answers, and what a person should know of how it came up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostReady {
    /// One sentence each: warnings of its user data, a host key that was taken at first sight.
    pub notes: Vec<String>,
}

/// A file to place on a host.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Where, absolute.
    pub path: PathBuf,
    /// Its content.
    pub content: Vec<u8>,
    /// Permission bits, 0o755 for programs and 0o600 for everything else.
    pub mode: u32,
}

impl Task {
    /// Carries it out step by step, for hosts that do no more at once.
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
            // What these say is read.
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
            environment: Vec::new(),
            timeout: self.timeout,
        }
    }
}
