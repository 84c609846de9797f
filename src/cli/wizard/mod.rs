//! `hoist wizard`

mod catalog;
mod dialogue;
mod inputs;
mod messages;
mod open_list;
mod options;
mod prompts;
mod signals;
mod summary;
mod this_machine;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;
use jiff::Zoned;

use self::catalog::CatalogHandle;
use self::dialogue::Dialogue;
use self::options::AnswerOptions;
use self::prompts::Prompts;
use self::signals::SignalGuard;
use self::summary::Conclusion;
use super::context::Context;
use super::plan::boot_file;
use super::userdata::Allow;
use crate::app::wizard::{CreatedGroups, OutputFiles, Program, Rendering, WrittenFiles, look_at, make_groups};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _, Operation};
use crate::wizard::{Cluster, Draft, ValidatedAnswers, write_answers};

/// Ask a few questions, and write what brings up an elastic HTCondor cluster
///
/// Writes the master's user data (master-OS-DATE-TIME), a launch plan for it and the answers for the next time
/// (hoist-wizard.toml), and offers to launch the master. Every question has an option; answers also come from an
/// answers file and from the ecm.conf of ECM. Options outrank the answers file, and that outranks ecm.conf.
///
/// On a terminal it asks for what no option answers. With --no-input it never asks, and lists everything that is
/// missing.
#[derive(Args, Debug)]
pub(super) struct Wizard {
    #[command(flatten)]
    answers: AnswerOptions,

    /// Begin with the answers of this file, as an earlier call wrote it
    #[arg(long = "answers", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    answers_file: Option<PathBuf>,

    /// Begin with the answers of this configuration of ECM [default: ecm.conf, if there is one]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    ecm_conf: Option<PathBuf>,

    /// Write the files into this directory
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = clap::ValueHint::DirPath)]
    directory: PathBuf,

    /// Launch the master once the files are written
    #[arg(long, conflicts_with = "no_launch")]
    launch: bool,

    /// Only write the files: make no security groups, and do not ask whether to launch
    #[arg(long)]
    no_launch: bool,

    /// A directory of templates, which outrank others of the same names
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    templates: Option<PathBuf>,

    #[command(flatten)]
    allow: Allow,

    /// Ask no cloud: what the answers name is taken as it is, and no security group is made
    #[arg(long)]
    offline: bool,
}

impl Wizard {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let prompts = self.prompts(context)?;
        let interrupts = SignalGuard::listen()?;
        let files = OutputFiles(&self.directory);
        files.check()?;
        let draft = inputs::draft(context, &self.answers, self.answers_file.as_deref(), self.ecm_conf.as_deref())?;
        let door = CatalogHandle::new(context, self.offline)?;
        let (whole, draft) = match &prompts {
            Some(prompts) => Dialogue::begin(context, prompts, &door, &files, draft).finish()?,
            None => without_asking(context, &door, draft)?,
        };
        let lacking = this_machine::lacking(&whole.answers);
        if self.launch && !lacking.is_empty() {
            let error = CommandError::new("the master cannot be launched here; nothing was written");
            return Err(error.hints(lacking).hint("without --launch the files are written"));
        }
        let program = Program::needed(&whole.answers)?;
        let foreseen = program.as_ref().map(|program| program.foreseen(&whole.answers));
        let is_stored = foreseen.as_ref().is_some_and(|foreseen| *foreseen != whole.answers);
        if is_stored && self.offline {
            let error = CommandError::new("no cloud is asked, and this program is to be put into a bucket");
            return Err(error.hint("leave --offline out, or --binary-bucket"));
        }
        let foreseen = foreseen.unwrap_or_else(|| whole.answers.clone());
        let rendering = Rendering::new(&foreseen, self.templates.as_deref())?;
        let allowed = self.allowed(context, prompts.as_ref(), &files, &rendering, &whole)?;
        interrupts.begin_to_make();
        // With `--no-launch`, only files are made.
        let made = if self.no_launch { Vec::new() } else { groups(&door, &draft, &whole)? };
        let placed = match &program {
            Some(program) if is_stored => {
                let op = Operation { workspace: &context.workspace, user: context };
                door.wait(program.placed(op, &whole.answers))?
            }
            _ => foreseen,
        };
        let rendering = Rendering::new(&placed, self.templates.as_deref())?;
        let copied = program.as_ref().and_then(|program| program.copied(&whole.answers));
        let (written, cluster) = interrupts.hold(|| write(&files, &rendering, &whole, copied))??;
        if made.is_empty() && (whole.makes_master_group || whole.makes_worker_group) {
            let option = if self.no_launch { "--no-launch" } else { "--offline" };
            context.tell(&format!(
                "note: the security groups are still to be made: without {option} the wizard makes them"
            ));
        }
        let conclusion = Conclusion {
            whole: &whole,
            written: &written,
            cluster: &cluster,
            made: &made,
            allowed: &allowed,
            lacking: &lacking,
        };
        conclusion.tell(context)?;
        let launches = self.launch
            || match &prompts {
                Some(prompts) if !self.no_launch && lacking.is_empty() => {
                    context.yes || prompts.confirm("Launch the master now? It costs money from then on.")?
                }
                _ => false,
            };
        // From here on the run listens for signals.
        drop(interrupts);
        if !launches {
            conclusion.print_json(context, None)?;
            return Ok(Exit::Done);
        }
        let raised = boot_file(context, &written.plan, &allowed)?;
        conclusion.print_json(context, Some(&raised))?;
        Ok(raised.exit)
    }

    /// Returns the prompts; none with `--no-input`.
    fn prompts(&self, context: &Context) -> Result<Option<Prompts>, CommandError> {
        if context.no_input {
            return Ok(None);
        }
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            let error = CommandError::with_exit(Exit::Usage, "there is no terminal to ask on; nothing was written");
            return Err(error
                .hint("--no-input takes the answers from options and files, and lists what is missing")
                .hint("run it on a terminal to be asked"));
        }
        Ok(Some(Prompts::new(context)))
    }

    /// Returns the secrets allowed in the user data: those named by options, and those that the user accepts now.
    fn allowed(
        &self,
        context: &Context,
        prompts: Option<&Prompts>,
        files: &OutputFiles<'_>,
        rendering: &Rendering<'_>,
        whole: &ValidatedAnswers,
    ) -> Result<Vec<String>, CommandError> {
        let name = files.free_name(whole.answers.os, &Zoned::now())?;
        let cluster = rendering.rehearse(&name)?;
        let found = look_at(context, &name, &cluster.master, self.allow.names())?;
        found.warnings.iter().for_each(|warning| context.tell(warning));
        let mut allowed = self.allow.names().to_vec();
        if found.secrets.is_empty() {
            return Ok(allowed);
        }
        let names = found.secrets.iter().cloned().collect::<Vec<_>>();
        let message = format!(
            "the user data holds a secret ({}), which anyone on the machines can read: they have no role to fetch it with",
            names.join(", ")
        );
        match prompts {
            Some(prompts) => {
                context.say(&message);
                if !prompts.confirm("Is it meant to be there?")? {
                    let error = CommandError::new("the secret is not to be in the user data; nothing was made of it")
                        .hint("give master and workers an instance profile, and the password a place (password_from)");
                    return Err(files.keeping(whole, error));
                }
            }
            None => {
                let options: Vec<String> = names.iter().map(|name| format!("--allow-secret {name}")).collect();
                return Err(CommandError::new(format!("{message}; nothing was written"))
                    .hint(format!("{} if that is meant", options.join(" ")))
                    .hint("or, on EC2, --master-profile, --worker-profile and --password-from"));
            }
        }
        allowed.extend(names);
        Ok(allowed)
    }
}

/// Returns the answers from options and files.
fn without_asking(
    context: &Context,
    door: &CatalogHandle,
    mut draft: Draft,
) -> Result<(ValidatedAnswers, Draft), CommandError> {
    door.find_region(&mut draft);
    draft.warnings().iter().for_each(|warning| context.tell(&format!("note: {warning}")));
    let mut problems = draft.problems();
    match door.check(&draft) {
        Ok((more, warnings)) => {
            problems.extend(more);
            warnings.iter().for_each(|warning| context.tell(&format!("note: {warning}")));
        }
        Err(error) if problems.is_empty() => {
            let error = CommandError { message: format!("{}; nothing was written", error.message), ..error.into() };
            return Err(error.hint("--offline writes the files without asking the cloud"));
        }
        // Local problems are reported first; the cloud is asked the next time.
        Err(_) => {}
    }
    if !problems.is_empty() {
        return Err(messages::refused(context, &problems));
    }
    let whole = draft.whole().map_err(|problems| messages::refused(context, &problems))?;
    Ok((whole, draft))
}

/// Creates the requested security groups.
fn groups(door: &CatalogHandle, draft: &Draft, whole: &ValidatedAnswers) -> Result<Vec<CreatedGroups>, CommandError> {
    if !(whole.makes_master_group || whole.makes_worker_group) {
        return Ok(Vec::new());
    }
    let made = door.offers(draft).map(|offers| door.wait(make_groups(&offers, whole)));
    Ok(made.transpose()?.unwrap_or_default())
}

/// Writes the files under a name that is still free.
fn write(
    files: &OutputFiles<'_>,
    rendering: &Rendering<'_>,
    whole: &ValidatedAnswers,
    program: Option<&[u8]>,
) -> Result<(WrittenFiles, Cluster), CommandError> {
    let answers = write_answers(whole);
    loop {
        let name = files.free_name(whole.answers.os, &Zoned::now())?;
        let cluster = rendering.make(&name)?;
        if let Some(written) = files.write(&name, &cluster, &answers, program)? {
            return Ok((written, cluster));
        }
    }
}
