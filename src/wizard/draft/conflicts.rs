//! Constraints between answers.

use super::Draft;
use crate::diagnostics::Diagnostic;
use crate::wizard::answers::CloudKind;
use crate::wizard::problem::AnswerProblem;
use crate::wizard::provenance::Origin;
use crate::wizard::question::{AnswerValue, Question};

impl Draft {
    /// Returns the conflict of a valid answer with the others, if any.
    pub(super) fn conflict(&self, question: Question) -> Option<AnswerProblem> {
        let value = self.value(question).ok().flatten()?;
        let (message, hint) = match question {
            Question::Cloud => self.meant_for_another()?,
            Question::Region if value == AnswerValue::Nothing && self.cloud() == Some(CloudKind::Ec2) => {
                ("EC2 needs a region".to_owned(), "--region us-east-1, or AWS_REGION".to_owned())
            }
            Question::Endpoint if value == AnswerValue::Nothing && self.cloud() == Some(CloudKind::Compatible) => {
                let hint = "source the cloud's ec2rc.sh, which sets EC2_URL, or give --endpoint-url URL";
                ("an EC2-like cloud has an address".to_owned(), hint.to_owned())
            }
            Question::MaxWorkers => self.fewer_than_the_least(&value)?,
            Question::BinarySource => self.unreadable(&value).or_else(|| self.unfit())?,
            Question::BinaryBucket
                if value == AnswerValue::Nothing && self.value(Question::KeyName) == Ok(Some(AnswerValue::Nothing)) =>
            {
                let message =
                    "this program is copied to the master by SSH, and nobody can log in there without a key pair";
                let hint = "--binary-bucket s3://BUCKET, --key-name NAME, or --binary-source https://…";
                (message.to_owned(), hint.to_owned())
            }
            _ => return None,
        };
        Some(AnswerProblem::wrong(question, &self.origin(question), Diagnostic::error(message).hint(hint)))
    }

    fn origin(&self, question: Question) -> Origin {
        self.given(question).map_or(Origin::Default, |given| given.origin.clone())
    }

    /// `EC2_URL` redirects calls, whatever cloud is chosen.
    fn meant_for_another(&self) -> Option<(String, String)> {
        let is_elsewhere = self.given(Question::Endpoint).is_some() || self.here.endpoint.is_some();
        (self.cloud() == Some(CloudKind::Ec2) && self.here.ec2_url.is_some() && !is_elsewhere).then(|| {
            let message = "EC2_URL is set, so that calls go to the EC2-like cloud there";
            (message.to_owned(), "choose compatible, or unset EC2_URL".to_owned())
        })
    }

    fn fewer_than_the_least(&self, most: &AnswerValue) -> Option<(String, String)> {
        let least = self.value(Question::MinWorkers).ok().flatten()?.number()?;
        let most = most.number().filter(|most| *most < least)?;
        let origin = self.origin(Question::MinWorkers);
        let place = origin.of(Question::MinWorkers);
        let message = format!("{most} is less than the workers that are always there, {least} ({place})");
        Some((message, format!("a number from {least}, or fewer that are always there")))
    }

    /// This program needs a system that it runs on.
    fn unfit(&self) -> Option<(String, String)> {
        let (program, os) = (self.here.program?, self.os()?);
        let why = program.misfit(&os).filter(|_| self.is_own_program())?;
        Some((why, "--binary-source https://… with a build of hoist for that system".to_owned()))
    }

    /// A bucket needs a role that may read it.
    fn unreadable(&self, source: &AnswerValue) -> Option<(String, String)> {
        let AnswerValue::Text(text) = source else { return None };
        (text.starts_with("s3://") && self.word(Question::MasterProfile).is_none()).then(|| {
            let message = "the master has no role to read a bucket with".to_owned();
            (message, "an https:// address, or --master-profile PROFILE".to_owned())
        })
    }
}
