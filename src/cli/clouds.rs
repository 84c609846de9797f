//! The clouds that a command line can reach.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::context::Context;
use super::exit::CommandError;
use crate::annex::AnnexCloud;
use crate::cloud::aws::annex::StackCloud;
use crate::cloud::aws::api::{AwsConfig, AwsSession, CallObserver};
use crate::cloud::aws::ec2::{Announcement, Ec2Cloud, Ec2Options, LaunchedAt};
use crate::cloud::aws::s3::LaunchAddresses;
use crate::cloud::local::{LocalAnnexes, LocalCloud, LocalCloudConfig};
use crate::host::own_program;
use crate::host::ssh::RunKeys;
use crate::os::{check_own_directory, remedy};
use crate::plan::{Bucket, CloudConfig, MAX_TEXT, read_text_file};
use crate::provider::{Catalog, Cloud, CloudError, CloudErrorKind};
use crate::template::Templates;

/// The directory beside the state file that the local cloud is in.
const LOCAL: &str = "local";

/// The other directories beside the state file, which must be ours as it is.
const OWN_DIRECTORIES: [&str; 3] = ["this-host", "ssh", "submissions"];

/// Fails where somebody put something else in the place of a directory that is to be ours.
pub(super) fn check_beside(directory: &Path) -> Result<(), CommandError> {
    check_own(directory, std::iter::once(LOCAL).chain(OWN_DIRECTORIES))
}

fn check_own(beside: &Path, names: impl IntoIterator<Item = &'static str>) -> Result<(), CommandError> {
    names.into_iter().map(|name| beside.join(name)).try_for_each(|path| {
        check_own_directory(&path).map_err(|error| {
            let error = CommandError::new(error.to_string());
            // Another state file would know nothing of what is recorded in this one.
            remedy(&path).into_iter().fold(error, CommandError::hint)
        })
    })
}

/// Opens clouds; those of one account share a session, and so the limits of its API.
pub(super) struct Clouds {
    beside: PathBuf,
    state_path: PathBuf,
    init_program: PathBuf,
    sessions: Mutex<HashMap<String, Arc<AwsSession>>>,
    observer: Option<CallObserver>,
}

/// How the machines of a run are reached, for the cloud that launches them.
pub(super) struct SshAccess {
    /// Where the run's host keys are.
    pub(super) keys: Arc<RunKeys>,
    /// The services whose machines are reached by SSH.
    pub(super) by_ssh: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// The launches of the run so far.
    pub(super) announced: Vec<Announcement>,
    /// When a recorded machine was asked for.
    pub(super) launched_at: Arc<LaunchedAt>,
}

impl Clouds {
    /// The clouds of this command line; what they keep on this machine is beside the state file.
    pub(super) fn new(context: &Context) -> Result<Self, CommandError> {
        let state_path = std::path::absolute(&context.state_path)
            .map_err(|error| CommandError::new(format!("cannot find {}: {error}", context.state_path.display())))?;
        let beside = state_path.parent().unwrap_or(Path::new("/")).to_path_buf();
        // A local cloud that cannot be used says so itself, when it is asked.
        check_own(&beside, OWN_DIRECTORIES)?;
        Ok(Self {
            beside,
            state_path,
            init_program: own_program(),
            sessions: Mutex::default(),
            observer: context.call_observer(),
        })
    }

    /// The directory of the state file, absolute.
    pub(super) fn beside(&self) -> &Path {
        &self.beside
    }

    /// What a host's init is started as.
    pub(super) fn init_program(&self) -> &Path {
        &self.init_program
    }

    /// The cloud on this machine.
    pub(super) fn local(&self) -> Result<LocalCloud, CloudError> {
        let root = self.beside.join(LOCAL);
        let config = LocalCloudConfig { root, init_program: self.init_program.clone(), namespaces: true };
        LocalCloud::of_state_file(config, self.state_path.clone())
    }

    /// Access to the account that `config` names.
    pub(super) fn session(&self, config: &CloudConfig) -> Arc<AwsSession> {
        // Where things are stored changes nothing about who calls.
        let key = format!("{:?}", CloudConfig { bucket: None, ..config.clone() });
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let session = AwsSession::new(AwsConfig {
                profile: config.profile.clone(),
                region: config.region.clone(),
                endpoint: config.endpoint.clone(),
                compatible: config.compatible,
                account: config.account.clone(),
            });
            Arc::new(match &self.observer {
                Some(observer) => session.observer(observer.clone()),
                None => session,
            })
        };
        sessions.entry(key).or_insert_with(make).clone()
    }

    /// The cloud, for asking and terminating.
    pub(super) fn open(&self, config: &CloudConfig) -> Result<Arc<dyn Cloud>, CloudError> {
        match config.provider.as_str() {
            "local" => self.local().map(|cloud| Arc::new(cloud) as Arc<dyn Cloud>),
            "ec2" => Ok(self.ec2(self.session(config), config.bucket.as_ref(), None)),
            other => Err(unsupported(other)),
        }
    }

    /// EC2, for the machines that `reach` says how to reach; without it, for asking and terminating.
    pub(super) fn ec2(
        &self,
        session: Arc<AwsSession>,
        bucket: Option<&Bucket>,
        reach: Option<&SshAccess>,
    ) -> Arc<dyn Cloud> {
        let options = match reach {
            Some(SshAccess { keys, by_ssh, announced, launched_at }) => Ec2Options {
                addresses: Some(Arc::new(LaunchAddresses::new(keys.addresses()))),
                keys: Some(keys.clone()),
                reached_by_ssh: by_ssh.clone(),
                announced: announced.clone(),
                launched_at: launched_at.clone(),
                ..Ec2Options::default()
            },
            None => Ec2Options::default(),
        };
        let options = Ec2Options { bucket: bucket.cloned(), ..options };
        Arc::new(Ec2Cloud::new(session, options))
    }

    /// What the cloud that EC2's interface reaches offers to choose from.
    pub(super) fn catalog(&self, config: &CloudConfig) -> Arc<dyn Catalog> {
        Arc::new(Ec2Cloud::new(self.session(config), Ec2Options::default()))
    }

    /// Where annexes are made: as stacks on AWS, or on this machine.
    pub(super) fn annexes(&self, config: &CloudConfig) -> Result<Arc<dyn AnnexCloud>, CommandError> {
        match config.provider.as_str() {
            "local" => Ok(Arc::new(LocalAnnexes::new(self.local()?, templates()?))),
            "ec2" => self.stacks(self.session(config)),
            other => Err(unsupported(other).into()),
        }
    }

    /// Annexes as stacks, where there can be any.
    pub(super) fn stacks(&self, session: Arc<AwsSession>) -> Result<Arc<dyn AnnexCloud>, CommandError> {
        if session.is_compatible() {
            return Err(no_stacks());
        }
        Ok(Arc::new(StackCloud::new(session, templates()?)))
    }

    /// The same with the region, the address and the account that it leads to now.
    pub(super) async fn pinned(&self, config: &CloudConfig) -> Result<CloudConfig, CloudError> {
        if config.provider != "ec2" {
            return Ok(config.clone());
        }
        let session = self.session(config);
        let region = session.region().await?.to_owned();
        let endpoint = session.endpoint().await?.map(str::to_owned);
        let account = match &config.account {
            Some(account) => Some(account.clone()),
            None => session.identity().await?.account,
        };
        let compatible = session.is_compatible();
        Ok(CloudConfig { region: Some(region), endpoint, compatible, account, ..config.clone() })
    }

    /// What to call the cloud in messages: `ec2 us-east-1`, `local`.
    pub(super) async fn place(&self, config: &CloudConfig) -> Result<String, CloudError> {
        if config.provider != "ec2" {
            return Ok(config.provider.clone());
        }
        let session = self.session(config);
        let at = session.endpoint().await?.map(|url| format!(" at {url}")).unwrap_or_default();
        Ok(format!("ec2 {}{at}", session.region().await?))
    }
}

/// The error for annexes where there can be none.
pub(super) fn no_stacks() -> CommandError {
    CommandError::new("this EC2-like cloud has no stacks, by which annexes are made")
        .hint("--cloud local tries an annex on this machine")
}

/// The built-in templates, and the user's own.
pub(super) fn templates() -> Result<Templates, CommandError> {
    let user = Templates::user_directory(|name| std::env::var_os(name));
    Templates::open(None, user.as_deref())
        .map_err(|error| CommandError::new(format!("cannot read the templates: {error}")))
}

/// The error for a cloud that this hoist cannot use.
pub(super) fn unsupported(provider: &str) -> CloudError {
    let message = format!("this version of hoist cannot launch on {provider}, only on local and ec2");
    CloudError::new(CloudErrorKind::Rejected, message).hint("--cloud local tries the plan on this machine")
}

/// Whether anything on this machine says how to reach EC2 or a cloud like it.
pub(super) fn has_ec2_settings() -> bool {
    has_ec2_credentials()
        || is_set(&["AWS_REGION", "AWS_DEFAULT_REGION"])
        || aws_file("AWS_CONFIG_FILE", "config").is_some()
}

/// Whether anything on this machine says with which credentials. A machine of EC2's has some without saying so.
pub(super) fn has_ec2_credentials() -> bool {
    let roles =
        ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    is_set(&["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "EC2_URL"])
        || is_set(&roles)
        || aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials").is_some()
        || aws_file("AWS_CONFIG_FILE", "config").is_some_and(|file| gives_credentials(&file))
}

/// Whether a configuration of AWS's tools says where credentials come from: many name a region and nothing else.
fn gives_credentials(file: &Path) -> bool {
    let settings =
        ["aws_access_key_id", "credential_process", "credential_source", "role_arn", "sso_", "login_session"];
    let text = read_text_file(file, MAX_TEXT).unwrap_or_default();
    text.lines().any(|line| settings.iter().any(|setting| line.trim_start().starts_with(setting)))
}

fn is_set(names: &[&str]) -> bool {
    names.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// A file of AWS's tools, where it is there: where the variable says, or under its name.
fn aws_file(variable: &str, name: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    path.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".aws").join(name)))
        .filter(|path| path.is_file())
}
