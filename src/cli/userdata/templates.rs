//! `hoist userdata templates`

use std::path::PathBuf;

use clap::Args;

use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::report::{ListedTemplate, TemplateDocument, TemplatesDocument, VariableView, table};
use crate::template::{About, TemplateOrigin, Templates};

/// List the templates that there are, or what one of them takes
///
/// Those that hoist carries, and yours in $XDG_CONFIG_HOME/hoist/templates, which outrank them.
#[derive(Args, Debug)]
pub(in crate::cli) struct ListTemplates {
    /// The template whose variables are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// A directory of templates, which outrank others of the same names
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    templates: Option<PathBuf>,
}

impl ListTemplates {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let templates = Templates::of_user(self.templates.as_deref())?;
        match &self.name {
            Some(name) => one(context, name, &templates)?,
            None => all(context, &templates)?,
        }
        Ok(Exit::Done)
    }
}

fn one(context: &Context, name: &str, templates: &Templates) -> Result<(), crate::app::CommandError> {
    let about = templates.about(name)?;
    if context.wants_json() {
        let variables = about.variables.iter().map(|it| VariableView { name: &it.name, about: &it.about }).collect();
        return context.print_json(&TemplateDocument::new(name, &about.purpose, file_of(name, templates), variables));
    }
    let mut text = format!("{}: {}\n", context.style.bold(name), or(&about.purpose, "it says nothing of itself"));
    if about.variables.is_empty() {
        text.push_str("  it takes no variables\n");
    }
    let rows: Vec<_> =
        about.variables.iter().map(|it| vec![it.name.as_str().into(), it.about.as_str().into()]).collect();
    text.push_str(&table(2, &rows));
    context.print(&text)
}

fn all(context: &Context, templates: &Templates) -> Result<(), crate::app::CommandError> {
    // Partials are parts of other templates.
    let names = templates.names().filter(|name| !name.starts_with("partials/"));
    // A broken template must not hide the others.
    let listed: Vec<(&str, Result<About, String>)> =
        names.map(|name| (name, templates.about(name).map_err(|error| error.to_string()))).collect();
    if context.wants_json() {
        let listed = listed.iter().map(|(name, about)| match about {
            Ok(about) => ListedTemplate::Readable {
                name,
                about: &about.purpose,
                file: file_of(name, templates),
                variables: about.variables.iter().map(|it| it.name.as_str()).collect(),
            },
            Err(error) => ListedTemplate::Broken { name, error },
        });
        return context.print_json(&TemplatesDocument::new(listed.collect()));
    }
    let purpose = |about: &Result<About, String>| match about {
        Ok(about) => first_sentence(&about.purpose).to_owned(),
        Err(error) => error.lines().next().unwrap_or_default().to_owned(),
    };
    let rows: Vec<_> = listed.iter().map(|(name, about)| vec![(*name).into(), purpose(about).into()]).collect();
    context.print(&table(0, &rows))?;
    context.tell("  hoist userdata templates NAME  lists what one takes");
    Ok(())
}

/// Returns the file of the template, unless it is built in.
fn file_of(name: &str, templates: &Templates) -> Option<String> {
    match templates.origin(name) {
        Some(TemplateOrigin::File(path)) => Some(path.display().to_string()),
        _ => None,
    }
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}
