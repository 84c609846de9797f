//! `hoist userdata lint`

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Allow;
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::diagnostics::Severity;
use crate::plan::{MAX_TEXT, read_file};
use crate::report::{ChecksDocument, LintDocument, user_data_human};
use crate::user_data::{CHECKS, lint, secret_rules};

/// Check user data, and everything that is embedded in it
///
/// Cloud-config is held against cloud-init's own schema; every part is searched for secrets; shells are asked whether
/// they can read the scripts, which are not run; what is embedded (parts of a message, compressed or in base64, such as
/// a worker's user data in a master's) is looked at in the same way.
///
/// Every finding has a name, in brackets at its end, by which it can be allowed; --checks lists them.
///
/// Exit codes: 0 nothing is wrong, 1 it does not work or gives a secret away, 2 there are warnings only.
#[derive(Args, Debug)]
pub(in crate::cli) struct Lint {
    /// The user data; - is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath, required_unless_present = "checks")]
    file: Option<PathBuf>,

    /// List what can be found, by name
    #[arg(long, conflicts_with = "file")]
    checks: bool,

    #[command(flatten)]
    allow: Allow,
}

impl Lint {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let Some(file) = self.file.as_deref().filter(|_| !self.checks) else { return list(context) };
        let (name, data) = read(file)?;
        let lint = lint(&data, &self.allow.options());
        if context.wants_json() {
            context.print_json(&LintDocument::new(&name, &lint))?;
        } else {
            context.print(&user_data_human(&name, &lint, context.style))?;
        }
        Ok(match lint.worst() {
            Some(Severity::Error) => Exit::Failed,
            Some(Severity::Warning) => Exit::Changed,
            _ => Exit::Done,
        })
    }
}

/// Lists the checks by name.
fn list(context: &Context) -> CommandResult {
    let secrets = secret_rules();
    if context.wants_json() {
        context.print_json(&ChecksDocument::new(CHECKS, secrets))?;
        return Ok(Exit::Done);
    }
    let width = CHECKS.iter().map(|check| check.name.len()).max().unwrap_or_default();
    for check in CHECKS {
        context.print(&format!("{:width$}  {:7}  {}", check.name, check.severity.to_string(), check.about))?;
    }
    let secrets: Vec<&str> = secrets.into_iter().collect();
    context.print(&format!("secrets, by what they are: {}", secrets.join(", ")))?;
    Ok(Exit::Done)
}

fn read(file: &Path) -> Result<(String, Vec<u8>), CommandError> {
    let is_standard_input = file.as_os_str() == "-";
    let name = if is_standard_input { "standard input".to_owned() } else { file.display().to_string() };
    let read = if is_standard_input {
        let mut data = Vec::new();
        std::io::stdin().lock().take(MAX_TEXT + 1).read_to_end(&mut data).map(|_| data)
    } else {
        read_file(file, MAX_TEXT)
    };
    let data = read.map_err(|error| CommandError::new(format!("cannot read the user data from {name}: {error}")))?;
    if data.len() as u64 > MAX_TEXT {
        return Err(CommandError::new(format!("{name} has more than {MAX_TEXT} bytes, so it is no user data")));
    }
    Ok((name, data))
}
