//! Options for all questions of the wizard.

use clap::error::Error;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, ValueHint};
use clap_complete::engine::ArgValueCompleter;

use crate::cli::completions::system_names;
use crate::cli::context::Context;
use crate::wizard::{Draft, Origin, Question};

/// Answers given on the command line. They are validated by the wizard, which reports all errors at once.
#[derive(Clone, Debug, Default)]
pub(super) struct AnswerOptions(Vec<(Question, String)>);

/// Questions answered by global options.
const GLOBAL: [Question; 2] = [Question::Region, Question::Endpoint];

impl AnswerOptions {
    /// Adds the answers to a draft.
    pub(super) fn answer(&self, draft: &mut Draft, context: &Context) {
        let global = [
            (Question::Region, &context.workspace.clouds.region),
            (Question::Endpoint, &context.workspace.clouds.endpoint_url),
        ];
        let global = global.into_iter().filter_map(|(question, text)| Some((question, text.clone()?)));
        for (question, text) in self.0.iter().cloned().chain(global) {
            draft.put(question, text, Origin::Option);
        }
    }
}

impl FromArgMatches for AnswerOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = own().filter_map(|question| Some((question, matches.get_one::<String>(question.key())?.clone())));
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for AnswerOptions {
    fn augment_args(command: Command) -> Command {
        command.args(own().map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn own() -> impl Iterator<Item = Question> {
    Question::ALL.into_iter().filter(|question| !GLOBAL.contains(question))
}

fn argument(question: Question) -> Arg {
    let words = question.words();
    let argument = Arg::new(words.key)
        .long(question.option())
        .value_name(words.value_name)
        .help(words.about)
        .long_help(format!("{}\n\n{}", words.about, words.help))
        .help_heading("Answers")
        .allow_hyphen_values(true);
    match question {
        Question::Docker => argument.num_args(0..=1).require_equals(true).default_missing_value("true"),
        Question::Os => argument.add(ArgValueCompleter::new(system_names)),
        Question::KeyFile | Question::PasswordFile => argument.value_hint(ValueHint::FilePath),
        _ => argument,
    }
}
