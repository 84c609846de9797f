//! `hoist userdata render`

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Allow;
use super::store;
use super::values::{self, variable};
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::diagnostics::{Diagnostics, Severity};
use crate::plan::{Bucket, MAX_TEXT, read_text_file};
use crate::report::user_data_human;
use crate::template::{DollarForm, Template, TemplateError, TemplateOrigin, Templates, Values};
use crate::user_data::{CombineMode, PartKind, UserDataSource, combine, fits, lint};

/// Render templates, put them together, and check what comes of it
///
/// A template is one by name (those that hoist carries, yours in $XDG_CONFIG_HOME/hoist/templates, those of
/// --templates), or a file: handlebars, or with $name where its name ends in .template. A name without a value is an
/// error, and so is a value that none of the templates takes; `hoist userdata templates NAME` lists what one takes.
///
/// Several become the parts of one message, in the order given; with --merge, their cloud-configs become one.
///
/// What is user data is checked as `hoist userdata lint` does, and written only where nothing is wrong with it. What
/// has more than the 16 KB that EC2 takes, compressed, is refused, or with --bucket stored there; what is written then
/// fetches it when a machine starts, and uses nothing of it unless its SHA-256 is right.
#[derive(Args, Debug)]
pub(in crate::cli) struct Render {
    /// Templates, each by its name or as a file
    #[arg(value_name = "TEMPLATE", required = true, value_hint = clap::ValueHint::FilePath)]
    names: Vec<String>,

    /// Make one cloud-config of several: lists are appended, mappings merged, and a value that two of them set
    /// differently is an error
    #[arg(long)]
    merge: bool,

    /// Store what is too large for a machine in this bucket, and write what fetches it
    #[arg(long, value_name = "s3://BUCKET/PREFIX")]
    bucket: Option<Bucket>,

    /// Set a value; may be given more than once
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    vars: Vec<(String, String)>,

    /// Read values from a file: TOML, YAML or JSON by the end of its name; later files outrank earlier ones, --var all
    /// of them
    #[arg(long = "var-file", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    var_files: Vec<PathBuf>,

    /// A directory of templates, which outrank others of the same names
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    templates: Option<PathBuf>,

    /// Write to this new file, which only you can read, instead of standard output
    #[arg(short = 'O', long = "out", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: Option<PathBuf>,

    #[command(flatten)]
    allow: Allow,
}

impl Render {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let mut values = values::read(&self.var_files, &self.vars)?;
        let templates = Templates::of_user(self.templates.as_deref())?;
        let mut pieces = Vec::new();
        let found: Vec<(&str, Template)> = self
            .names
            .iter()
            .map(|name| Ok::<_, TemplateError>((name.as_str(), find(&templates, name)?)))
            .collect::<Result<_, _>>()?;
        let named: Vec<(&str, &Template)> = found.iter().map(|(name, template)| (*name, template)).collect();
        Template::check_taken(&named, &values)?;
        let carried = |name: &&str| matches!(templates.origin(name), Some(TemplateOrigin::BuiltIn(_)));
        if named.iter().any(|(name, _)| carried(name)) {
            values::call_system_by_its_word(&mut values);
        }
        check_given(&templates, &named, &values)?;
        for (name, template) in named {
            let text = template.render(&values)?;
            for place in template.unguarded() {
                let message = format!("template {name}, line {}: {} is put down as it is", place.line, place.name);
                context.tell(&format!(
                    "{message}; {{{{json …}}}}, {{{{yaml …}}}} or {{{{shell …}}}} keep it where it stands"
                ));
            }
            pieces.push(UserDataSource { name: name.to_owned(), content: text.into_bytes() });
        }
        let together = if self.merge { CombineMode::Merged } else { CombineMode::Parts };
        let mut data = combine(&pieces, together).map_err(|wrong| self.not_together(context, &wrong))?;
        let kind = PartKind::of(&data);
        if !matches!(kind, PartKind::Foreign(_)) {
            self.check(context, &data)?;
        }
        if let Some(bucket) = self.bucket.as_ref().filter(|_| !fits(&data, kind.is_combinable())) {
            data = store::store(context, bucket, &data)?;
        }
        match &self.out {
            None => context.print(&String::from_utf8_lossy(&data))?,
            Some(file) => {
                write_new(file, &data)?;
                context.tell(&format!("wrote {} ({} bytes)", file.display(), data.len()));
            }
        }
        Ok(Exit::Done)
    }

    /// What is rendered, in messages.
    fn what(&self) -> String {
        self.names.join(" + ")
    }

    fn not_together(&self, context: &Context, wrong: &Diagnostics) -> CommandError {
        wrong.0.iter().for_each(|diagnostic| context.say(&diagnostic.to_string()));
        CommandError::new(format!("{} cannot be put together; nothing was written", self.what()))
    }

    /// Refuses user data that does not work or gives a secret away; tells of the rest.
    fn check(&self, context: &Context, data: &[u8]) -> Result<(), CommandError> {
        let mut lint = lint(data, &self.allow.options());
        // What is too large is stored.
        lint.findings.retain(|finding| self.bucket.is_none() || finding.check != "size");
        if lint.worst().is_some() {
            user_data_human(&self.what(), &lint, context.message_style).lines().for_each(|line| context.say(line));
        }
        match lint.worst() {
            Some(Severity::Error) => {
                Err(CommandError::new(format!("what {} renders to is wrong; nothing was written", self.what())))
            }
            _ => Ok(()),
        }
    }
}

/// Refuses templates that lack values, and names all that do. What a template of the user's lacks alone is perhaps a
/// slip in it: rendering tells its line.
fn check_given(templates: &Templates, named: &[(&str, &Template)], values: &Values) -> Result<(), CommandError> {
    let lacking = named.iter().map(|(name, template)| (*name, template.missing(values)));
    let least = |name: &str| if matches!(templates.origin(name), Some(TemplateOrigin::BuiltIn(_))) { 1 } else { 2 };
    let lacking: Vec<(&str, Vec<String>)> = lacking.filter(|(name, missing)| missing.len() >= least(name)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let told = lacking.iter().map(|(name, missing)| format!("template {name} has no value for {}", missing.join(", ")));
    let error = CommandError::new(told.collect::<Vec<_>>().join("; "))
        .hint("--var NAME=VALUE gives one that is a text, --var-file FILE any");
    let listed = lacking.iter().filter(|(name, _)| templates.origin(name).is_some());
    Err(listed.fold(error, |error, (name, _)| {
        error.hint(format!("`hoist userdata templates {name}` tells what each of them is"))
    }))
}

fn find(templates: &Templates, name: &str) -> Result<Template, TemplateError> {
    let path = Path::new(name);
    if templates.origin(name).is_some() || !path.exists() {
        return templates.get(name);
    }
    let text = read_text_file(path, MAX_TEXT)
        .map_err(|error| TemplateError::new(name, None, format!("cannot read it: {error}")))?;
    match name.strip_suffix(".template") {
        Some(short) => Template::dollar(name, &text, DollarForm::of(short)),
        None => Template::handlebars(name, &text, templates),
    }
}

/// Writes a file that was not there; what fails half-way leaves none.
fn write_new(file: &Path, data: &[u8]) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| {
        let error = CommandError::new(format!("cannot write {}: {error}", file.display()));
        error.hint("name a file that does not exist, in a directory that does")
    };
    let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    written.write_all(data).and_then(|()| written.sync_all()).map_err(|error| {
        // It is ours, and incomplete.
        let _ = fs::remove_file(file);
        failed(error)
    })
}
