//! `hoist userdata lint`

use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::report::{user_data_human, user_data_json};
use crate::template::user_data::{LintOptions, Severity, lint};

/// The most that is read: far more than any cloud takes.
const READ_LIMIT: u64 = 16 * 1024 * 1024;

/// Check user data, and everything that is embedded in it
///
/// Cloud-config is held against cloud-init's own schema; every part is searched for secrets; shells are asked whether they can
/// read the scripts, which are not run; what is embedded (parts of a message, compressed or in base64, such as a worker's user
/// data in a master's) is looked at in the same way.
///
/// Exit codes: 0 nothing is wrong, 1 it does not work or gives a secret away, 2 there are warnings only.
#[derive(Args, Debug)]
pub(in crate::cli) struct Lint {
    /// The user data; - is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// A secret that is meant to be there, by the name that its finding gives; may be given several times
    #[arg(long = "allow-secret", value_name = "NAME")]
    allow_secrets: Vec<String>,
}

impl Lint {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let (name, data) = self.read()?;
        let options =
            LintOptions { allowed_secrets: self.allow_secrets.iter().cloned().collect(), ..LintOptions::default() };
        let lint = lint(&data, &options);
        if context.wants_json() {
            context.print_json(&user_data_json(&name, &lint))?;
        } else {
            context.print(&user_data_human(&name, &lint, context.style))?;
        }
        Ok(match lint.worst() {
            Some(Severity::Error) => Exit::Failed,
            Some(Severity::Warning) => Exit::Changed,
            _ => Exit::Done,
        })
    }

    fn read(&self) -> Result<(String, Vec<u8>), CommandError> {
        let is_standard_input = self.file.as_os_str() == "-";
        let name = if is_standard_input { "standard input".to_owned() } else { self.file.display().to_string() };
        let mut data = Vec::new();
        let read = if is_standard_input {
            std::io::stdin().lock().take(READ_LIMIT + 1).read_to_end(&mut data)
        } else {
            std::fs::File::open(&self.file).and_then(|file| file.take(READ_LIMIT + 1).read_to_end(&mut data))
        };
        read.map_err(|error| CommandError::new(format!("cannot read the user data from {name}: {error}")))?;
        if data.len() as u64 > READ_LIMIT {
            return Err(CommandError::new(format!("{name} has more than {READ_LIMIT} bytes, so it is no user data")));
        }
        Ok((name, data))
    }
}
