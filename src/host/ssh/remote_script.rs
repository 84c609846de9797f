//! Running a script on a host over an open connection, with arguments, and bytes for its input.
//!
//! The host's login shell is only asked, in a syntax common to all shells, to become `/bin/sh`, which reads the script
//! from its input. Output of the user's start-up files is separated from that of the script.

use std::fmt::Write as _;
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::complaints::{instead, last_line, remedy};
use super::connection_ref::{Agent, ConnectionRef};
use super::output_reader::{BEGINNING, OutputEvent, OutputReader, complaints};
use crate::os::random_hex;
use crate::provider::{Awaited, Content, HostError};
use crate::retry::{Limit, Pauses, Poller};

/// The exit codes of failed scripts; see `scripts/common.sh`.
pub(super) mod code {
    /// The file does not exist.
    pub(crate) const NOT_THERE: i32 = 66;
    /// The input did not arrive completely, or another failure that may be temporary.
    pub(crate) const AGAIN: i32 = 75;
}

/// The command for the user's login shell: become a shell that runs the first line addressed to it. It has the same
/// meaning in tcsh and fish.
const BECOME_OURS: &str =
    r#"exec /bin/sh -c 'while IFS= read -r s;do case $s in hoist:*)eval "$(printf %b "${s#hoist:}")";exit;esac;done'"#;

/// Empty lines sent first, since a start-up file may read some.
const TO_SPARE: &str = "\n\n\n";

/// The number of attempts if other output is mixed into the answers, and the first pause between them.
const GARBLED_TRIES: u32 = 6;
const GARBLED_PAUSE: Duration = Duration::from_millis(70);

/// The beginning of every script.
const COMMON: &str = include_str!("scripts/common.sh");

/// The exit code of ssh's own failures.
const BROKEN: i32 = 255;

/// The size of the chunks in which a file is sent.
const PIECE: usize = 64 * 1024;

/// The time that an ssh may take to exit after its script has ended: leftovers of start-up files may keep it running.
const ENDING: Duration = Duration::from_secs(1);

/// A script for `/bin/sh`, with its arguments and input.
#[derive(Debug, Default)]
pub(super) struct RemoteScript<'a> {
    /// The script, to which [`COMMON`] is prepended.
    pub(super) script: &'a str,
    /// `$1`, `$2` …
    pub(super) words: &'a [&'a str],
    /// The input, sent once the script is ready for it.
    pub(super) input: &'a [Content],
    /// The time limit.
    pub(super) limit: Duration,
    /// Whether the script has the agent.
    pub(super) agent: Agent,
}

/// The exit code and output of a script.
#[derive(Debug)]
pub(super) struct ScriptOutput {
    pub(super) code: i32,
    pub(super) output: Vec<u8>,
    pub(super) complaint: String,
}

/// The reason why there is no answer.
#[derive(Debug)]
pub(super) enum ScriptError {
    /// The connection broke, or was broken already: ssh's message.
    Broken(String),
    /// Our script was not started, and would not be next time: the output that came instead.
    Refused(String),
    /// Our script was not started, but may be next time: the output that came instead.
    Mute(String),
    /// The input cannot be read.
    Unreadable(String),
    /// Other output is mixed into that of the script.
    Garbled,
}

impl RemoteScript<'_> {
    /// Runs the script, repeatedly if other output is mixed into the answer. Every script must be safe to run twice.
    pub(super) async fn ask(&self, line: &ConnectionRef) -> Result<ScriptOutput, ScriptError> {
        let asking = async {
            let pauses = Pauses::growing(GARBLED_PAUSE * 2, Duration::MAX);
            let mut poller = Poller::new(pauses, Limit::Pauses(GARBLED_TRIES - 1));
            loop {
                match self.talk(line).await {
                    Err(ScriptError::Garbled) if poller.pause().await => {}
                    answer => return answer,
                }
            }
        };
        match tokio::time::timeout(self.limit, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(ScriptError::Broken(format!("it gave no answer within {} s", self.limit.as_secs()))),
        }
    }

    async fn talk(&self, line: &ConnectionRef) -> Result<ScriptOutput, ScriptError> {
        let word = random_hex(12).map_err(|error| ScriptError::Unreadable(format!("no random numbers: {error}")))?;
        let mut child = start(line, self.agent).map_err(|error| broken(&error))?;
        let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(ScriptError::Broken("ssh has no input".to_owned()));
        };
        let script = self.encoded(&word);
        let mut complaint = Vec::new();
        let (over, is_over) = oneshot::channel::<()>();
        let complaining = async {
            let all = async {
                let _ = is_over.await;
                tokio::time::sleep(ENDING).await;
            };
            tokio::select! {
                () = complaints(stderr, &word, &mut complaint) => {}
                () = all => {}
            }
            Ok(())
        };
        let answering = async {
            // A shell that ends early reports the reason by its exit code.
            let _ = stdin.write_all(script.as_bytes()).await;
            let said = self.listen(&mut child, stdin, BufReader::new(stdout), &word).await;
            drop(over);
            said
        };
        let ((), said) = tokio::try_join!(complaining, answering)?;
        let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
        said.read(complaint, line)
    }

    /// Returns the script as one line, in the encoding of `printf %b`.
    fn encoded(&self, word: &str) -> String {
        let mut script = format!("cue={word}\n");
        script.push_str(&without_comments(COMMON));
        if self.agent == Agent::Kept {
            // Once one session of a connection has the agent, all of them get the variable.
            script.push_str("unset SSH_AUTH_SOCK\n");
        }
        script.push_str("set --");
        for word in self.words {
            // Writing to a string cannot fail.
            let _ = write!(script, " {}", quoted(word));
        }
        script.push('\n');
        script.push_str(&without_comments(self.script));
        // A start-up file may start another shell, which then reads this command.
        format!("{TO_SPARE}{BECOME_OURS}\nhoist:{}\n", script.replace('\\', "\\\\").replace('\n', "\\n"))
    }

    async fn listen(
        &self,
        child: &mut Child,
        mut stdin: ChildStdin,
        stdout: BufReader<ChildStdout>,
        word: &str,
    ) -> Result<RawOutput, ScriptError> {
        let mut hearing = OutputReader::new(stdout, word);
        let heard = loop {
            match hearing.next().await.map_err(|error| broken(&error))? {
                OutputEvent::Ready => {
                    for content in self.input {
                        if !send(content, &mut stdin).await? {
                            break;
                        }
                    }
                }
                heard => break heard,
            }
        };
        // Our end was open until now: closing it ends the connection.
        drop(stdin);
        let patience = match heard {
            OutputEvent::Eof if hearing.begun => self.limit,
            OutputEvent::Eof => BEGINNING,
            OutputEvent::End(_) | OutputEvent::Garbled => ENDING,
            OutputEvent::Ready | OutputEvent::TimedOut | OutputEvent::SentAway => Duration::ZERO,
        };
        let status = match timeout(patience, child.wait()).await {
            Ok(status) => status.map_err(|error| broken(&error))?.code(),
            Err(_) => {
                let _ = child.kill().await;
                None
            }
        };
        Ok(RawOutput { heard, status, begun: hearing.begun, text: hearing.text() })
    }
}

/// The raw output of a session.
struct RawOutput {
    heard: OutputEvent,
    status: Option<i32>,
    begun: bool,
    text: Vec<u8>,
}

impl RawOutput {
    /// Interprets the output as an answer, or as the corresponding error.
    fn read(self, complaint: String, line: &ConnectionRef) -> Result<ScriptOutput, ScriptError> {
        let code = match (self.heard, self.status) {
            (OutputEvent::End(code), _) => return Ok(ScriptOutput { code, output: self.text, complaint }),
            (OutputEvent::Garbled, _) => return Err(ScriptError::Garbled),
            (OutputEvent::SentAway, _) => return Err(ScriptError::Refused(instead(&self.text, &complaint))),
            (OutputEvent::TimedOut, _) => {
                let said = instead(&self.text, &complaint);
                return Err(ScriptError::Mute(format!("nothing began within {} s; {said}", BEGINNING.as_secs())));
            }
            (_, Some(code)) if code != BROKEN => code,
            // The connection is intact, but the session was not opened or exited with this code.
            _ if !self.begun && line.is_up() => {
                return Err(if complaint.contains("efused by peer") {
                    ScriptError::Broken("its SSH server opens no further session (MaxSessions)".to_owned())
                } else {
                    ScriptError::Mute(format!("{} and ended with code {BROKEN}", instead(&self.text, &complaint)))
                });
            }
            // ssh's name for the end of the disabled way around the connection.
            _ if complaint.contains("UNKNOWN port 65535") => {
                return Err(ScriptError::Broken("its SSH server closed it".to_owned()));
            }
            _ => return Err(ScriptError::Broken(last_line(&complaint).to_owned())),
        };
        Err(if self.begun {
            ScriptError::Broken(format!("what we ran there was ended (code {code}): {}", last_line(&complaint)))
        } else {
            ScriptError::Refused(format!("{} and ended with code {code}", instead(&self.text, &complaint)))
        })
    }
}

/// Starts a session that waits for our script.
fn start(line: &ConnectionRef, agent: Agent) -> std::io::Result<Child> {
    let mut ssh = line.session(false, agent);
    ssh.arg(BECOME_OURS);
    ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn()
}

/// Sends a file in chunks. Returns whether the other end still reads.
async fn send(content: &Content, stdin: &mut ChildStdin) -> Result<bool, ScriptError> {
    if let Content::Bytes(bytes) = content {
        return Ok(stdin.write_all(bytes).await.is_ok());
    }
    let shown = match content {
        Content::File(path) => path.display().to_string(),
        Content::Bytes(_) => String::new(),
    };
    let unreadable = |error: &std::io::Error| ScriptError::Unreadable(format!("cannot read {shown}: {error}"));
    let (mut reader, size) = content.open().map_err(|error| unreadable(&error))?;
    let (mut left, mut buffer) = (size, vec![0; PIECE]);
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let read = reader.read(&mut buffer[..most]).map_err(|error| unreadable(&error))?;
        if read == 0 {
            return Err(ScriptError::Unreadable(format!("{shown} became shorter while it was sent")));
        }
        if stdin.write_all(&buffer[..read]).await.is_err() {
            return Ok(false);
        }
        left -= read as u64;
    }
    Ok(true)
}

fn broken(error: &std::io::Error) -> ScriptError {
    ScriptError::Broken(format!("cannot talk through ssh: {error}"))
}

/// Returns a script without its comments, the form in which it is sent.
pub(super) fn without_comments(script: &str) -> String {
    let mut text = String::with_capacity(script.len());
    for line in script.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Quotes a word for a shell.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

impl ScriptError {
    /// Converts this to the error for the host `place`. A broken connection may be retried.
    pub(super) fn error(self, place: &str) -> HostError {
        match self {
            Self::Broken(reason) => {
                let awaited =
                    Awaited { what: format!("a connection to {place} that lasts"), why: reason, at_once: false };
                let reason = format!("the connection to {place} broke: {}", awaited.why);
                HostError::unreachable(reason)
                    .hint("where this goes on, the log of its SSH server tells why (journalctl -u ssh)")
                    .awaited(awaited)
            }
            Self::Mute(what) => {
                let awaited = Awaited { what: format!("the login shell of {place}"), why: what, at_once: true };
                let reason = format!("{place} runs no commands for us: {}", awaited.why);
                HostError::unreachable(reason).hint(remedy(&awaited.why)).awaited(awaited)
            }
            Self::Refused(what) => {
                HostError::failed(format!("{place} runs no commands for us: {what}")).hint(remedy(&what))
            }
            Self::Unreadable(reason) => HostError::failed(reason),
            Self::Garbled => {
                let why = "what its user's start-up files left running prints into the answers to us".to_owned();
                let reason = format!("{place} gives no clear answer: {why}");
                let awaited = Awaited { what: format!("a clear answer of {place}"), why, at_once: true };
                let hint = "let what ~/.bashrc and the like start there print to a file (`command >file 2>&1 &`)";
                HostError::unreachable(reason).hint(hint).awaited(awaited)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_one_line_whatever_it_holds() {
        let script = "printf '%s|' 'a\\nb' \"!\" \"$1\"\n";
        let question = RemoteScript { script, words: &["it's\n\\0"], ..RemoteScript::default() };
        let line = question.encoded("w0rd");
        assert_eq!(line.lines().count(), TO_SPARE.len() + 2);
        let mut shell = std::process::Command::new("sh")
            .args(["-c", BECOME_OURS])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut shell.stdin.take().unwrap(), line.as_bytes()).unwrap();
        let output = shell.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "\nw0rd\na\\nb|!|it's\n\\0|\nw0rd ends 0\n");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "\nw0rd\n\nw0rd ends 0\n");
    }
}
