//! Validation of a draft.

use super::Draft;
use crate::diagnostics::Diagnostic;
use crate::wizard::answers::{Answers, Binary, CloudKind, PasswordSource, Scaler};
use crate::wizard::problem::AnswerProblem;
use crate::wizard::provenance::Origin;
use crate::wizard::question::{AnswerValue, NEW_GROUP, Question};

/// A complete and valid draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedAnswers {
    /// The answers.
    pub answers: Answers,
    /// Every question that applied, with its answer in normalised form.
    pub values: Vec<(Question, AnswerValue)>,
    /// Whether the master's security group has to be created.
    pub makes_master_group: bool,
    /// Whether the workers' security group has to be created.
    pub makes_worker_group: bool,
}

impl Draft {
    /// Returns all errors and missing answers, in the order of the questions.
    pub fn problems(&self) -> Vec<AnswerProblem> {
        let mut problems: Vec<AnswerProblem> =
            self.wrong.iter().filter(|problem| self.counts(problem)).cloned().collect();
        for question in Question::ALL {
            let is_known = problems.iter().any(|problem| problem.question == Some(question));
            match self.why_not(question) {
                Some(why) => problems.extend(self.senseless(question, why)),
                None => match self.value(question) {
                    Err(problem) => problems.push(problem),
                    Ok(None) if is_known => {}
                    Ok(None) => problems.push(AnswerProblem::missing(question)),
                    Ok(Some(_)) => problems.extend(self.conflict(question)),
                },
            }
        }
        problems
    }

    /// Returns the answers without effect, and overridden errors.
    pub fn warnings(&self) -> Vec<String> {
        let outranked = self.wrong.iter().filter(|problem| !self.counts(problem));
        let mut warnings: Vec<String> =
            outranked.map(|problem| format!("{problem}; another answer outranks it")).collect();
        for (question, given) in &self.given {
            if let (Some(why), false) = (self.why_not(*question), given.origin == Origin::Option) {
                warnings.push(format!("{}: it is not used: {why}", given.origin.of(*question)));
            }
        }
        warnings
    }

    /// Returns the answers.
    ///
    /// # Errors
    /// All errors and missing answers.
    pub fn answers(&self) -> Result<Answers, Vec<AnswerProblem>> {
        self.whole().map(|whole| whole.answers)
    }

    /// Returns the answers, with their normalised form.
    ///
    /// # Errors
    /// All errors and missing answers.
    pub fn whole(&self) -> Result<ValidatedAnswers, Vec<AnswerProblem>> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let value = |question| Some((question, self.value(question).ok().flatten()?));
        let values = Question::ALL.into_iter().filter(|question| self.applies(*question)).filter_map(value).collect();
        let is_new = |question| self.applies(question) && self.text(question).as_deref() == Some(NEW_GROUP);
        // Missing answers were reported above.
        let answers = self.meaning().ok_or(problems)?;
        Ok(ValidatedAnswers {
            answers,
            values,
            makes_master_group: is_new(Question::MasterGroup),
            makes_worker_group: is_new(Question::WorkerGroup),
        })
    }

    /// Whether an invalid line matters: no later answer overrides it.
    fn counts(&self, problem: &AnswerProblem) -> bool {
        problem.question.is_none_or(|question| !self.given.contains_key(&question))
    }

    /// Returns the problem of an option that does not apply, given the other answers.
    fn senseless(&self, question: Question, why: &str) -> Option<AnswerProblem> {
        let given = self.given(question).filter(|given| given.origin == Origin::Option)?;
        // "none" is a correct answer then.
        if question.is_none(&given.text) {
            return None;
        }
        // If the cloud is invalid, it is unknown which questions apply.
        self.cloud()?;
        let message = format!("it has no meaning here: {why}");
        let wrong = Diagnostic::error(message).hint("leave it out");
        Some(AnswerProblem::wrong(question, &given.origin, wrong))
    }

    fn meaning(&self) -> Option<Answers> {
        let text = |question| if self.applies(question) { self.word(question) } else { None };
        let number = |question| self.value(question).ok().flatten()?.number();
        let path = |question| Some(self.here.path(&text(question)?));
        let pool = text(Question::Pool)?;
        let group = |question, role: &str| match text(question)?.as_str() {
            NEW_GROUP => Some(format!("{pool}-{role}")),
            named => Some(named.to_owned()),
        };
        let password = match text(Question::PasswordFrom) {
            Some(place) => PasswordSource::Kept(place),
            None => PasswordSource::File(path(Question::PasswordFile)?),
        };
        let cloud = self.cloud()?;
        let is_elastiq = cloud != CloudKind::Local && text(Question::Scaler)? == "elastiq";
        let scaler = match is_elastiq {
            true => Scaler::Elastiq,
            false => Scaler::Hoist(match (text(Question::BinarySource), text(Question::BinarySha256)) {
                (Some(source), Some(sha256)) => Binary::At { source, sha256 },
                _ => Binary::Own { bucket: text(Question::BinaryBucket) },
            }),
        };
        Some(Answers {
            cloud,
            region: text(Question::Region),
            endpoint: text(Question::Endpoint),
            os: self.os()?,
            image: text(Question::Image),
            worker_type: text(Question::WorkerType),
            master_type: text(Question::MasterType),
            min_workers: number(Question::MinWorkers)?,
            max_workers: number(Question::MaxWorkers)?,
            jobs_per_worker: number(Question::JobsPerWorker)?,
            idle_seconds: number(Question::IdleSeconds)?,
            key_name: text(Question::KeyName),
            key_file: path(Question::KeyFile),
            subnet: text(Question::Subnet),
            master_group: group(Question::MasterGroup, "master"),
            worker_group: group(Question::WorkerGroup, "worker"),
            pool: pool.clone(),
            password,
            master_profile: text(Question::MasterProfile),
            worker_profile: text(Question::WorkerProfile),
            docker: self.value(Question::Docker).ok().flatten()? == AnswerValue::Flag(true),
            scaler,
            lease: text(Question::Lease),
        })
    }
}
