//! The clouds that a command line can reach.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::context::Context;
use super::exit::CommandError;
use crate::annex::AnnexCloud;
use crate::cloud::aws::{AwsConfig, CallObserver, Session};
use crate::cloud::ec2::{Announcement, Ec2Cloud, Ec2Options, LaunchedAt};
use crate::cloud::local::{LocalAnnexes, LocalCloud, LocalCloudConfig};
use crate::cloud::stacks::StackCloud;
use crate::engine::{Catalog, Cloud, CloudError, CloudErrorKind};
use crate::host::own_program;
use crate::host::ssh::RunKeys;
use crate::plan::{Bucket, CloudConfig};
use crate::template::Templates;

/// Opens clouds; those of one account share a session, and so the limits of its API.
pub(super) struct Clouds {
    beside: PathBuf,
    init_program: PathBuf,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
    observer: Option<CallObserver>,
}

/// How the machines of a run are reached, for the cloud that launches them.
pub(super) struct Reach {
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
        Ok(Self {
            beside: state_path.parent().unwrap_or(Path::new("/")).to_path_buf(),
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
    pub(super) fn local(&self) -> Result<LocalCloud, CommandError> {
        let root = self.beside.join("local");
        Ok(LocalCloud::new(LocalCloudConfig { root, init_program: self.init_program.clone(), namespaces: true })?)
    }

    /// Access to the account that `config` names.
    pub(super) fn session(&self, config: &CloudConfig) -> Arc<Session> {
        // Where things are stored changes nothing about who calls.
        let key = format!("{:?}", CloudConfig { bucket: None, ..config.clone() });
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let session = Session::new(AwsConfig {
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
            "local" => self
                .local()
                .map(|cloud| Arc::new(cloud) as Arc<dyn Cloud>)
                .map_err(|error| CloudError::new(CloudErrorKind::Refused, error.message)),
            "ec2" => Ok(self.ec2(self.session(config), config.bucket.as_ref(), None)),
            other => Err(unsupported(other)),
        }
    }

    /// EC2, for the machines that `reach` says how to reach; without it, for asking and terminating.
    pub(super) fn ec2(&self, session: Arc<Session>, bucket: Option<&Bucket>, reach: Option<&Reach>) -> Arc<dyn Cloud> {
        let options = match reach {
            Some(Reach { keys, by_ssh, announced, launched_at }) => Ec2Options {
                addresses: Some(Arc::new(keys.addresses())),
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
    pub(super) fn stacks(&self, session: Arc<Session>) -> Result<Arc<dyn AnnexCloud>, CommandError> {
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
    CloudError::new(CloudErrorKind::Refused, message).hint("--cloud local tries the plan on this machine")
}

/// Whether anything on this machine says how to reach EC2 or a cloud like it.
pub(super) fn has_ec2_settings() -> bool {
    let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let variables = ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_DEFAULT_REGION", "EC2_URL"];
    let file = |variable: &str, name: &str| {
        let path = std::env::var_os(variable).map(PathBuf::from);
        path.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".aws").join(name)))
            .is_some_and(|path| path.is_file())
    };
    variables.iter().any(set) || file("AWS_CONFIG_FILE", "config") || file("AWS_SHARED_CREDENTIALS_FILE", "credentials")
}
