//! Answers known before the dialogue: from options, files and the environment.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::options::AnswerOptions;
use crate::app::{Clouds, CommandError, Interaction as _};
use crate::cli::context::Context;
use crate::compat::{ecm_conf_in, read_ecm_conf};
use crate::plan::read_file;
use crate::wizard::{Draft, DraftEnvironment, OwnProgram, ParsedFile, read_answers};

/// Maximum size in bytes of an answers file, far above the need of all questions.
const READ_LIMIT: u64 = 1024 * 1024;

/// Creates the draft from options and files: options take precedence over the answers file, and that over `ecm.conf`.
pub(super) fn draft(
    context: &Context,
    options: &AnswerOptions,
    answers_file: Option<&Path>,
    ecm_conf: Option<&Path>,
) -> Result<Draft, CommandError> {
    let here = surroundings(context)?;
    let ecm = ecm_conf_in(Path::new(""));
    let mut draft = Draft::new(here);
    let ecm = match ecm_conf {
        Some(file) => Some((file.to_owned(), read(file)?)),
        None => match read(&ecm) {
            Ok(bytes) => Some((ecm, bytes)),
            Err(_) if !ecm.exists() => None,
            Err(error) => return Err(error),
        },
    };
    if let Some((file, bytes)) = ecm {
        context.tell(&format!("answers from {}", file.display()));
        add(&mut draft, read_ecm_conf(&bytes, &file));
    }
    if let Some(file) = answers_file {
        add(&mut draft, read_answers(&read(file)?, file));
    }
    options.answer(&mut draft, context);
    Ok(draft)
}

fn add(draft: &mut Draft, reading: ParsedFile) {
    draft.add(reading);
}

fn read(file: &Path) -> Result<Vec<u8>, CommandError> {
    let failed = |error: std::io::Error| {
        let plain = CommandError::new(format!("cannot read the answers in {}: {error}", file.display()));
        match error.kind() {
            ErrorKind::NotFound => plain.hint("name a file that exists, or leave the option out to be asked"),
            _ => plain,
        }
    };
    read_file(file, READ_LIMIT).map_err(failed)
}

fn surroundings(context: &Context) -> Result<DraftEnvironment, CommandError> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let directory = std::env::current_dir()
        .map_err(|error| CommandError::new(format!("cannot find the current directory: {error}")))?;
    Ok(DraftEnvironment {
        directory,
        home: std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute()),
        ec2_url: set("EC2_URL"),
        endpoint: set("AWS_ENDPOINT_URL_EC2").or_else(|| set("AWS_ENDPOINT_URL")),
        region: set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION")),
        has_ec2: Clouds::new(&context.workspace)?
            .provider(&context.workspace.clouds.ec2_config())
            .is_ok_and(|ec2| ec2.is_configured()),
        program: std::env::current_exe().and_then(|program| OwnProgram::of_file(&program)).ok(),
        now: Timestamp::now(),
    })
}
