//! `hoist elastic record`

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};
use clap_complete::engine::ArgValueCompleter;

use super::fleet_arg::parse_name;
use crate::app::elastic::{RecordFrom, Recorded, Recording, record, record_source};
use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::completions::fleet_names;
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::plan::parse_duration;
use crate::report::{RecordedDocument, count};

/// Keep what a fleet's queue and pool show over time, for `hoist elastic simulate`
///
/// Reads the fleet's own sources, as often as you say, and appends a line to the file each time. Nothing is locked,
/// launched or changed; the scaler may run beside it. Ends after --for, or with Ctrl-C.
///
/// Jobs that come and start between two readings are not seen, so short intervals show more.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("from").required(true).args(["name", "config"])))]
pub(in crate::cli) struct Record {
    /// The fleet's name
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(fleet_names))]
    name: Option<String>,

    /// The file of a fleet that need not exist yet
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    config: Option<PathBuf>,

    /// The file that gets the readings; one that has some is continued
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    to: PathBuf,

    /// How long, such as 1h [default: until Ctrl-C]
    #[arg(long = "for", value_name = "TIME", value_parser = parse_duration)]
    length: Option<Duration>,

    /// Time from one reading to the next
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = interval)]
    every: Duration,
}

/// Parses the time between readings.
fn interval(text: &str) -> Result<Duration, String> {
    let interval = parse_duration(text).map_err(|error| error.to_string())?;
    if interval < Duration::from_secs(1) {
        return Err("readings are at least a second apart".to_owned());
    }
    Ok(interval)
}

impl Record {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let from = match (&self.name, &self.config) {
            (Some(name), _) => RecordFrom::Fleet(parse_name(name)?),
            (None, config) => RecordFrom::Config(config.clone().unwrap_or_default()),
        };
        let source = record_source(context.operation(), &from)?;
        let recording = Recording { output: self.to.clone(), length: self.length, every: self.every };
        context.tell(&format!("recording {} into {}", source.label(), recording.output.display()));
        let user = context.operation().user;
        let Recorded { readings, failed } = block_on(record(user, &*source, &recording))??;
        if context.wants_json() {
            context.print_json(&RecordedDocument::new(&recording.output, readings, failed))?;
        } else {
            let failures = if failed > 0 { format!(", {failed} of which failed in part") } else { String::new() };
            let file = recording.output.display();
            let kept = count(readings, "reading");
            context.tell(&format!("{kept}{failures}; `hoist elastic simulate {file}` replays them"));
        }
        Ok(if readings > 0 && failed == readings { Exit::Failed } else { Exit::Done })
    }
}
