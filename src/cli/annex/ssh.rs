//! `hoist annex ssh`

use std::path::PathBuf;

use clap::Args;

use super::annex_arg::AnnexArgument;
use crate::app::CommandResult;
use crate::app::annex::{SshRequest, ssh};
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
    #[arg(short, long, value_name = "ID")]
    instance: Option<String>,

    /// The user to log in as [default: the one that images of the annex's --os have]
    #[arg(short, long, value_name = "NAME")]
    user: Option<String>,

    /// The private half of the annex's --keypair [default: the keys of the agent and of ~/.ssh]
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    key: Option<PathBuf>,

    /// The command, word for word; `sh -c '…'` runs a line of a shell's [default: a shell]
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Ssh {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
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
