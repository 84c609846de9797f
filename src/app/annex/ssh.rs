//! A shell or a command on an instance of an annex.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::process::{Child, Command};

use super::annex_secrets::AnnexSecrets;
use super::attend::attend;
use super::failure::gone;
use super::login_user::login_user;
use super::session::AnnexSession;
use crate::annex::{Annex, AnnexCloud, AnnexInstance, AnnexName, AnnexPhase};
use crate::app::{CommandError, CommandResult, Exit, Operation};
use crate::host::ssh::{ConnectionPool, Console, RunKeys, SshHost, SshTarget, SshTerms};
use crate::plan::HostKeyPolicy;
use crate::provider::{CloudError, EntryProgram, HostError, InstanceState};
use crate::report::count;

/// The exit code of ssh's own failures.
const BROKEN: u8 = 255;

/// Request for a session on an instance.
pub(crate) struct SshRequest {
    /// Name of the annex.
    pub(crate) name: AnnexName,
    /// The instance; none: the only one that runs.
    pub(crate) instance: Option<String>,
    /// The user to log in as, over SSH; none: the one that images of the annex's system have.
    pub(crate) user: Option<String>,
    /// The private key, over SSH; none: those of the agent and of `~/.ssh`.
    pub(crate) key: Option<PathBuf>,
    /// The command, word for word; empty: a shell.
    pub(crate) command: Vec<String>,
}

/// Runs the command, or a shell, with the terminal of this process; returns its exit code.
///
/// # Errors
/// There is no such annex or instance, or it cannot be entered.
pub(crate) async fn ssh(operation: Operation<'_>, request: SshRequest) -> CommandResult {
    let session = AnnexSession::new(operation)?;
    let record = session.find(&request.name)?;
    if record.stage == AnnexPhase::Ended {
        return Err(gone(&record));
    }
    let cloud = session.clouds.annexes(&record.place)?;
    let instance = choose(&*cloud, &record, request.instance.as_deref()).await?;
    if let Some(entry) = cloud.entry(&instance.id).await? {
        let given = [("--user", request.user.is_some()), ("--key", request.key.is_some())];
        for (option, _) in given.into_iter().filter(|(_, given)| *given) {
            session.user.warn(&format!("{option} does nothing on the local cloud: its instances are entered as you"));
        }
        return attend(|| enter(entry, &request.command)).await;
    }
    let keys = AnnexSecrets::of(session.clouds.beside(), &record.id).host_keys();
    let links = Arc::new(ConnectionPool::new());
    let host = host(&record, &instance, &request, (keys, &links), &cloud)?;
    let ended = over_ssh(&host, &record, &request).await;
    links.close().await;
    ended
}

/// Runs the command over SSH.
async fn over_ssh(host: &SshHost, record: &Annex, request: &SshRequest) -> CommandResult {
    let told = |error: HostError| explained(error, record, request);
    let terminal = host.terminal().await.map_err(told)?;
    // A command whose output goes elsewhere is read by a program, and not as it looks on a terminal.
    let is_shown = request.command.is_empty() || std::io::stdout().is_terminal();
    let interactive = is_shown && std::io::stdin().is_terminal();
    match attend(|| terminal.start(&request.command, interactive).map_err(told)).await? {
        Exit::Program(BROKEN) => terminal.broken().map_or(Ok(Exit::Program(BROKEN)), |error| Err(told(error))),
        exit => Ok(exit),
    }
}

/// Returns the instance of this id, or the only one that runs.
async fn choose(cloud: &dyn AnnexCloud, record: &Annex, named: Option<&str>) -> Result<AnnexInstance, CommandError> {
    let name = &record.id.name;
    let all = cloud.instances(&record.id).await?;
    if let Some(named) = named {
        return match all.into_iter().find(|instance| instance.id == named) {
            Some(instance) if instance.state == InstanceState::Running => Ok(instance),
            Some(instance) => {
                Err(CommandError::new(format!("{named} of annex {name} does not run: {}", instance.state.as_str())))
            }
            None => Err(CommandError::new(format!("annex {name} has no instance {named}"))
                .hint(format!("hoist annex status {name} lists them"))),
        };
    }
    let mut running: Vec<AnnexInstance> =
        all.into_iter().filter(|instance| instance.state == InstanceState::Running).collect();
    match running.len() {
        0 => Err(CommandError::new(format!("no instance of annex {name} runs"))
            .hint(format!("hoist annex status {name} tells where they stand"))),
        1 => Ok(running.remove(0)),
        number => {
            let ids: Vec<&str> = running.iter().map(|instance| instance.id.as_str()).collect();
            let message = format!("{} of annex {name} run: {}", count(number, "instance"), ids.join(", "));
            Err(CommandError::with_exit(Exit::Usage, message).hint("--instance ID names one"))
        }
    }
}

/// Starts a command, or a shell, on an instance of this machine.
fn enter(entry: EntryProgram, command: &[String]) -> Result<Child, CommandError> {
    let EntryProgram { argv, environment } = entry;
    let mut words = argv.into_iter();
    let program = words.next().unwrap_or_default();
    let shell = || environment.iter().rev().find(|(name, _)| name == "SHELL").map(|(_, shell)| shell.clone());
    let mut entering = Command::new(&program);
    entering.args(words);
    match command {
        [] => entering.arg(shell().unwrap_or_else(|| "/bin/sh".into())),
        command => entering.args(command),
    };
    entering.env_clear().envs(environment).stdin(Stdio::inherit()).kill_on_drop(true);
    entering.spawn().map_err(|error| {
        let program = program.to_string_lossy();
        let failed = CommandError::new(format!("cannot run {program}: {error}"));
        match error.kind() {
            std::io::ErrorKind::NotFound => failed.hint(format!("install {program} (util-linux)")),
            _ => failed,
        }
    })
}

/// Returns the host of an instance in a cloud; its key is known by its console.
fn host(
    record: &Annex,
    instance: &AnnexInstance,
    request: &SshRequest,
    (keys, links): (PathBuf, &Arc<ConnectionPool>),
    cloud: &Arc<dyn AnnexCloud>,
) -> Result<SshHost, CommandError> {
    let joining = record.spec.as_ref().and_then(|spec| spec.joining());
    let (public, private) = (instance.address.clone(), instance.private_address.clone());
    // As the pool reaches it.
    let address = match joining.is_some_and(|joining| !joining.public_address) {
        true => private.or(public),
        false => public.or(private),
    };
    let Some(address) = address else {
        return Err(CommandError::new(format!("{} has no address yet", instance.id))
            .hint("the same command again, in a minute"));
    };
    let usual = || joining.and_then(|joining| login_user(joining.os.as_deref()?)).map(str::to_owned);
    let target = SshTarget {
        address,
        port: None,
        user: request.user.clone().or_else(usual),
        key: request.key.clone(),
        policy: HostKeyPolicy::Strict,
        machine: Some(instance.id.clone()),
        base: PathBuf::from("/var/tmp").join(format!("hoist.{}", record.id.nonce)),
        service: record.id.name.to_string(),
        terms: SshTerms::default(),
    };
    let console = Arc::new(AnnexConsole { cloud: Arc::clone(cloud), id: instance.id.clone() });
    Ok(SshHost::new(target, Arc::new(RunKeys::new(keys)), Arc::clone(links), Some(console)))
}

/// Console of an instance, which shows its host keys.
struct AnnexConsole {
    cloud: Arc<dyn AnnexCloud>,
    id: String,
}

#[async_trait]
impl Console for AnnexConsole {
    async fn text(&self) -> Result<String, CloudError> {
        self.cloud.console(&self.id).await
    }
}

/// Returns the error of a connection with what to try by this command's options.
fn explained(error: HostError, record: &Annex, request: &SshRequest) -> CommandError {
    let complaint = error.complaint();
    let told = CommandError::new(complaint.reason.clone());
    if complaint.reason.contains("does not let us in") {
        let key = match record.spec.as_ref().and_then(|spec| spec.key_name.as_deref()) {
            Some(pair) => format!("--key FILE names the private half of the key pair {pair}, unless the agent has it"),
            None => "the annex was made without --keypair: only keys that its image or its user data lets in help"
                .to_owned(),
        };
        let told = told.hint(key);
        return match request.user {
            Some(_) => told,
            None => told.hint("--user NAME names the user that the image lets in: admin, ubuntu, ec2-user, rocky, …"),
        };
    }
    if complaint.reason.contains("does not answer") {
        return told.hint("`hoist annex setup --ssh` lets SSH in, from the addresses of the set-up").hint(
            "an instance without a public address is reached from within its network, or by ProxyJump of ~/.ssh/config",
        );
    }
    told.hints(complaint.hint.as_deref().map(as_options))
}

/// Returns a hint of connections in general with this command's options in the place of a plan's keys.
fn as_options(hint: &str) -> String {
    if hint.contains("`ssh.host_key") {
        return "cloud-init shows the host key on the console at the end of its start: the same command again, in some minutes; \
                hoist annex logs shows the console, and no other key is trusted"
            .to_owned();
    }
    hint.replace("`ssh.user`", "`--user`").replace("`ssh.key`", "`--key`").replace("`key_name`", "`--keypair`")
}
