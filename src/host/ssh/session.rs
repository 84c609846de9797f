//! The session that runs a job on a host: its files, its script, and its result.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use super::job::{self, Ending};
use super::remote_script::{ScriptOutput, quoted};
use crate::os::random_hex;
use crate::provider::{Content, StageFile};

/// A session that puts files in place, runs a job and waits for its end.
#[derive(Debug)]
pub(super) struct JobSession {
    /// The script.
    pub(super) script: String,
    /// The script's input.
    pub(super) input: Vec<Content>,
    /// The input's size in bytes.
    pub(super) size: u64,
    end: String,
    most: usize,
}

/// The request of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobRequest<'a> {
    /// The location for our directories, and whether a person chose it.
    pub(super) base: (&'a str, bool),
    /// The service in whose stage directory the job runs, if it does.
    pub(super) service: Option<&'a str>,
    /// The name of the service's directory of jobs.
    pub(super) jobs: &'a str,
    /// The job's key.
    pub(super) key: &'a str,
    /// A directory that must exist.
    pub(super) directory: &'a str,
    /// The job's time limit.
    pub(super) timeout: Duration,
    /// The files for the stage directory.
    pub(super) files: &'a [StageFile],
    /// The program that runs there.
    pub(super) program: Option<&'a str>,
    /// The file that the job may leave, and its maximum size in bytes.
    pub(super) result: Option<(&'a str, usize)>,
}

/// The result of a session.
#[derive(Debug)]
pub(super) struct JobResult {
    /// The way in which the job ended.
    pub(super) ending: Ending,
    /// The file that the job left, or the reason why it cannot be read.
    pub(super) result: Option<Result<Vec<u8>, String>>,
}

impl JobSession {
    /// Creates the session for a job with this script.
    ///
    /// # Errors
    /// A file cannot be read; the error names it.
    pub(super) fn new(errand: &JobRequest<'_>, job: String) -> io::Result<Self> {
        let because = |what: String| move |error: io::Error| io::Error::new(error.kind(), format!("{what}: {error}"));
        let end = random_hex(12).map_err(because("no random numbers".to_owned()))?;
        let (left, limit) = errand.result.unwrap_or(("", 0));
        let mut script = String::new();
        let (seconds, most) = (job::seconds(errand.timeout).to_string(), limit.to_string());
        for (name, value) in [
            ("wanted", errand.base.0),
            ("given", if errand.base.1 { "yes" } else { "no" }),
            ("service", errand.service.unwrap_or_default()),
            ("jobs", errand.jobs),
            ("job", &job::name(errand.key)),
            ("directory", errand.directory),
            ("limit", &seconds),
            ("end", &end),
            ("left", left),
            ("most", &most),
        ] {
            // Writing to a string cannot fail.
            let _ = writeln!(script, "{name}={}", quoted(value));
        }
        let (mut receive, mut arrange, mut size) = (String::new(), String::new(), job.len() as u64);
        for file in errand.files {
            let (name, mode) = (quoted(&file.name), file.mode & 0o7777);
            let length = length(&file.content).map_err(because(format!("cannot read {}", file.name)))?;
            size += length;
            let _ = writeln!(
                receive,
                "begin {name}\npiece {length} > \"$new\" || {{ rm -f \"$new\"; fail 74 \"cannot write $file\"; }}"
            );
            let _ = writeln!(arrange, "settle {name} {mode:o}");
        }
        let _ = writeln!(receive, "piece {} > \"$job/job.$$\" || fail 74 \"cannot write to $job\"", job.len());
        let runs = match errand.program {
            Some(program) => format!("[ -x \"$stage\"/{} ]", quoted(program)),
            None => ":".to_owned(),
        };
        let _ = write!(script, "receive() {{\n{receive}}}\narrange() {{\n{arrange}:\n}}\nruns() {{ {runs}; }}\n");
        script.push_str(include_str!("scripts/run.sh"));
        let mut input: Vec<Content> = errand.files.iter().map(|file| file.content.clone()).collect();
        input.push(Content::Bytes(job.into_bytes()));
        input.push(Content::Bytes(format!("{end}\n").into_bytes()));
        Ok(Self { script, input, size, end, most: limit })
    }

    /// Parses a successful answer. Returns `None` if it was cut off.
    pub(super) fn back(&self, answer: &ScriptOutput) -> Option<JobResult> {
        let mark = format!("\n{} ", self.end).into_bytes();
        let at = answer.output.windows(mark.len()).position(|part| part == mark);
        let (told, left) = match at {
            Some(at) => (&answer.output[..at], Some(&answer.output[at + mark.len()..])),
            None => (&answer.output[..], None),
        };
        let result = left.map(|left| match left.strip_prefix(b"file\n") {
            Some(bytes) if bytes.len() > self.most => Err(format!("it has more than {} bytes", self.most)),
            Some(bytes) => Ok(bytes.to_vec()),
            None => Err("it is not a file".to_owned()),
        });
        Some(JobResult { ending: job::ending(told)?, result })
    }
}

/// Returns the size of a file in bytes.
fn length(content: &Content) -> io::Result<u64> {
    content.open().map(|(_, size)| size)
}
