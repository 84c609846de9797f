//! `hoist annex ssh`

use std::path::PathBuf;

use clap::Args;

use super::annex_arg::AnnexArgument;
use crate::app::annex::{SshRequest, ssh};
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;

/// Run a shell or a command on an instance of an annex
///
/// On AWS by SSH, to the address by which the pool reaches it; its host key is the one that its console shows. On the
/// local cloud by entering its namespaces.
///
/// The exit code is that of the command.
#[derive(Args, Debug)]
pub(in crate::cli) struct Ssh {
    #[command(flatten)]
    annex: AnnexArgument,

    /// The instance [default: the only one that runs]
    #[arg(short, long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    instance: Option<String>,

    /// The user to log in as [default: the one that images of the annex's --os have]
    #[arg(short, long, value_name = "NAME", value_parser = user_name)]
    user: Option<String>,

    /// The private half of the annex's --keypair [default: the keys of the agent and of ~/.ssh]
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    key: Option<PathBuf>,

    /// The command, word for word; `sh -c '…'` runs a line of a shell's [default: a shell]
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Reads a name of a user that ssh can be given.
fn user_name(text: &str) -> Result<String, String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    let may_be = !text.is_empty() && !text.starts_with('-') && text.chars().all(is_part);
    may_be.then(|| text.to_owned()).ok_or_else(|| "no name of a user, such as admin or ec2-user".to_owned())
}

impl Ssh {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        if let Some(key) = self.key.as_deref().filter(|key| !key.is_file()) {
            let message = format!("--key: there is no file {}", key.display());
            return Err(CommandError::with_exit(Exit::Usage, message).hint("the private half of the annex's key pair"));
        }
        let request = SshRequest {
            name: self.annex.name()?,
            instance: self.instance.clone(),
            user: self.user.clone(),
            key: self.key.clone(),
            command: self.command.clone(),
        };
        block_on(ssh(context.operation(), request))?
    }
}
