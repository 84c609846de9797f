//! Asking a host something over an open connection: a script of ours for its shell, words, and bytes to read.

use std::process::Output;
use std::time::Duration;

use openssh::{Session, Stdio};
use tokio::io::AsyncWriteExt as _;

/// What a script prints where it fails, and by which code, is agreed in `scripts/common.sh`.
pub(super) mod code {
    /// There is no such file.
    pub(crate) const NOT_THERE: i32 = 66;
    /// What we sent did not come whole, or something else that the next try may not meet.
    pub(crate) const AGAIN: i32 = 75;
}

/// A script for `/bin/sh` and what it is given.
#[derive(Debug)]
pub(super) struct Question<'a> {
    /// The script; [`COMMON`] comes before it.
    pub(super) script: &'a str,
    /// `$1`, `$2` …; they show in the host's list of processes.
    pub(super) words: &'a [&'a str],
    /// What it reads.
    pub(super) input: &'a [u8],
    /// The longest that it may take.
    pub(super) limit: Duration,
}

/// What every script begins with.
const COMMON: &str = include_str!("scripts/common.sh");

/// How a script ended and what it printed.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: i32,
    pub(super) output: Vec<u8>,
    pub(super) complaint: String,
}

/// The connection broke, or was so before; ssh's own words.
#[derive(Debug)]
pub(super) struct Broken(pub(super) String);

impl Question<'_> {
    /// Asks it.
    pub(super) async fn ask(&self, session: &Session) -> Result<Answer, Broken> {
        match tokio::time::timeout(self.limit, self.talk(session)).await {
            Ok(Ok(output)) => {
                let Some(code) = output.status.code() else { return Err(Broken(output.status.to_string())) };
                let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                Ok(Answer { code, output: output.stdout, complaint })
            }
            Ok(Err(error)) => Err(Broken(why(session, &error).await)),
            Err(_) => Err(Broken(format!("it gave no answer within {} s", self.limit.as_secs()))),
        }
    }

    async fn talk(&self, session: &Session) -> Result<Output, openssh::Error> {
        let script = format!("{}{}", without_comments(COMMON), without_comments(self.script));
        let mut command = session.command("/bin/sh");
        command.arg("-c").arg(script).arg("hoist").args(self.words);
        let input = if self.input.is_empty() { Stdio::null() } else { Stdio::piped() };
        let mut child = command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().await?;
        let stdin = child.stdin().take();
        let write = async {
            if let Some(mut stdin) = stdin {
                // A script that ends early has its reason, and tells it by its code.
                let _ = stdin.write_all(self.input).await;
                let _ = stdin.shutdown().await;
            }
        };
        let ((), output) = tokio::join!(write, child.wait_with_output());
        output
    }
}

async fn why(session: &Session, error: &openssh::Error) -> String {
    use std::error::Error as _;
    let cause = |error: &openssh::Error| error.source().map_or_else(|| error.to_string(), ToString::to_string);
    match session.check().await {
        Err(master) => cause(&master),
        Ok(()) => cause(error),
    }
}

/// A script as it is sent: comments are for those who read it here.
fn without_comments(script: &str) -> String {
    let mut text = String::with_capacity(script.len());
    for line in script.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The last line of a complaint, which names the reason where several lines lead to it.
pub(super) fn last_line(text: &str) -> &str {
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it gave no reason")
}
