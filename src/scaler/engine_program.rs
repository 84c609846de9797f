//! Runs the program of the engine `command`: one question on its standard input, one answer on its standard output.

use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use crate::os::{ProgramEnd, ProgramFailure, ProgramRun};

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

/// Runs a program in a directory and returns what it printed. With its end, or when its time is over, everything ends
/// that it started.
pub(super) async fn run_program(
    argv: &[String],
    input: &[u8],
    limit: Duration,
    directory: &Path,
) -> Result<Vec<u8>, ProgramError> {
    let (file, arguments) = argv.split_first().ok_or(ProgramError::NoProgram)?;
    let program = || file.clone();
    let run = ProgramRun {
        program: file,
        arguments,
        input,
        directory: directory.is_dir().then_some(directory),
        limit,
        longest_output: LONGEST,
        longest_complaint: LONGEST_COMPLAINT,
    };
    let ProgramEnd { status, output, complaint } = run.run().await.map_err(|failure| match failure {
        ProgramFailure::Broken(source) => ProgramError::NotRun { program: program(), source },
        ProgramFailure::TooSlow => ProgramError::TooSlow { program: program(), limit },
        ProgramFailure::TooMuch => ProgramError::TooMuch { program: program() },
    })?;
    if !status.success() {
        let complaint = String::from_utf8_lossy(&complaint);
        let complaint: String = complaint.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        return Err(ProgramError::Failed { program: program(), status, complaint });
    }
    Ok(output)
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
