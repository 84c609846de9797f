//! Hosts reached over SSH.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::cloud_init::{self, Verdict};
use super::complaints::{last_line, reason, way_on};
use super::config_file::UserFiles;
use super::connect::Connector;
use super::connection_pool::{ConnectionPool, PooledSession};
use super::connection_ref::Agent;
use super::console_keys::Console;
use super::host_key_verification::HostKeyVerifier;
use super::job::{Archive, Ending, Job};
use super::login;
use super::remote_script::{RemoteScript, ScriptError, ScriptOutput, code};
use super::run_keys::RunKeys;
use super::session::{JobRequest, JobResult, JobSession};
use super::target::SshTarget;
use crate::host::MARK_VARIABLE;
use crate::os::{digest_hex, random_hex};
use crate::plan::{LoginShell, ProgramKind};
use crate::provider::{
    Awaited, Command, CompletedProcess, Content, Done, Host, HostError, HostReady, Task, Upload, unfit,
};

/// The time limit of small requests: the host may be busy, and its disk slow.
const SMALL_LIMIT: Duration = Duration::from_secs(120);

/// The minimum rate of reading or writing a file, in bytes per second, which extends [`SMALL_LIMIT`].
const SLOWEST_RATE: u64 = 32 * 1024;

/// The time for which a command's result is awaited beyond the command's own time limit: the time for stopping it, and
/// some slack for a busy host.
const RESULT_SLACK: Duration = Duration::from_secs(60);

/// A host reached over SSH, for the programs of one service.
///
/// A connection is opened on demand, and reused. Programs on the host continue without it.
pub struct SshHost {
    pub(super) target: Arc<SshTarget>,
    links: Arc<ConnectionPool>,
    pub(super) opener: HostKeyVerifier,
    notes: Arc<Mutex<Vec<String>>>,
}

impl SshHost {
    /// Creates the host for `target`. Its keys are kept in `keys`, and its connection in `links`. The `console` of an
    /// instance provides its host key if none was passed to the instance.
    pub fn new(
        target: SshTarget,
        keys: Arc<RunKeys>,
        links: Arc<ConnectionPool>,
        console: Option<Arc<dyn Console>>,
    ) -> Self {
        let target = Arc::new(target.without_brackets());
        let notes = Arc::<Mutex<Vec<String>>>::default();
        let dialer = Connector { target: target.clone(), keys, user: UserFiles::of_environment() };
        let opener = HostKeyVerifier { dialer, console, notes: notes.clone() };
        Self { target, links, opener, notes }
    }

    pub(super) async fn lease(&self) -> Result<PooledSession, HostError> {
        let way = || self.opener.dialer.on_the_way();
        let lease = self.links.lease(&self.target.name(), way, |directory| self.opener.clone().open(directory)).await;
        lease.map_err(HostError::kept_out)
    }

    /// Runs a script on the host, over a new connection if the existing one turns out to be broken.
    async fn ask(&self, question: &RemoteScript<'_>) -> Result<ScriptOutput, HostError> {
        loop {
            let lease = self.lease().await?;
            let _leave = self.links.asking().await?;
            match question.ask(&self.opener.dialer.line(lease.session()?)).await {
                Ok(answer) if answer.code == code::AGAIN => {
                    let (place, reason) = (self.target.place(), last_line(&answer.complaint).to_owned());
                    let error = HostError::unreachable(format!("{place}: {reason}"));
                    return Err(error.awaited(Awaited { what: place, why: reason, at_once: false }));
                }
                Ok(answer) => return Ok(answer),
                Err(broken @ ScriptError::Broken(_)) => {
                    let is_new = lease.is_new;
                    lease.give_up();
                    if is_new {
                        return Err(broken.error(&self.target.place()));
                    }
                }
                Err(other) => return Err(other.error(&self.target.place())),
            }
        }
    }

    /// Runs a script that must exit with code 0, and returns its output.
    async fn done(&self, what: &str, question: &RemoteScript<'_>) -> Result<Vec<u8>, HostError> {
        let answer = self.ask(question).await?;
        if answer.code == 0 { Ok(answer.output) } else { Err(self.failed(what, &answer)) }
    }

    fn failed(&self, what: &str, answer: &ScriptOutput) -> HostError {
        let reason = reason(&answer.complaint);
        let error =
            HostError::failed(format!("cannot {what} on {}: {reason} (code {})", self.target.place(), answer.code));
        match way_on(&answer.complaint) {
            Some(way) => error.hint(way),
            None => error,
        }
    }

    /// Returns the location of our directories on the host, and whether a person chose it.
    fn base(&self) -> (PathBuf, bool) {
        let terms = &self.target.terms;
        let noted = || self.opener.dialer.keys.noted_base(&self.share());
        let unused = || terms.usual_stage.clone().filter(|_| !self.opener.dialer.keys.is_used(&self.share()));
        match terms.stage.clone().or_else(noted).or_else(unused) {
            Some(base) => (base, true),
            None => (self.target.base.clone(), false),
        }
    }

    /// Returns the name of the directory of this service's jobs: in a location that a person chose, other runs may have
    /// theirs beside it.
    fn jobs(&self, chosen: bool) -> String {
        let service = self.target.service.as_bytes();
        let run = self.target.base.as_os_str().as_encoded_bytes();
        let digest = if chosen { digest_hex(&[run, service], 12) } else { digest_hex(&[service], 12) };
        format!(".jobs-{digest}")
    }

    /// Returns the mark that all processes of this service carry in their environment.
    fn mark(&self) -> String {
        let parts = [self.target.base.as_os_str().as_encoded_bytes(), self.target.service.as_bytes()];
        format!("h-{}", digest_hex(&parts, 17))
    }

    /// Returns the name of this service's share of the host, independent of the login.
    fn share(&self) -> String {
        digest_hex(&[self.target.service.as_bytes(), self.target.address.as_bytes()], 20)
    }

    /// Notes that the host has files of ours from now on.
    fn note_use(&self) -> Result<(), HostError> {
        let (base, chosen) = self.base();
        let noted = if chosen { base.to_string_lossy().into_owned() } else { String::new() };
        self.opener
            .dialer
            .keys
            .note_use(&self.share(), &noted)
            .map_err(|error| HostError::failed(format!("cannot note that {} is used: {error}", self.target.place())))
    }

    /// Returns whether this is a permanent host without files of ours, which need not even answer in order to be
    /// released.
    fn is_untouched(&self) -> bool {
        self.target.machine.is_none() && !self.opener.dialer.keys.is_used(&self.share())
    }

    /// Runs a session for a job.
    async fn keep(
        &self,
        errand: &JobRequest<'_>,
        job: &Job<'_>,
        what: &str,
        agent: Agent,
    ) -> Result<JobResult, HostError> {
        let place = self.target.place();
        let cannot = |reason: &dyn Display| HostError::failed(format!("cannot {what} on {place}: {reason}"));
        let script = job.script().map_err(|error| cannot(&error))?;
        let session = JobSession::new(errand, script).map_err(|error| cannot(&error))?;
        self.note_use()?;
        let question = RemoteScript {
            script: &session.script,
            words: &[],
            input: &session.input,
            limit: errand.timeout.saturating_add(RESULT_SLACK).saturating_add(transfer_limit(session.size)),
            agent,
        };
        let answer = self.ask(&question).await?;
        if answer.code != 0 {
            return Err(self.failed(what, &answer));
        }
        session
            .back(&answer)
            .ok_or_else(|| HostError::unreachable(format!("the answer of {place} was cut off while it was to {what}")))
    }

    /// Returns whether programs of this kind get the user's agent.
    async fn agent(&self, kind: ProgramKind) -> Result<Agent, HostError> {
        let terms = self.target.terms.forward_agent;
        Ok(match terms.of(kind == ProgramKind::Boot) {
            Some(true) => Agent::Forwarded,
            Some(false) => Agent::Kept,
            None if !terms.is_asked_for() => Agent::Users,
            // The connection forwards the agent for another program.
            None if std::env::var_os("SSH_AUTH_SOCK").is_none() => Agent::Kept,
            None => {
                let lease = self.lease().await?;
                let forwards = self.opener.dialer.line(lease.session()?).forwards().await;
                if forwards { Agent::Forwarded } else { Agent::Kept }
            }
        })
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
            Verdict::Failed(reason) => {
                let log = format!("ssh {} less /var/log/cloud-init-output.log", self.target.by_hand());
                Err(HostError::failed(format!("cloud-init failed on {place}: {reason}")).hint(log))
            }
        }
    }

    fn note(&self, note: String) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note);
    }
}

#[async_trait]
impl Host for SshHost {
    async fn reach(&self) -> Result<HostReady, HostError> {
        self.await_cloud_init().await?;
        let notes = std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(HostReady { notes })
    }

    fn stage_base(&self) -> PathBuf {
        self.base().0
    }

    async fn upload(&self, file: &Upload) -> Result<(), HostError> {
        self.note_use()?;
        let base = self.stage_base();
        let (base, path) = (text(&base)?, text(&file.path)?);
        let end = random_hex(12).map_err(|error| HostError::failed(format!("no random numbers: {error}")))?;
        let (mode, size) = (format!("{:o}", file.mode & 0o7777), file.content.len().to_string());
        let question = RemoteScript {
            script: include_str!("scripts/place.sh"),
            words: &[base, path, &mode, &size, &end],
            input: &[Content::Bytes(file.content.clone()), Content::Bytes(format!("{end}\n").into_bytes())],
            limit: transfer_limit(file.content.len() as u64),
            ..RemoteScript::default()
        };
        self.done(&format!("write {path}"), &question).await.map(drop)
    }

    async fn download(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, HostError> {
        let (path, most) = (text(path)?, limit.to_string());
        let question = RemoteScript {
            script: include_str!("scripts/fetch.sh"),
            words: &[path, &most],
            limit: transfer_limit(limit as u64),
            ..RemoteScript::default()
        };
        let answer = self.ask(&question).await?;
        match answer.code {
            0 => Ok(Some(answer.output)),
            code::NOT_THERE => Ok(None),
            _ => Err(self.failed(&format!("read {path}"), &answer)),
        }
    }

    async fn run(&self, command: &Command) -> Result<CompletedProcess, HostError> {
        let (program, args) = command.argv.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let (mark, (base, chosen)) = (self.mark(), self.base());
        let job = Job {
            mark: (MARK_VARIABLE, &mark),
            directory: Some(&command.directory),
            program,
            args,
            environment: &command.environment,
            archive: None,
            login: false,
        };
        let errand = JobRequest {
            base: (text(&base)?, chosen),
            service: None,
            jobs: &self.jobs(chosen),
            key: &command.key,
            directory: text(&command.directory)?,
            timeout: command.timeout,
            files: &[],
            program: None,
            result: None,
        };
        match self.keep(&errand, &job, &format!("run {program}"), Agent::Kept).await?.ending {
            Ending::Program(finished) | Ending::Unfit(finished) | Ending::Unbegun(finished) => Ok(finished),
        }
    }

    async fn carry_out(&self, task: &Task) -> Result<Done, HostError> {
        let (mark, (base, chosen)) = (self.mark(), self.base());
        let program = task.program.to_string_lossy();
        let job = Job {
            mark: (MARK_VARIABLE, &mark),
            directory: None,
            program: &program,
            args: &task.args,
            environment: &task.environment,
            archive: task.archive.as_deref().map(|file| Archive { file, list: task.list(file) }),
            login: match self.target.terms.login_shell {
                LoginShell::Always => true,
                LoginShell::Checks => task.kind != ProgramKind::Boot,
                LoginShell::Never => false,
            },
        };
        let errand = JobRequest {
            base: (text(&base)?, chosen),
            service: Some(&task.service),
            jobs: &self.jobs(chosen),
            key: &task.key,
            directory: "",
            timeout: task.timeout,
            files: &task.files,
            // The content of an archive is checked when it runs.
            program: task.archive.is_none().then_some(&*program),
            result: task.result.as_ref().map(|(name, most)| (name.as_str(), *most)),
        };
        let what = format!("run {program}");
        let JobResult { ending, result } = self.keep(&errand, &job, &what, self.agent(task.kind).await?).await?;
        match (ending, &task.archive) {
            (Ending::Unfit(finished), Some(archive)) => {
                Err(unfit(archive, &format!("tar -xzf {archive}"), finished.outcome, &finished.output))
            }
            (Ending::Unbegun(finished), _) => Err(login::ended(&self.target.place(), &program, &finished)),
            (Ending::Unfit(finished) | Ending::Program(finished), _) => {
                let result = result.filter(|_| finished.outcome.success());
                Ok(Done { finished, result })
            }
        }
    }

    async fn remove(&self, path: &Path) -> Result<(), HostError> {
        let path = text(path)?;
        if path.trim_matches('/').is_empty() {
            return Err(HostError::failed(format!("{path} is not removed from any host")));
        }
        if self.is_untouched() {
            return Ok(());
        }
        let script = [include_str!("scripts/clear_away.sh"), include_str!("scripts/remove.sh")].concat();
        let question =
            RemoteScript { script: &script, words: &[path], limit: transfer_limit(0), ..RemoteScript::default() };
        self.done(&format!("remove {path}"), &question).await.map(drop)
    }

    async fn release(&self) -> Result<(), HostError> {
        self.let_go("").await
    }

    async fn leave(&self, _: &Path) -> Result<(), HostError> {
        self.let_go(&self.target.service).await
    }
}

impl SshHost {
    /// Ends the service's processes on the host and removes its files, including the stage directory if it is given.
    async fn let_go(&self, stage: &str) -> Result<(), HostError> {
        if self.target.machine.is_none() && !self.is_untouched() {
            let mark = format!("{MARK_VARIABLE}={}", self.mark());
            let ((base, chosen), usual) = (self.base(), self.target.base.clone());
            // The plan may have been changed since, and named another location before.
            let noted = self.opener.dialer.keys.noted_base(&self.share());
            let mut places: Vec<(PathBuf, bool)> =
                noted.map(|base| (base, true)).into_iter().chain([(base, chosen), (usual, false)]).collect();
            places.dedup();
            let mut words = vec![mark, stage.to_owned()];
            for (base, chosen) in &places {
                let keep = if *chosen { "keep" } else { "" };
                words.extend([text(base)?.to_owned(), self.jobs(*chosen), keep.to_owned()]);
            }
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let script = [include_str!("scripts/clear_away.sh"), include_str!("scripts/leave.sh")].concat();
            let question =
                RemoteScript { script: &script, words: &words, limit: SMALL_LIMIT, ..RemoteScript::default() };
            self.done("clean up", &question).await?;
        }
        self.links.end(&self.target.name()).await;
        Ok(())
    }
}

fn transfer_limit(bytes: u64) -> Duration {
    SMALL_LIMIT + Duration::from_secs(bytes / SLOWEST_RATE)
}

fn text(path: &Path) -> Result<&str, HostError> {
    let fits = |text: &&str| text.starts_with('/') && !text.contains('\0');
    let text = path.to_str().filter(fits);
    text.ok_or_else(|| HostError::failed(format!("{} is no absolute path that a shell could be given", path.display())))
}
