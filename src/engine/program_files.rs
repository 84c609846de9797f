//! The files of a program on its host: the program, its configuration, and the configuration for shells.

use std::path::Path;

use super::failure::{Failure, Stage};
use super::run::Run;
use super::secrets::Secrets;
use crate::plan::{
    Attributes, DollarTemplate, MAX_PROGRAM, Program, ProgramKind, Service, SourceFile, boot_env, fill_json,
    is_json_config, read_file,
};
use crate::provider::{Content, StageFile};

/// Returns the files of a program that is called `name`, the program first; fills the configuration with the values of
/// the service at `position`.
pub(super) fn program_files(
    run: &Run,
    position: usize,
    kind: ProgramKind,
    program: &Program,
    name: &str,
    secrets: &Secrets,
) -> Result<Vec<StageFile>, Failure> {
    let stage = Stage::from(kind);
    let mut files = vec![StageFile { name: name.to_owned(), content: sent(&program.file.path, stage)?, mode: 0o755 }];
    if let Some(config) = &program.config {
        let filled = filled(run, run.service(position), config, stage, secrets)?;
        // Other users of the host may read it, unless it contains a secret.
        let mode = if secrets.mask().text(&filled) == filled && !names_a_secret(&filled) { 0o644 } else { 0o600 };
        // A config other than a JSON object has no bootenv.sh, as in cloudinit.d.
        if let Ok(env) = boot_env(&filled) {
            let content = Content::Bytes(env.script.into_bytes());
            files.push(StageFile { name: "bootenv.sh".to_owned(), content, mode });
        }
        let content = Content::Bytes(filled.into_bytes());
        files.push(StageFile { name: "bootconf.json".to_owned(), content, mode });
    }
    Ok(files)
}

/// Returns the configuration with its values.
fn filled(
    run: &Run,
    service: &Service,
    config: &SourceFile,
    stage: Stage,
    secrets: &Secrets,
) -> Result<String, Failure> {
    let fail = |reason: String| Failure::new(stage, reason);
    let values = Attributes::new(run.index(), run).all(&service.name).map_err(|error| fail(error.to_string()))?;
    let text = String::from_utf8(read(&config.path, stage)?)
        .map_err(|_| fail(format!("the config template {} is not UTF-8", config.path.display())))?;
    let value_of = |name: &str| {
        let secret = service.secrets.get(name).and_then(|source| secrets.get(source));
        secret.or_else(|| values.get(name).map(String::as_str))
    };
    DollarTemplate::parse(&text)
        .and_then(|template| match is_json_config(&config.path) {
            true => fill_json(&template, run.plan.notation(), value_of),
            false => template.fill(value_of),
        })
        .map_err(|error| {
            let reason = format!("{}:{}: {}", config.path.display(), error.line, error.message);
            fail(secrets.mask_for([service]).said(&reason))
        })
}

/// Whether a configuration mentions something that others should not read, though it is not declared as a secret.
fn names_a_secret(text: &str) -> bool {
    let text = text.to_lowercase();
    ["passw", "passphrase", "secret", "token", "credential", "private", "api_key", "apikey", "access_key"]
        .into_iter()
        .any(|word| text.contains(word))
}

/// Returns the file's content, which is read when it is sent, since it may be large. Checks now that it is readable.
fn sent(path: &Path, stage: Stage) -> Result<Content, Failure> {
    let content = Content::File(path.to_owned());
    content.open().map_err(|error| unreadable(path, stage, &error))?;
    Ok(content)
}

fn read(path: &Path, stage: Stage) -> Result<Vec<u8>, Failure> {
    read_file(path, MAX_PROGRAM).map_err(|error| unreadable(path, stage, &error))
}

fn unreadable(path: &Path, stage: Stage, error: &std::io::Error) -> Failure {
    Failure::new(stage, format!("cannot read {}: {error}", path.display()))
        .hint(Some("a run reads its programs from the plan's folder; put the file back"))
}
