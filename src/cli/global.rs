//! Options common to all commands.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

/// Options that every command takes.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// Tell more; twice tells everything
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,

    /// Tell only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// How data is written to standard output
    #[arg(short, long, global = true, value_enum, default_value_t = Output::Human, value_name = "FORMAT")]
    pub(super) output: Output,

    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(super) color: Color,

    /// Take every question as answered with yes
    #[arg(short = 'y', long, global = true)]
    pub(super) yes: bool,

    /// Never ask; fail where an answer would be needed, but for `plan reload`, `repair`, `reboot` and `terminate`,
    /// which act
    #[arg(long, global = true)]
    pub(super) no_input: bool,

    // The variable is read elsewhere: an empty one is as none, which here would be an error.
    /// The state file [env: HOIST_STATE] [default: $XDG_STATE_HOME/hoist/hoist.db]
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(super) state: Option<PathBuf>,

    /// The profile that holds the cloud's credentials, instead of the plan's
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) profile: Option<String>,

    /// The cloud's region, instead of the plan's
    #[arg(long, global = true, value_name = "REGION")]
    pub(super) region: Option<String>,

    /// The cloud API's address, instead of the plan's
    #[arg(long, global = true, value_name = "URL")]
    pub(super) endpoint_url: Option<String>,
}

/// How data is written to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people
    Human,
    /// One JSON document
    Json,
    /// One JSON document a line, as things happen
    Jsonl,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
