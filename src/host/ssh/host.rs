//! A host that is reached over SSH.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::cloud_init::{self, Verdict};
use super::config_file::UserFiles;
use super::console_keys::Console;
use super::dial::Dialer;
use super::job;
use super::links::{Lease, Links};
use super::opening::Opener;
use super::remote::{Answer, Question, code, last_line};
use super::run_keys::RunKeys;
use super::target::SshTarget;
use crate::engine::{Command, Finished, Host, HostError, Reached, Upload};
use crate::host::MARKER;
use crate::host::files::digest_hex;

/// How long a host may take for something small: it may be busy, and its disk slow.
const SMALL_LIMIT: Duration = Duration::from_secs(120);

/// How long a host may take to read or write a file, beside [`SMALL_LIMIT`]: as long as this many bytes a second take.
const SLOWEST_RATE: usize = 32 * 1024;

/// How much longer than a command's own time limit its result is waited for: the time it has to stop, and some for a
/// busy host.
const RESULT_SLACK: Duration = Duration::from_secs(60);

/// A host that is reached over SSH, for the programs of one service.
///
/// A connection is opened when it is needed, and reused. What runs on the host goes on without it.
pub struct SshHost {
    target: Arc<SshTarget>,
    links: Arc<Links>,
    opener: Opener,
    notes: Arc<Mutex<Vec<String>>>,
}

impl SshHost {
    /// The host of `target`. Its keys are kept in `keys`, and its connection among `links`; the `console` of an instance
    /// tells its host key where none was passed to it.
    pub fn new(target: SshTarget, keys: Arc<RunKeys>, links: Arc<Links>, console: Option<Arc<dyn Console>>) -> Self {
        let target = Arc::new(target);
        let notes = Arc::<Mutex<Vec<String>>>::default();
        let dialer = Dialer { target: target.clone(), keys, user: UserFiles::of_environment() };
        let opener = Opener { dialer, console, notes: notes.clone() };
        Self { target, links, opener, notes }
    }

    async fn lease(&self) -> Result<Lease, HostError> {
        self.links.lease(&self.target.name(), |directory| self.opener.clone().open(directory)).await
    }

    /// Asks the host; over a new connection if the one that there is turns out to be broken.
    async fn ask(&self, question: &Question<'_>) -> Result<Answer, HostError> {
        loop {
            let lease = self.lease().await?;
            let _leave = self.links.asking().await?;
            match question.ask(lease.session()?).await {
                Ok(answer) if answer.code == code::AGAIN => {
                    let reason = last_line(&answer.complaint).to_owned();
                    return Err(HostError::Unreachable(format!("{}: {reason}", self.target.place())));
                }
                Ok(answer) => return Ok(answer),
                Err(broken) => {
                    let is_new = lease.is_new;
                    lease.give_up();
                    if is_new {
                        let place = self.target.place();
                        return Err(HostError::Unreachable(format!("the connection to {place} broke: {}", broken.0)));
                    }
                }
            }
        }
    }

    /// The same for what must end with code 0.
    async fn done(&self, what: &str, question: &Question<'_>) -> Result<Vec<u8>, HostError> {
        let answer = self.ask(question).await?;
        if answer.code == 0 { Ok(answer.output) } else { Err(self.failed(what, &answer)) }
    }

    fn failed(&self, what: &str, answer: &Answer) -> HostError {
        let reason = last_line(&answer.complaint);
        HostError::Failed(format!("cannot {what} on {}: {reason} (code {})", self.target.place(), answer.code))
    }

    /// Where the jobs of this service are on the host.
    fn jobs(&self) -> PathBuf {
        self.target.base.join(format!(".jobs-{}", digest_hex(&[self.target.service.as_bytes()], 12)))
    }

    /// What all processes of this service carry in their environment.
    fn mark(&self) -> String {
        let parts = [self.target.base.as_os_str().as_encoded_bytes(), self.target.service.as_bytes()];
        format!("h-{}", digest_hex(&parts, 17))
    }

    /// What names this service's share of the host, whoever it is reached as.
    fn share(&self) -> String {
        digest_hex(&[self.target.service.as_bytes(), self.target.address.as_bytes()], 20)
    }

    /// Notes that something of ours is put on the host from now on.
    fn note_use(&self) -> Result<(), HostError> {
        self.opener
            .dialer
            .keys
            .note_use(&self.share())
            .map_err(|error| HostError::Failed(format!("cannot note that {} is used: {error}", self.target.place())))
    }

    /// Whether nothing of ours is on a host that stays: then it need not even answer to be left.
    fn is_untouched(&self) -> bool {
        self.target.machine.is_none() && !self.opener.dialer.keys.is_used(&self.share())
    }

    async fn await_cloud_init(&self) -> Result<(), HostError> {
        let place = self.target.place();
        let answer = self.ask(&cloud_init::question(self.target.machine.is_some())).await?;
        match cloud_init::verdict(&answer) {
            Verdict::Done => Ok(()),
            Verdict::Degraded(reason) => {
                self.note(format!("cloud-init finished with warnings on {place}: {reason}"));
                Ok(())
            }
            Verdict::Failed(reason) => Err(HostError::Failed(format!("cloud-init failed on {place}: {reason}"))),
        }
    }

    fn note(&self, note: String) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }
}

#[async_trait]
impl Host for SshHost {
    async fn reach(&self) -> Result<Reached, HostError> {
        self.await_cloud_init().await?;
        let notes = std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Reached { notes })
    }

    fn stage_base(&self) -> PathBuf {
        self.target.base.clone()
    }

    async fn upload(&self, file: &Upload) -> Result<(), HostError> {
        self.note_use()?;
        let (base, path) = (text(&self.target.base)?, text(&file.path)?);
        let (mode, size) = (format!("{:o}", file.mode & 0o7777), file.content.len().to_string());
        let question = Question {
            script: include_str!("scripts/place.sh"),
            words: &[base, path, &mode, &size],
            input: &file.content,
            limit: transfer_limit(file.content.len()),
        };
        self.done(&format!("write {path}"), &question).await.map(drop)
    }

    async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError> {
        let (path, most) = (text(path)?, limit.to_string());
        let question = Question {
            script: include_str!("scripts/fetch.sh"),
            words: &[path, &most],
            input: &[],
            limit: transfer_limit(limit),
        };
        let answer = self.ask(&question).await?;
        match answer.code {
            0 => Ok(Some(answer.output)),
            code::NOT_THERE => Ok(None),
            _ => Err(self.failed(&format!("read {path}"), &answer)),
        }
    }

    async fn run(&self, command: &Command) -> Result<Finished, HostError> {
        let program = command.argv.first().map_or("", String::as_str);
        let what = format!("run {program}");
        let mark = self.mark();
        let script = job::script(command, (MARKER, &mark))
            .map_err(|reason| HostError::Failed(format!("cannot {what} on {}: {reason}", self.target.place())))?;
        self.note_use()?;
        let (jobs, name) = (self.jobs(), job::name(command));
        let (seconds, size) = (job::seconds(command.timeout).to_string(), script.len().to_string());
        let question = Question {
            script: include_str!("scripts/run.sh"),
            words: &[text(&self.target.base)?, text(&jobs)?, &name, text(&command.directory)?, &seconds, &size],
            input: script.as_bytes(),
            limit: command.timeout.saturating_add(RESULT_SLACK),
        };
        let output = self.done(&what, &question).await?;
        job::finished(&output).ok_or_else(|| {
            HostError::Unreachable(format!("the answer of {} was cut off while it ran {program}", self.target.place()))
        })
    }

    async fn remove(&self, path: &Path) -> Result<(), HostError> {
        let path = text(path)?;
        if path.trim_matches('/').is_empty() {
            return Err(HostError::Failed(format!("{path} is not removed from any host")));
        }
        if self.is_untouched() {
            return Ok(());
        }
        let question = Question {
            script: include_str!("scripts/remove.sh"),
            words: &[path],
            input: &[],
            limit: transfer_limit(0),
        };
        self.done(&format!("remove {path}"), &question).await.map(drop)
    }

    async fn release(&self) -> Result<(), HostError> {
        if self.target.machine.is_none() && !self.is_untouched() {
            let mark = format!("{MARKER}={}", self.mark());
            let jobs = self.jobs();
            let question = Question {
                script: include_str!("scripts/release.sh"),
                words: &[text(&self.target.base)?, text(&jobs)?, &mark],
                input: &[],
                limit: SMALL_LIMIT,
            };
            self.done("clean up", &question).await?;
        }
        self.links.end(&self.target.name()).await;
        Ok(())
    }
}

fn transfer_limit(bytes: usize) -> Duration {
    SMALL_LIMIT + Duration::from_secs((bytes / SLOWEST_RATE) as u64)
}

fn text(path: &Path) -> Result<&str, HostError> {
    let fits = |text: &&str| text.starts_with('/') && !text.contains('\0');
    path.to_str()
        .filter(fits)
        .ok_or_else(|| HostError::Failed(format!("{} is no absolute path that a shell could be given", path.display())))
}
