//! A program that is run for its output, with everything that it starts.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::sys::stat::fstat;
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use super::files::random_hex;
use super::processes::{Handle, all};

/// The environment variable by which a program's processes are found, also those that left its process group.
const MARK: &str = "HOIST_PROGRAM";

/// Time for which output is awaited after the program's end, while processes that it left hold its pipes.
const GRACE: Duration = Duration::from_millis(250);

/// Most rounds in which processes of a program are ended: one that is ended may have started another meanwhile.
const ROUNDS: usize = 5;

/// A program to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProgramRun<'a> {
    /// The program.
    pub(crate) program: &'a str,
    /// Its arguments.
    pub(crate) arguments: &'a [String],
    /// What it reads on standard input.
    pub(crate) input: &'a [u8],
    /// The directory that it runs in. None: that of this process.
    pub(crate) directory: Option<&'a Path>,
    /// Time after which it is killed.
    pub(crate) limit: Duration,
    /// The most output, in bytes.
    pub(crate) longest_output: u64,
    /// The length in bytes to which standard error is cut.
    pub(crate) longest_complaint: u64,
}

/// What a program did.
#[derive(Debug)]
pub(crate) struct ProgramEnd {
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<u8>,
    pub(crate) complaint: Vec<u8>,
}

/// Why a program did not end by itself.
#[derive(Debug)]
pub(crate) enum ProgramFailure {
    /// It could not be started, or its output not be read.
    Broken(io::Error),
    /// Its time was over.
    TooSlow,
    /// It printed more than is read.
    TooMuch,
}

impl From<io::Error> for ProgramFailure {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl ProgramRun<'_> {
    /// Runs the program to its end, without a shell. Whatever it has started has ended when this returns or is dropped.
    pub(crate) async fn run(self) -> Result<ProgramEnd, ProgramFailure> {
        let mark = format!("{MARK}={}", random_hex(16)?);
        let (name, value) = mark.split_once('=').unwrap_or((MARK, ""));
        let mut command = Command::new(self.program);
        command.args(self.arguments).env(name, value).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(directory) = self.directory {
            command.current_dir(directory);
        }
        let mut child = command.spawn()?;
        let (mut stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let pipes = [stdout.as_ref().and_then(pipe), stderr.as_ref().and_then(pipe)];
        let started = Started { group: child.id(), mark, pipes };
        let mut read =
            pin!(async { tokio::try_join!(whole(stdout, self.longest_output), head(stderr, self.longest_complaint)) });
        let mut feed = pin!(async {
            if let Some(mut stdin) = stdin.take() {
                // A program that does not read all of its input may still answer.
                let _ = stdin.write_all(self.input).await;
            }
        });
        let (mut status, mut texts, mut fed) = (None, None, false);
        let mut over = pin!(tokio::time::sleep(self.limit));
        let status = loop {
            if let Some(status) = status {
                break status;
            }
            tokio::select! {
                ended = child.wait() => status = Some(ended?),
                done = &mut read, if texts.is_none() => texts = Some(done?),
                () = &mut feed, if !fed => fed = true,
                () = &mut over => return Err(ProgramFailure::TooSlow),
            }
        };
        if texts.is_none() {
            texts = timeout(GRACE, &mut read).await.ok().transpose()?;
        }
        // What it left ends here, and with it the last writer to its pipes.
        let ended = tokio::task::spawn_blocking(move || drop(started)).await;
        ended.map_err(io::Error::other)?;
        let (output, complaint) = match texts {
            Some(texts) => texts,
            None => timeout(GRACE, &mut read).await.map_err(|_| ProgramFailure::TooSlow)??,
        };
        Ok(ProgramEnd { status, output, complaint })
    }
}

/// Reads the whole stream, which may have `most` bytes.
async fn whole(stream: Option<impl AsyncRead + Unpin>, most: u64) -> Result<Vec<u8>, ProgramFailure> {
    let mut content = Vec::new();
    if let Some(stream) = stream {
        stream.take(most.saturating_add(1)).read_to_end(&mut content).await?;
    }
    if content.len() as u64 > most { Err(ProgramFailure::TooMuch) } else { Ok(content) }
}

/// Reads the stream to its end and keeps its first `most` bytes.
async fn head(stream: Option<impl AsyncRead + Unpin>, most: u64) -> Result<Vec<u8>, ProgramFailure> {
    let mut kept = Vec::new();
    if let Some(mut stream) = stream {
        (&mut stream).take(most).read_to_end(&mut kept).await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    }
    Ok(kept)
}

/// Returns what `/proc` shows for a descriptor of this pipe.
fn pipe(end: &impl AsFd) -> Option<String> {
    fstat(end.as_fd()).ok().map(|found| format!("pipe:[{}]", found.st_ino))
}

/// The processes of a program, which end when this is dropped.
struct Started {
    group: Option<u32>,
    /// The variable in their environment, with its value.
    mark: String,
    /// The pipes to which they write: a process that cleared its environment still has them.
    pipes: [Option<String>; 2],
}

impl Started {
    fn has(&self, process: i32) -> bool {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == self.mark.as_bytes())
            || [1, 2].iter().any(|descriptor| {
                let target = fs::read_link(format!("/proc/{process}/fd/{descriptor}")).unwrap_or_default();
                self.pipes.iter().flatten().any(|pipe| target.as_os_str() == pipe.as_str())
            })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(group) = self.group.and_then(|id| i32::try_from(id).ok()) {
            // An error means that nothing of it is left.
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        let own = std::process::id().cast_signed();
        for _ in 0..ROUNDS {
            let mut found = false;
            for process in all().filter(|process| *process != own && self.has(*process)) {
                // The handle is of the process that is looked at again, whatever became of the number.
                if let Some(handle) = Handle::open(process)
                    && self.has(process)
                {
                    found |= handle.signal(Signal::SIGKILL);
                }
            }
            if !found {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::processes::is_zombie;
    use super::*;

    async fn run(script: &str, limit: Duration) -> Result<ProgramEnd, ProgramFailure> {
        let arguments = ["-c".to_owned(), script.to_owned()];
        let (longest_output, longest_complaint) = (1000, 1000);
        let (program, directory) = ("/bin/sh", None);
        ProgramRun {
            program,
            arguments: &arguments,
            input: b"hello",
            directory,
            limit,
            longest_output,
            longest_complaint,
        }
        .run()
        .await
    }

    /// Waits until the process whose number is in the file has ended.
    async fn await_end(file: &Path) {
        let process: i32 = fs::read_to_string(file).unwrap().trim().parse().unwrap();
        let began = Instant::now();
        while !is_zombie(process) {
            assert!(began.elapsed() < Duration::from_secs(60), "process {process} lives on");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn what_a_program_said_counts_when_it_has_ended_though_a_child_of_it_holds_its_output() {
        let directory = tempfile::tempdir().unwrap();
        let began = Instant::now();
        // In its group; in a session of its own; in one without the environment.
        for start in ["sleep 600", "setsid sleep 600", "env -i setsid sleep 600"] {
            let file = directory.path().join("child");
            let script = format!("cat; {start} & echo $! > {}", file.display());
            let end = run(&script, Duration::from_secs(60)).await.unwrap();
            assert_eq!((end.output.as_slice(), end.status.success()), (b"hello".as_slice(), true), "{start}");
            await_end(&file).await;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn what_takes_too_long_or_says_too_much_ends_with_everything_it_started() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("child");
        let script = format!("setsid sleep 600 & echo $! > {}; sleep 600", file.display());
        let slow = run(&script, Duration::from_secs(1)).await;
        assert!(matches!(slow, Err(ProgramFailure::TooSlow)), "{slow:?}");
        await_end(&file).await;
        let loud = run("yes", Duration::from_secs(60)).await;
        assert!(matches!(loud, Err(ProgramFailure::TooMuch)), "{loud:?}");
    }
}
