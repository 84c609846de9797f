//! Rendering, merging and checking of templates.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{store, values};
use crate::app::{CommandError, Operation};
use crate::compat::Provider;
use crate::diagnostics::Severity;
use crate::plan::{Bucket, MAX_TEXT, read_text_file};
use crate::template::{DollarForm, Template, TemplateError, TemplateOrigin, Templates, Values};
use crate::user_data::{CombineMode, LintOptions, PartKind, UserDataSource, combine, fits, lint};

/// Request to render user data.
pub(crate) struct RenderRequest<'a> {
    /// Names or files of templates.
    pub(crate) names: &'a [String],
    /// Whether several cloud-configs are merged into one.
    pub(crate) merge: bool,
    /// Bucket for user data that is too large for an instance.
    pub(crate) bucket: Option<&'a Bucket>,
    /// Values given directly, as text.
    pub(crate) values: &'a [(String, String)],
    /// Files of values.
    pub(crate) value_files: &'a [PathBuf],
    /// Notation of the launch request that the user data is put into, whose other values are among those given.
    pub(crate) notation: Option<Provider>,
    /// Directory of templates that take precedence over others.
    pub(crate) templates: Option<&'a Path>,
    /// Allowed findings in the user data.
    pub(crate) lint: LintOptions,
}

/// Renders, merges and checks user data, and stores it if too large; returns the bytes to give to an instance.
///
/// # Errors
/// A template or a value is wrong, the parts cannot be merged, or the result would not work.
pub(crate) async fn render(op: Operation<'_>, request: RenderRequest<'_>) -> Result<Vec<u8>, CommandError> {
    let mut values = values::read(request.value_files, request.values)?;
    let templates = Templates::of_user(request.templates)?;
    let found: Vec<(&str, Template)> = request
        .names
        .iter()
        .map(|name| Ok((name.as_str(), find(&templates, name)?)))
        .collect::<Result<_, TemplateError>>()?;
    let notation = request.notation.map(Provider::template);
    let around = notation.map(|name| Ok::<_, TemplateError>((name, templates.get(name)?))).transpose()?;
    let named: Vec<(&str, &Template)> = found.iter().map(|(name, template)| (*name, template)).collect();
    let all: Vec<(&str, &Template)> =
        named.iter().copied().chain(around.iter().map(|(name, template)| (*name, template))).collect();
    Template::check_taken(&all, &values)?;
    let carried = |name: &&str| matches!(templates.origin(name), Some(TemplateOrigin::BuiltIn(_)));
    if named.iter().any(|(name, _)| carried(name)) {
        values::call_system_by_its_word(&mut values);
    }
    check_given(&templates, &all, &values)?;
    let mut pieces = Vec::new();
    for (name, template) in named {
        let text = template.render(&values)?;
        for place in template.unguarded() {
            let message = format!("template {name}, line {}: {} is put down as it is", place.line, place.name);
            op.user
                .tell(&format!("{message}; {{{{json …}}}}, {{{{yaml …}}}} or {{{{shell …}}}} keep it where it stands"));
        }
        pieces.push(UserDataSource { name: name.to_owned(), content: text.into_bytes() });
    }
    let what = request.names.join(" + ");
    let together = if request.merge { CombineMode::Merged } else { CombineMode::Parts };
    let data = combine(&pieces, together).map_err(|wrong| {
        wrong.0.iter().for_each(|diagnostic| op.user.say(&diagnostic.to_string()));
        CommandError::new(format!("{what} cannot be put together; nothing was written"))
    })?;
    let kind = PartKind::of(&data);
    if !matches!(kind, PartKind::Foreign(_)) {
        check(op, &request, &what, &data)?;
    }
    let data = match request.bucket.filter(|_| !fits(&data, kind.is_combinable())) {
        Some(bucket) => store::store(op, bucket, &data).await?,
        None => data,
    };
    match around {
        Some((_, template)) => launch_request(&template, values, &data),
        None => Ok(data),
    }
}

/// Puts user data into a launch request.
fn launch_request(template: &Template, mut values: Values, data: &[u8]) -> Result<Vec<u8>, CommandError> {
    values.insert("user_data_base64".to_owned(), json!(STANDARD.encode(data)));
    // Google's body takes a text.
    if let Ok(text) = std::str::from_utf8(data) {
        values.insert("user_data".to_owned(), json!(text));
    }
    Ok(template.render(&values)?.into_bytes())
}

/// Refuses user data that does not work or discloses a secret; shows the other findings.
fn check(op: Operation<'_>, request: &RenderRequest<'_>, what: &str, data: &[u8]) -> Result<(), CommandError> {
    let mut lint = lint(data, &request.lint);
    // Too large user data will be stored.
    lint.findings.retain(|finding| request.bucket.is_none() || finding.check != "size");
    if lint.worst().is_some() {
        op.user.show_lint(what, &lint);
    }
    match lint.worst() {
        Some(Severity::Error) => {
            Err(CommandError::new(format!("what {what} renders to is wrong; nothing was written")))
        }
        _ => Ok(()),
    }
}

/// Refuses templates that lack values, naming all of these. A value missing only from a user's own template may be a
/// typo there, which rendering reports with its line.
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
