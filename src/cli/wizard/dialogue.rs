//! The dialogue of the wizard.

use super::catalog::CatalogHandle;
use super::messages::{summary, tell_problem};
use super::prompts::{PromptReply, Prompts};
use crate::app::wizard::OutputFiles;
use crate::app::{CommandError, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::wizard::{AnswerProblem, AnswerValue, CatalogCache, Choices, Draft, Interview, Question, ValidatedAnswers};

/// Display of an empty answer.
const NONE: &str = "none";

/// Dialogue that collects the answers.
pub(super) struct Dialogue<'a> {
    pub(super) context: &'a Context,
    pub(super) prompts: &'a Prompts,
    pub(super) door: &'a CatalogHandle,
    pub(super) files: &'a OutputFiles<'a>,
    pub(super) interview: Interview,
}

impl<'a> Dialogue<'a> {
    /// Begins the dialogue, and reports errors in the known answers.
    pub(super) fn begin(
        context: &'a Context,
        prompts: &'a Prompts,
        door: &'a CatalogHandle,
        files: &'a OutputFiles<'a>,
        draft: Draft,
    ) -> Self {
        draft.warnings().iter().for_each(|warning| context.say(&format!("note: {warning}")));
        let (interview, wrong) = Interview::new(draft);
        wrong.iter().for_each(|problem| tell_problem(context, problem));
        context.say(
            "Enter takes what is offered; ? explains, < goes back (in a list also Esc), Ctrl-C ends without a trace.",
        );
        context.say("In a list, type a part of what you look for.");
        Self { context, prompts, door, files, interview }
    }

    /// Asks until all questions are answered and the summary is confirmed.
    pub(super) fn finish(mut self) -> Result<(ValidatedAnswers, Draft), CommandError> {
        loop {
            while let Some(question) = self.next() {
                self.ask(question)?;
            }
            let whole = match self.interview.draft().whole() {
                Ok(whole) => whole,
                Err(problems) => {
                    self.take_back(&problems)?;
                    continue;
                }
            };
            if !self.agrees_with_the_cloud(&whole)? {
                continue;
            }
            self.context.say(&summary(&whole, self.interview.draft(), self.context.message_style));
            if self.context.yes {
                return Ok((whole, self.interview.draft().clone()));
            }
            match self.prompts.menu("Is this right?", &["yes, write the files", "change an answer", "quit"])? {
                Some(0) => return Ok((whole, self.interview.draft().clone())),
                Some(1) | None => self.change()?,
                Some(_) => return Err(CommandError::with_exit(Exit::Failed, "quit; nothing was written")),
            }
        }
    }

    fn next(&mut self) -> Option<Question> {
        let next = self.interview.next();
        if next == Some(Question::Region) {
            self.door.find_region(self.interview.draft_mut());
        }
        next
    }

    /// Asks one question until it is answered or the user goes back.
    fn ask(&mut self, question: Question) -> Result<(), CommandError> {
        let offers = self.door.offers(self.interview.draft());
        let choices = self.choices(question, offers.as_deref());
        let prompt = self.prompt(question, offers.as_deref());
        loop {
            let said = self.put(question, &prompt, &choices)?;
            let text = match said {
                PromptReply::Help => {
                    self.help(question);
                    continue;
                }
                PromptReply::Back if self.interview.back() => return Ok(()),
                PromptReply::Back => {
                    self.context.say("  this is the first question");
                    continue;
                }
                PromptReply::Text(text) => text,
                PromptReply::Choice(place) => {
                    choices.list.get(place).map(|choice| choice.text.clone()).unwrap_or_default()
                }
            };
            match self.accept(question, &text, offers.as_deref()) {
                Ok(()) => return Ok(()),
                Err(problem) => tell_problem(self.context, &problem),
            }
        }
    }

    /// Shows a question once.
    fn put(&self, question: Question, prompt: &str, choices: &Choices) -> Result<PromptReply, CommandError> {
        let offer = self.interview.offer(question);
        let offer = offer.map(|text| if question.is_none(&text) { NONE.to_owned() } else { text });
        if choices.list.is_empty() && choices.other.is_none() {
            return self.prompts.line(prompt, offer.as_deref());
        }
        // The default comes first in the list; one that is not in the list can be typed.
        let mut order: Vec<usize> = (0..choices.list.len()).collect();
        order.sort_by_key(|place| choices.list.get(*place).map(|choice| Some(&choice.text) != offer.as_ref()));
        let mut labels: Vec<String> =
            order.iter().filter_map(|place| choices.list.get(*place)).map(|choice| choice.label.clone()).collect();
        labels.extend(choices.other.map(str::to_owned));
        let picked = match choices.is_open {
            true => self.prompts.pick_or_type(prompt, &labels)?,
            false => self.prompts.pick(prompt, &labels)?,
        };
        match picked {
            PromptReply::Choice(place) => match order.get(place) {
                Some(place) => Ok(PromptReply::Choice(*place)),
                // Back leads from typing to the list.
                None => match self.prompts.line(question.words().prompt, offer.as_deref())? {
                    PromptReply::Back => self.put(question, prompt, choices),
                    said => Ok(said),
                },
            },
            said => Ok(said),
        }
    }

    fn accept(&mut self, question: Question, text: &str, offers: Option<&CatalogCache>) -> Result<(), AnswerProblem> {
        let draft = self.interview.draft();
        let value = draft.try_text(question, text)?;
        if let (Some(offers), true) = (offers, value != AnswerValue::Nothing) {
            match self.door.wait(offers.judge(draft, question, &value.to_string())) {
                Ok(verdict) => {
                    if let Some(wrong) = verdict.wrong {
                        return Err(AnswerProblem::wrong(question, &crate::wizard::Origin::Typed, wrong));
                    }
                    verdict.warning.iter().for_each(|warning| self.context.say(&format!("  note: {warning}")));
                }
                // The answers are checked again before anything is written.
                Err(error) => self.context.say(&format!("  note: this could not be checked: {}", error.message)),
            }
        }
        self.interview.answer(question, text).map(drop)
    }

    fn choices(&self, question: Question, offers: Option<&CatalogCache>) -> Choices {
        let Some(offers) = offers else { return Choices::fixed(question) };
        match self.door.wait(Choices::of(question, self.interview.draft(), offers)) {
            Ok(choices) => choices,
            Err(error) => {
                self.context.say(&format!("  note: {}; type the answer", error.message));
                error.hint.iter().for_each(|hint| self.context.say(&format!("  try: {hint}")));
                Choices::fixed(question)
            }
        }
    }

    /// Returns the text of the question, with helpful facts from the cloud.
    fn prompt(&self, question: Question, offers: Option<&CatalogCache>) -> String {
        let prompt = question.words().prompt;
        let worker = self.interview.draft().text(Question::WorkerType);
        let (Question::JobsPerWorker, Some(offers), Some(worker)) = (question, offers, worker) else {
            return prompt.to_owned();
        };
        match self.door.wait(offers.type_named(&worker)) {
            Ok(Some(known)) => format!("{prompt} (cpus of a {worker}: {})", known.cpus),
            _ => prompt.to_owned(),
        }
    }

    fn help(&self, question: Question) {
        let words = question.words();
        self.context.say(&format!("  {}. {}", words.about, words.help));
        let choices = question.choices();
        if !choices.is_empty() {
            self.context.say(&format!("  Answers: {}.", choices.join(", ")));
        }
        self.context.say(&format!("  Option: --{} {}", question.option(), words.value_name));
    }

    /// Returns whether the cloud accepts the answers; rejected ones are asked again.
    fn agrees_with_the_cloud(&mut self, whole: &ValidatedAnswers) -> Result<bool, CommandError> {
        match self.door.check(self.interview.draft()) {
            Ok((problems, warnings)) => {
                warnings.iter().for_each(|warning| self.context.say(&format!("note: {warning}")));
                if problems.is_empty() {
                    return Ok(true);
                }
                self.take_back(&problems).map(|()| false)
            }
            Err(error) => {
                self.context.say(&format!("the answers cannot be held against the cloud: {}", error.message));
                error.hint.iter().for_each(|hint| self.context.say(&format!("  try: {hint}")));
                if self.prompts.confirm("Go on without that?")? {
                    return Ok(true);
                }
                let error = CommandError::from(error).hint("--offline writes the files without asking the cloud");
                Err(self.files.keeping(whole, error))
            }
        }
    }

    /// Reports problems, and reopens their questions.
    fn take_back(&mut self, problems: &[AnswerProblem]) -> Result<(), CommandError> {
        problems.iter().for_each(|problem| tell_problem(self.context, problem));
        let questions: Vec<Question> = problems.iter().filter_map(|problem| problem.question).collect();
        if questions.is_empty() {
            return Err(CommandError::new("the answers make no cluster; nothing was written"));
        }
        for question in questions {
            self.interview.draft_mut().forget(question);
            self.interview.reopen(question);
        }
        Ok(())
    }

    fn change(&mut self) -> Result<(), CommandError> {
        let questions = self.interview.answered();
        let label = |question: &Question| {
            let value = self.interview.offer(*question).filter(|text| !text.is_empty());
            format!("{}: {}", question.words().prompt, value.as_deref().unwrap_or(NONE))
        };
        let labels: Vec<String> = questions.iter().map(label).collect();
        if let PromptReply::Choice(place) = self.prompts.pick("Which answer?", &labels)?
            && let Some(question) = questions.get(place)
        {
            self.interview.reopen(*question);
        }
        Ok(())
    }
}
