//! Runs the program of the engine `command`: one question on its standard input, one answer on its standard output.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// Longest answer, in bytes.
const LONGEST: u64 = 16 << 20;

/// Length to which standard error is cut, in bytes.
const LONGEST_COMPLAINT: u64 = 4 << 10;

/// Why a program gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProgramError {
    #[error("the fleet file names no program")]
    NoProgram,
    #[error("{program} cannot be run: {source}; [engine] program names it")]
    NotRun { program: String, source: std::io::Error },
    #[error("{program} has not ended after {} s; [engine] timeout sets its time limit", .limit.as_secs_f64())]
    TooSlow { program: String, limit: Duration },
    #[error("{program} ended with {status}{}", told(.complaint))]
    Failed { program: String, status: ExitStatus, complaint: String },
    #[error("{program} answered more than {LONGEST} bytes")]
    TooMuch { program: String },
}

fn told(complaint: &str) -> String {
    if complaint.is_empty() { String::new() } else { format!(": {complaint}") }
}

/// Runs a program in a directory and returns what it printed. When its time is over, it is killed with all that it
/// started in its process group.
pub(super) async fn run_program(
    argv: &[String],
    input: &[u8],
    limit: Duration,
    directory: &Path,
) -> Result<Vec<u8>, ProgramError> {
    let (file, arguments) = argv.split_first().ok_or(ProgramError::NoProgram)?;
    let program = || file.clone();
    let broken = |source| ProgramError::NotRun { program: program(), source };
    let mut command = Command::new(file);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if directory.is_dir() {
        command.current_dir(directory);
    }
    let mut child = command.process_group(0).kill_on_drop(true).spawn().map_err(broken)?;
    let group = KilledGroup(child.id());
    let (mut stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let work = async {
        let feed = async {
            if let Some(mut stdin) = stdin.take() {
                // A program that does not read all of its input may still answer.
                let _ = stdin.write_all(input).await;
            }
        };
        let (_, output, complaint, status) =
            tokio::join!(feed, take(stdout, LONGEST + 1), take(stderr, LONGEST_COMPLAINT), child.wait());
        Ok((output?, complaint?, status?))
    };
    let (output, complaint, status) = match tokio::time::timeout(limit, work).await {
        Ok(ended) => ended.map_err(broken)?,
        Err(_) => return Err(ProgramError::TooSlow { program: program(), limit }),
    };
    drop(group);
    if output.len() as u64 > LONGEST {
        return Err(ProgramError::TooMuch { program: program() });
    }
    if !status.success() {
        let complaint = String::from_utf8_lossy(&complaint);
        let complaint: String = complaint.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        return Err(ProgramError::Failed { program: program(), status, complaint });
    }
    Ok(output)
}

/// Reads at most so many bytes, and the rest to nowhere, so that the writer ends.
async fn take(stream: Option<impl AsyncRead + Unpin>, most: u64) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    if let Some(mut stream) = stream {
        (&mut stream).take(most).read_to_end(&mut content).await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    }
    Ok(content)
}

/// Kills a process group when it is dropped.
struct KilledGroup(Option<u32>);

impl Drop for KilledGroup {
    fn drop(&mut self) {
        if let Some(group) = self.0.and_then(|id| i32::try_from(id).ok()) {
            // An error means that nothing of it is left.
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(script: &str, seconds: u64) -> Result<Vec<u8>, ProgramError> {
        let argv = ["/bin/sh", "-c", script].map(str::to_owned);
        run_program(&argv, b"hello", Duration::from_secs(seconds), Path::new("/")).await
    }

    #[tokio::test]
    async fn the_answer_is_what_it_prints() {
        assert_eq!(run("cat; pwd", 20).await.unwrap(), b"hello/\n");
        // It need not read its input.
        assert_eq!(run("echo 1", 20).await.unwrap(), b"1\n");
    }

    #[tokio::test]
    async fn failures_name_the_program_and_its_words() {
        let failed = run("echo no queue >&2; exit 3", 20).await.unwrap_err().to_string();
        assert_eq!(failed, "/bin/sh ended with exit status: 3: no queue");
        let slow = run("sleep 60", 1).await.unwrap_err().to_string();
        assert!(slow.contains("has not ended after 1 s"), "{slow}");
        let missing = run_program(&["/no/such".into()], b"", Duration::from_secs(1), Path::new("/")).await;
        assert!(missing.unwrap_err().to_string().starts_with("/no/such cannot be run"));
    }
}
