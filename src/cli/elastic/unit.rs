//! `hoist elastic unit`

use std::path::PathBuf;

use clap::Args;

use super::listen_option::ListenOption;
use crate::app::elastic::{UnitRequest, systemd_unit};
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;

/// Print the systemd unit that runs `hoist elastic run`
///
/// It reports to systemd when it serves and when it reloads, is restarted by the watchdog when it hangs, and reads its
/// fleet files again by `systemctl reload`. To install it: hoist elastic unit --config /etc/hoist/elastic.toml >
/// /etc/systemd/system/hoist-elastic.service
#[derive(Args, Debug)]
pub(in crate::cli) struct Unit {
    /// A fleet file; may be repeated
    #[arg(long = "config", value_name = "FILE", default_value = "/etc/hoist/elastic.toml")]
    #[arg(value_hint = clap::ValueHint::FilePath)]
    configs: Vec<PathBuf>,

    /// The user that the daemon runs as
    #[arg(long, value_name = "USER", default_value = "hoist")]
    user: String,

    #[command(flatten)]
    listen: ListenOption,

    /// The program [default: this one]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    program: Option<PathBuf>,
}

impl Unit {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        if context.wants_json() {
            return Err(CommandError::with_exit(Exit::Usage, "a unit of systemd is text, and has no form in JSON")
                .hint("leave out -o"));
        }
        let listen = self.listen.address()?;
        let absolute = |path: &PathBuf| {
            std::path::absolute(path)
                .map_err(|error| CommandError::new(format!("cannot find {}: {error}", path.display())))
        };
        let is_user = !self.user.is_empty()
            && self.user.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
        if !is_user {
            return Err(CommandError::with_exit(Exit::Usage, format!("{:?} is no name of a user", self.user)));
        }
        let configs = self.configs.iter().map(absolute).collect::<Result<Vec<_>, _>>()?;
        let state = context.state_option.as_ref().map(absolute).transpose()?;
        let program = match &self.program {
            Some(program) => absolute(program)?,
            None => std::env::current_exe().map_err(|error| {
                CommandError::new(format!("cannot find this program: {error}")).hint("--program FILE")
            })?,
        };
        let unit = systemd_unit(&UnitRequest {
            program: &program,
            user: &self.user,
            configs: &configs,
            state: state.as_deref(),
            listen,
        });
        context.print(&unit)?;
        Ok(Exit::Done)
    }
}
