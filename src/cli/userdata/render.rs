//! `hoist userdata render`

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::values::{self, variable};
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::report::user_data_human;
use crate::template::user_data::{Kind, LintOptions, Severity, lint};
use crate::template::{DollarForm, Template, TemplateError, Templates};

/// Render a template, and check what comes of it
///
/// The template is one by name (those that hoist carries, yours in $XDG_CONFIG_HOME/hoist/templates, those of --templates), or
/// a file: handlebars, or with $name where its name ends in .template. A name without a value is an error.
///
/// What is user data is checked as `hoist userdata lint` does, and written only where nothing is wrong with it.
#[derive(Args, Debug)]
pub(in crate::cli) struct Render {
    /// A template's name, or a file
    #[arg(value_name = "TEMPLATE", value_hint = clap::ValueHint::FilePath)]
    template: String,

    /// Set a value; may be given more than once
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    vars: Vec<(String, String)>,

    /// Read values from a file: TOML, YAML or JSON by the end of its name; later files outrank earlier ones, --var all of them
    #[arg(long = "var-file", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    var_files: Vec<PathBuf>,

    /// A directory of templates, which outrank others of the same names
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    templates: Option<PathBuf>,

    /// Write to this new file, which only you can read, instead of standard output
    #[arg(short = 'O', long = "out", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: Option<PathBuf>,

    /// A secret that is meant to be there, by the name that its finding gives; may be given several times
    #[arg(long = "allow-secret", value_name = "NAME")]
    allow_secrets: Vec<String>,
}

impl Render {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let values = values::read(&self.var_files, &self.vars)?;
        let template = self.find().map_err(refused)?;
        let text = template.render(&values).map_err(refused)?;
        for place in template.unguarded() {
            let message =
                format!("template {}, line {}: {} is put down as it is", self.template, place.line, place.name);
            context
                .tell(&format!("{message}; {{{{json …}}}}, {{{{yaml …}}}} or {{{{shell …}}}} keep it where it stands"));
        }
        if !matches!(Kind::of(text.as_bytes()), Kind::Foreign(_)) {
            self.check(context, &text)?;
        }
        match &self.out {
            None => context.print(&text)?,
            Some(file) => {
                write_new(file, &text)?;
                context.tell(&format!("wrote {} ({} bytes)", file.display(), text.len()));
            }
        }
        Ok(Exit::Done)
    }

    fn find(&self) -> Result<Template, TemplateError> {
        let user = Templates::user_directory(|name| std::env::var_os(name));
        let templates = Templates::open(self.templates.as_deref(), user.as_deref())?;
        let path = Path::new(&self.template);
        if templates.origin(&self.template).is_some() || !path.is_file() {
            return templates.get(&self.template);
        }
        let text = fs::read_to_string(path).map_err(|error| TemplateError {
            template: self.template.clone(),
            line: None,
            message: format!("cannot read it: {error}"),
            hint: None,
        })?;
        match self.template.strip_suffix(".template") {
            Some(name) => Template::dollar(&self.template, &text, DollarForm::of(name)),
            None => Template::handlebars(&self.template, &text, &templates),
        }
    }

    /// Refuses user data that does not work or gives a secret away; tells of the rest.
    fn check(&self, context: &Context, text: &str) -> Result<(), CommandError> {
        let options =
            LintOptions { allowed_secrets: self.allow_secrets.iter().cloned().collect(), ..LintOptions::default() };
        let lint = lint(text.as_bytes(), &options);
        if lint.worst().is_some() {
            user_data_human(&self.template, &lint, context.message_style).lines().for_each(|line| context.say(line));
        }
        match lint.worst() {
            Some(Severity::Error) => {
                Err(CommandError::new(format!("what {} renders to is wrong; nothing was written", self.template)))
            }
            _ => Ok(()),
        }
    }
}

fn refused(error: TemplateError) -> CommandError {
    let TemplateError { hint, .. } = error.clone();
    let plain = CommandError::new(TemplateError { hint: None, ..error }.to_string());
    hint.into_iter().fold(plain, CommandError::hint)
}

/// Writes a file that was not there; what fails half-way leaves none.
fn write_new(file: &Path, text: &str) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| {
        let error = CommandError::new(format!("cannot write {}: {error}", file.display()));
        error.hint("name a file that does not exist, in a directory that does")
    };
    let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    written.write_all(text.as_bytes()).and_then(|()| written.sync_all()).map_err(|error| {
        // It is ours, and incomplete.
        let _ = fs::remove_file(file);
        failed(error)
    })
}
