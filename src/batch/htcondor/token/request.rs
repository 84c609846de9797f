use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::libc;
use secrecy::SecretString;

use super::claims::Claims;
use super::order::TokenOrder;
use crate::batch::htcondor::command::find;
use crate::batch::htcondor::error::HTCondorError;
use crate::batch::htcondor::pool::HTCondor;
use crate::os::{FileLock, read_if_there, remove_whole};
use crate::retry::{Limit, Pauses, poll_blocking_until};

const PROGRAM: &str = "condor_token_request";

/// The program that lets another one write each line at once; it is a part of GNU's coreutils.
const LINE_BY_LINE: &str = "stdbuf";

/// How long the collector may take to say under which number it has a request.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an approval takes to get here: the program looks for it every five seconds.
const LOOKS: Duration = Duration::from_secs(8);

/// The words before the number of a request (`condor_token_request`).
const BEFORE_NUMBER: &str = "approve request ";

/// A request for a token that an administrator of the pool has to approve.
///
/// HTCondor gives the token to the very process that asked. So that the answer may come after the command that asked,
/// `condor_token_request` goes on in the background: until the request is approved or denied, or the collector has
/// forgotten it. It writes to a file that is locked while it runs.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    output: PathBuf,
    complaint: PathBuf,
}

/// Where a request stands.
#[derive(Clone, Debug)]
pub enum RequestState {
    /// There is none, or it has come to nothing.
    Absent,
    /// It has this number, and is neither approved nor denied.
    Pending(String),
    /// It was approved.
    Granted(SecretString),
}

impl TokenRequest {
    /// The request of this name in a private directory.
    pub fn new(directory: &Path, name: &str) -> Self {
        let file = |end: &str| directory.join(format!("{name}.{end}"));
        Self { output: file("request"), complaint: file("complaint") }
    }

    /// Returns where it stands.
    ///
    /// # Errors
    /// A file of it cannot be read.
    pub fn state(&self) -> io::Result<RequestState> {
        // In this order: one that ends meanwhile has written all.
        let runs = FileLock::is_held(&self.output)?;
        let said = read_if_there(&self.output)?.unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let token = said.lines().map(SecretString::from).find(|line| Claims::of(line).is_some());
        Ok(match (token, number(&said)) {
            (Some(token), _) => RequestState::Granted(token),
            (None, Some(number)) if runs => RequestState::Pending(number),
            _ => RequestState::Absent,
        })
    }

    /// Begins it, unless it has begun; returns where it stands.
    ///
    /// # Errors
    /// The program is missing, or the collector takes no request from this user.
    pub fn begin(&self, pool: &HTCondor, order: &TokenOrder) -> Result<RequestState, HTCondorError> {
        let doing = || format!("request a token for the pool of {}", pool.name());
        let broken = |source| HTCondorError::NotStarted { program: PROGRAM, doing: doing(), source };
        match self.state().map_err(broken)? {
            RequestState::Absent => {}
            RequestState::Pending(_) => return self.settled().map_err(broken),
            granted @ RequestState::Granted(_) => return Ok(granted),
        }
        let program = find(PROGRAM, pool.search_path());
        let program = program.ok_or_else(|| HTCondorError::NotInstalled { program: PROGRAM, doing: doing() })?;
        self.forget().map_err(broken)?;
        let Some(lock) = FileLock::try_whole(&self.output).map_err(broken)? else {
            return self.state().map_err(broken);
        };
        let mut arguments = pool.pool_arguments();
        arguments.extend(["-type", "COLLECTOR"].map(str::to_owned));
        arguments.extend(order.arguments());
        let mut command = match find(LINE_BY_LINE, pool.search_path()) {
            Some(line_by_line) => {
                let mut command = Command::new(line_by_line);
                command.arg("-oL").arg(program);
                command
            }
            None => Command::new(program),
        };
        let mut child = command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(lock.hand_on().map_or_else(Stdio::null, Stdio::from))
            .stderr(private(&self.complaint).map_err(broken)?)
            .process_group(0)
            .spawn()
            .map_err(broken)?;
        let pauses = Pauses::fixed(Duration::from_millis(100));
        let ended = poll_blocking_until(pauses, Limit::Time(PATIENCE), || match self.state() {
            Ok(RequestState::Absent) => child.try_wait().transpose().map(|ended| ended.map(Some)),
            Ok(_) => Some(Ok(None)),
            Err(error) => Some(Err(error)),
        });
        match ended.transpose().map_err(broken)?.flatten() {
            None => self.state().map_err(broken),
            Some(status) => {
                let said = read_if_there(&self.complaint).map_err(broken)?.unwrap_or_default();
                let said = String::from_utf8_lossy(&said).trim().replace('\n', "; ");
                Err(HTCondorError::Failed { program: PROGRAM, doing: doing(), status: status.to_string(), said })
            }
        }
    }

    /// Waits for an answer that was just given.
    fn settled(&self) -> io::Result<RequestState> {
        let pauses = Pauses::fixed(Duration::from_millis(200));
        let settled = poll_blocking_until(pauses, Limit::Time(LOOKS), || match self.state() {
            Ok(RequestState::Pending(_)) => None,
            other => Some(other),
        });
        settled.unwrap_or_else(|| self.state())
    }

    /// Removes its files.
    ///
    /// # Errors
    /// One cannot be removed.
    pub fn forget(&self) -> io::Result<()> {
        remove_whole(&self.output)?;
        remove_whole(&self.complaint)
    }
}

/// Opens a file for a program to write to, which only its owner may read.
fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW).open(path)
}

fn number(said: &str) -> Option<String> {
    let number = said.split_once(BEFORE_NUMBER)?.1;
    let number: String = number.chars().take_while(char::is_ascii_digit).collect();
    (!number.is_empty()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_a_number() {
        let said = "Token request enqueued.  Ask an administrator to please approve request 0116959.\n";
        assert_eq!(number(said).as_deref(), Some("0116959"));
        assert_eq!(number("Ask an administrator"), None);
    }
}
