//! `hoist userdata render`

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Allow;
use crate::app::userdata::{RenderRequest, render};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::name_value::name_value;
use crate::cli::notation::Notation;
use crate::cli::runtime::block_on;
use crate::plan::Bucket;

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

    /// Write a launch request with the user data in it: EC2's launch specification, or the body of Google's
    /// instances.insert; --var image=… and others say the rest
    #[arg(long, value_name = "NOTATION")]
    spec: Option<Notation>,

    /// Set a value; may be given more than once
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = name_value)]
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
        let request = RenderRequest {
            names: &self.names,
            merge: self.merge,
            bucket: self.bucket.as_ref(),
            notation: self.spec.map(Notation::provider),
            values: &self.vars,
            value_files: &self.var_files,
            templates: self.templates.as_deref(),
            lint: self.allow.options(),
        };
        let data = block_on(render(context.operation(), request))??;
        match &self.out {
            None => context.print(&String::from_utf8_lossy(&data))?,
            Some(file) => {
                write_new(file, &data)?;
                context.tell(&format!("wrote {} ({} bytes)", file.display(), data.len()));
            }
        }
        Ok(Exit::Done)
    }
}

/// Writes a new file, and removes it if writing fails.
fn write_new(file: &Path, data: &[u8]) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| {
        let error = CommandError::new(format!("cannot write {}: {error}", file.display()));
        error.hint("name a file that does not exist, in a directory that does")
    };
    let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    written.write_all(data).and_then(|()| written.sync_all()).map_err(|error| {
        // The file is ours, and incomplete.
        let _ = fs::remove_file(file);
        failed(error)
    })
}
