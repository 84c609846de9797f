//! Runs HTCondor's programs: found on the search path, with arguments passed without a shell, within limits.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::Deserializer;
use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use super::collector_fault::CollectorFault;
use super::error::HTCondorError;
use crate::classad::ClassAd;

/// The default time limit of a program: HTCondor's own time-outs for a busy collector are 20 to 60 s (`QUERY_TIMEOUT`,
/// `TOOL_TIMEOUT_MULTIPLIER`), and some programs make several calls.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// The most output of a program, in bytes: about 300,000 slots with the attributes that hoist queries.
const LONGEST_OUTPUT: usize = 128 << 20;

/// The length, in bytes, to which standard error is cut.
const LONGEST_COMPLAINT: usize = 16 << 10;

/// The most lines of standard error in a message.
const SHOWN_LINES: usize = 4;

/// A call of a program.
pub(super) struct CondorCommand {
    /// The program's file name, looked up on the search path.
    pub(super) program: &'static str,
    /// Its purpose, as it follows "cannot".
    pub(super) doing: String,
    /// Its arguments.
    pub(super) arguments: Vec<OsString>,
    /// Its standard input.
    pub(super) input: Vec<u8>,
    /// Environment variables in addition to hoist's own, all of which it inherits: `CONDOR_CONFIG`, `_CONDOR_…`,
    /// `HOME`.
    pub(super) variables: Vec<(&'static str, String)>,
    /// Its working directory, if it is another than hoist's own.
    pub(super) directory: Option<PathBuf>,
    /// Its time limit.
    pub(super) patience: Duration,
    /// The most output, in bytes.
    pub(super) longest: usize,
    /// The required permission, for the message of a refusal.
    pub(super) right: &'static str,
}

/// The result of a program that has ended.
pub(super) struct CommandOutput {
    pub(super) status: ExitStatus,
    pub(super) output: String,
    pub(super) complaint: String,
}

impl CondorCommand {
    pub(super) fn new<A: Into<OsString>>(
        program: &'static str,
        doing: impl Into<String>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            program,
            doing: doing.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            input: Vec::new(),
            variables: Vec::new(),
            directory: None,
            patience: PATIENCE,
            longest: LONGEST_OUTPUT,
            right: "ask whoever runs the pool to let this user in (ALLOW_READ, and a token in ~/.condor/tokens.d)",
        }
    }

    /// Runs the program and returns its output; a non-zero exit is an error.
    pub(super) async fn run(self, search_path: &OsStr) -> Result<String, HTCondorError> {
        let ended = self.end(search_path).await?;
        if ended.status.success() { Ok(ended.output) } else { Err(self.failure(&ended)) }
    }

    /// Runs the program and returns its result, whatever its exit status. Dropping the future kills it.
    pub(super) async fn end(&self, search_path: &OsStr) -> Result<CommandOutput, HTCondorError> {
        match tokio::time::timeout(self.patience, self.work(search_path)).await {
            Ok(ended) => ended,
            Err(_) => {
                Err(HTCondorError::TooSlow { program: self.program, doing: self.doing.clone(), limit: self.patience })
            }
        }
    }

    /// Runs the program on hoist's own terminal, however long it takes, and returns its exit status.
    pub(super) async fn attend(&self, search_path: &OsStr) -> Result<ExitStatus, HTCondorError> {
        let status = self.program(search_path)?.status().await;
        status.map_err(|source| self.not_started(source))
    }

    /// Returns the program with its arguments, environment and directory.
    fn program(&self, search_path: &OsStr) -> Result<Command, HTCondorError> {
        let (program, doing) = (self.program, self.doing.clone());
        let file = find(program, search_path).ok_or(HTCondorError::NotInstalled { program, doing })?;
        let mut command = Command::new(file);
        command.args(&self.arguments).envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        Ok(command)
    }

    fn not_started(&self, source: std::io::Error) -> HTCondorError {
        HTCondorError::NotStarted { program: self.program, doing: self.doing.clone(), source }
    }

    async fn work(&self, search_path: &OsStr) -> Result<CommandOutput, HTCondorError> {
        let (program, doing) = (self.program, || self.doing.clone());
        let broken = |source| self.not_started(source);
        let mut child = self
            .program(search_path)?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(broken)?;
        let (mut stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let feed = async {
            if let Some(mut stdin) = stdin.take() {
                // If the program does not read all its input, it reports the reason itself.
                let _ = stdin.write_all(&self.input).await;
            }
        };
        let read = |limit| HTCondorError::TooMuch { program, doing: doing(), limit };
        let output = async { take(stdout, self.longest).await.map_err(broken)?.ok_or_else(|| read(self.longest)) };
        let ((), output, complaint, status) = tokio::join!(feed, output, head(stderr, LONGEST_COMPLAINT), child.wait());
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(CommandOutput {
            status: status.map_err(broken)?,
            output: text(output?),
            complaint: text(complaint.map_err(broken)?),
        })
    }

    /// Runs the program and passes on the ads of the JSON that it prints, one by one. No output is no ads, as
    /// `condor_q` and `condor_status` print it; a non-zero exit is an error.
    pub(super) async fn read_json_ads(
        &self,
        search_path: &OsStr,
        mut take: impl FnMut(ClassAd),
    ) -> Result<(), HTCondorError> {
        let ended = self.end(search_path).await?;
        if !ended.status.success() {
            return Err(self.failure(&ended));
        }
        if ended.output.trim().is_empty() {
            return Ok(());
        }
        let mut json = serde_json::Deserializer::from_str(&ended.output);
        JsonAds(&mut take).deserialize(&mut json).and_then(|()| json.end()).map_err(|error| self.unreadable(error))
    }

    /// Classifies a failure by the program's output: HTCondor's programs report causes as text only.
    pub(super) fn failure(&self, ended: &CommandOutput) -> HTCondorError {
        let (program, doing) = (self.program, self.doing.clone());
        let all = if ended.complaint.trim().is_empty() { &ended.output } else { &ended.complaint };
        let said = shown(all);
        let has = |words: &[&str]| words.iter().any(|word| all.contains(word));
        // A collector that restarts cuts connections off, which speaks of authorization and refuses nothing.
        let is_cut_off = CollectorFault::of(all) == Some(CollectorFault::NotReachable);
        // Checked first, since a refusal is reported as a lost connection, too.
        if !is_cut_off && has(&["DENIED", "AUTHENTICATE:", "authorized", "uthorization"]) {
            return HTCondorError::NotAuthorised { program, doing, said, hint: self.right };
        }
        let lost = ["CEDAR:", "ommunication error", "connect to", "contact the condor_", "unknown host", "locate"];
        if is_cut_off || has(&lost) || has(&["find address of", "failed to send classad"]) {
            return HTCondorError::Unreachable { program, doing, said };
        }
        HTCondorError::Failed { program, doing, status: ended.status.to_string(), said }
    }

    /// The error for output that cannot be parsed.
    pub(super) fn unreadable(&self, why: impl ToString) -> HTCondorError {
        HTCondorError::Unreadable { program: self.program, doing: self.doing.clone(), why: why.to_string() }
    }
}

/// Reads a list of ads without keeping its JSON.
struct JsonAds<'a>(&'a mut dyn FnMut(ClassAd));

impl<'de> DeserializeSeed<'de> for JsonAds<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for JsonAds<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of ads")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut ads: A) -> Result<(), A::Error> {
        while let Some(ad) = ads.next_element::<serde_json::Map<_, _>>()? {
            (self.0)(ClassAd::from_json(&ad.into()));
        }
        Ok(())
    }
}

/// Returns the first executable file of this name on the search path.
pub(super) fn find(program: &str, search_path: &OsStr) -> Option<PathBuf> {
    let runs = |file: &Path| file.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0);
    std::env::split_paths(search_path).map(|directory| directory.join(program)).find(|file| runs(file))
}

/// Joins the first non-empty lines into one.
fn shown(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("Extra Info:") && *line != "ERROR")
        .take(SHOWN_LINES)
        .collect();
    if lines.is_empty() { "it said nothing".to_owned() } else { lines.join("; ") }
}

/// Reads the whole stream; `None` if it is longer than `limit` bytes.
async fn take(stream: Option<impl AsyncRead + Unpin>, limit: usize) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(limit as u64 + 1).read_to_end(&mut bytes).await?;
    }
    Ok((bytes.len() <= limit).then_some(bytes))
}

/// Reads the first `limit` bytes; the rest is read and dropped, so that the writer does not block.
async fn head(stream: Option<impl AsyncRead + Unpin>, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else { return Ok(kept) };
    let mut buffer = [0; 4096];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(kept);
        }
        let room = limit.saturating_sub(kept.len()).min(length);
        kept.extend_from_slice(&buffer[..room]);
    }
}

#[cfg(test)]
mod tests;
