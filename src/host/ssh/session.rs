//! What one session with a host is given to run a program: its files, its job, and what is to come back.

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
    /// What it reads.
    pub(super) input: Vec<Content>,
    /// How many bytes that is.
    pub(super) size: u64,
    end: String,
    most: usize,
}

/// What a session is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobRequest<'a> {
    /// Where our directories are to be, and whether a person chose that.
    pub(super) base: (&'a str, bool),
    /// Whose stage directory it runs in, if it does.
    pub(super) service: Option<&'a str>,
    /// The name of the service's directory of jobs.
    pub(super) jobs: &'a str,
    /// The job's key.
    pub(super) key: &'a str,
    /// The directory that must be there.
    pub(super) directory: &'a str,
    /// How long the job may take.
    pub(super) timeout: Duration,
    /// What is to be in the stage directory.
    pub(super) files: &'a [StageFile],
    /// What is run there.
    pub(super) program: Option<&'a str>,
    /// The file that it may leave, and the most that this may hold.
    pub(super) result: Option<(&'a str, usize)>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct JobResult {
    /// How the job ended.
    pub(super) ending: Ending,
    /// The file that it left, or why that cannot be read.
    pub(super) result: Option<Result<Vec<u8>, String>>,
}

impl JobSession {
    /// The session for a job that is kept by this script.
    ///
    /// # Errors
    /// Which file cannot be read, and why.
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

    /// Reads the answer, which ended well; nothing if it was cut off.
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

/// How much there is to send.
fn length(content: &Content) -> io::Result<u64> {
    content.open().map(|(_, size)| size)
}
