//! Checks that the resources named by answers exist in the cloud.

use super::catalog_cache::CatalogCache;
use crate::diagnostics::{Diagnostic, did_you_mean_word};
use crate::provider::CloudError;
use crate::wizard::draft::Draft;
use crate::wizard::os::Called;
use crate::wizard::problem::AnswerProblem;
use crate::wizard::provenance::Origin;
use crate::wizard::question::{NEW_GROUP, OWN_PROGRAM, Question};

/// The questions whose answers name resources of the cloud.
const NAMING: [Question; 7] = [
    Question::Image,
    Question::WorkerType,
    Question::MasterType,
    Question::KeyName,
    Question::Subnet,
    Question::MasterGroup,
    Question::WorkerGroup,
];

/// The result of checking an answer against the cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudCheck {
    /// Why the answer is invalid.
    pub wrong: Option<Diagnostic>,
    /// A warning for the user.
    pub warning: Option<String>,
}

impl CatalogCache {
    /// Returns every answer that names a missing resource, and warnings.
    ///
    /// # Errors
    /// The cloud cannot be queried.
    pub async fn check(&self, draft: &Draft) -> Result<(Vec<AnswerProblem>, Vec<String>), CloudError> {
        let (mut problems, mut warnings) = (Vec::new(), Vec::new());
        for question in NAMING.into_iter().chain([Question::JobsPerWorker, Question::BinarySource]) {
            let Some(text) = word(draft, question) else { continue };
            let origin = draft.given(question).map_or(Origin::Default, |given| given.origin.clone());
            // A derived answer is reported with the answer that it is derived from.
            if question == Question::MasterType && origin == Origin::Default {
                continue;
            }
            let verdict = self.judge(draft, question, &text).await?;
            problems.extend(verdict.wrong.map(|wrong| AnswerProblem::wrong(question, &origin, wrong)));
            warnings.extend(verdict.warning);
        }
        Ok((problems, warnings))
    }

    /// Checks an answer against the cloud, given the others.
    ///
    /// # Errors
    /// The cloud cannot be queried.
    pub async fn judge(&self, draft: &Draft, question: Question, text: &str) -> Result<CloudCheck, CloudError> {
        match question {
            Question::Image => self.judge_image(draft, text).await,
            Question::WorkerType | Question::MasterType => self.judge_type(draft, text).await,
            Question::JobsPerWorker => self.judge_jobs(draft, text).await,
            Question::BinarySource if text == OWN_PROGRAM => self.judge_program(draft).await,
            Question::KeyName => {
                let known = self.keys().await?;
                Ok(CloudCheck { wrong: unknown("key pair", text, known.iter().map(String::as_str)), warning: None })
            }
            Question::Subnet => {
                let known = self.subnets().await?;
                let ids = known.iter().map(|subnet| subnet.id.as_str());
                let wrong = if known.is_empty() { None } else { unknown("subnet", text, ids) };
                Ok(CloudCheck { wrong, warning: None })
            }
            Question::MasterGroup | Question::WorkerGroup if text != NEW_GROUP => {
                let known = self.groups(word(draft, Question::Subnet).as_deref()).await?;
                let names = known.iter().flat_map(|group| [group.name.as_str(), group.id.as_str()]);
                let wrong = unknown("security group", text, names).map(|wrong| match wrong.hints.is_empty() {
                    true => wrong.hint(format!("{NEW_GROUP} has one made")),
                    false => wrong,
                });
                Ok(CloudCheck { wrong, warning: None })
            }
            _ => Ok(CloudCheck::default()),
        }
    }

    async fn judge_image(&self, draft: &Draft, id: &str) -> Result<CloudCheck, CloudError> {
        let Some(image) = self.image(id).await? else {
            let wrong =
                Diagnostic::error(format!("there is no image {id} here")).hint("`hoist image list` shows images");
            return Ok(CloudCheck { wrong: Some(wrong), warning: None });
        };
        let named = image.os.as_deref().map_or(Called::Nothing, Called::of);
        if let Called::Retired(retired) = named {
            let message = format!("the image {id} is called {}: {retired}", image.name);
            let wrong = Diagnostic::error(message).hint(format!("an image of {}", retired.instead));
            return Ok(CloudCheck { wrong: Some(wrong), warning: None });
        }
        let os = draft.os();
        let other = match (os, &image.os) {
            (Some(os), Some(other)) if named != Called::Known(os) && !other.starts_with(os.word) => Some(format!(
                "the image {id} is called {}, which sounds like {other}, not like {}",
                image.name, os.word
            )),
            _ => None,
        };
        let without_packages = os.filter(|os| !os.has_arm64 && image.architecture.as_deref() == Some("arm64"));
        let lacks = without_packages.map(|os| {
            format!(
                "the image {id} is of arm64, for which {} has no packages of HTCondor: the image must bring it",
                os.title
            )
        });
        let deprecated = image.deprecated.then(|| format!("the image {id} is deprecated by its owner"));
        Ok(CloudCheck { wrong: None, warning: other.or(lacks).or(deprecated) })
    }

    async fn judge_type(&self, draft: &Draft, name: &str) -> Result<CloudCheck, CloudError> {
        let types = self.types().await?;
        let Some(known) = types.iter().find(|known| known.name == name) else {
            let names = types.iter().map(|known| known.name.as_str());
            // A cloud that cannot list its types may still have it.
            let wrong = if types.is_empty() { None } else { unknown("instance type", name, names) };
            return Ok(CloudCheck { wrong, warning: None });
        };
        let image = match word(draft, Question::Image) {
            Some(id) => self.image(&id).await?,
            None => None,
        };
        let architecture = image.and_then(|image| Some((image.id, image.architecture?)));
        let wrong = architecture
            .filter(|(_, own)| !known.architectures.is_empty() && !known.architectures.contains(own))
            .map(|(id, own)| {
                let known = known.architectures.join(" and ");
                Diagnostic::error(format!("{name} is of {known}, and the image {id} of {own}"))
                    .hint("choose another type, or another image")
            });
        Ok(CloudCheck { wrong, warning: None })
    }

    /// Checks that the running program is of the image's processor.
    async fn judge_program(&self, draft: &Draft) -> Result<CloudCheck, CloudError> {
        let own = draft.surroundings().program.and_then(|program| program.architecture);
        let image = match word(draft, Question::Image) {
            Some(id) => self.image(&id).await?,
            None => None,
        };
        let (Some(own), Some((id, other))) = (own, image.and_then(|image| Some((image.id, image.architecture?))))
        else {
            return Ok(CloudCheck::default());
        };
        let wrong = (own != other).then(|| {
            Diagnostic::error(format!("this program is of {own}, and the image {id} of {other}"))
                .hint(format!("--binary-source https://… with a build of hoist for {other}, or an image of {own}"))
        });
        Ok(CloudCheck { wrong, warning: None })
    }

    async fn judge_jobs(&self, draft: &Draft, text: &str) -> Result<CloudCheck, CloudError> {
        let Some(name) = word(draft, Question::WorkerType) else { return Ok(CloudCheck::default()) };
        let warning = match (self.type_named(&name).await?, text.parse::<u32>()) {
            (Some(known), Ok(jobs)) if jobs > known.cpus => {
                Some(format!("{jobs} jobs share the {} processors of a {name}, and wait for each other", known.cpus))
            }
            _ => None,
        };
        Ok(CloudCheck { wrong: None, warning })
    }
}

/// Returns the answer in normalised form, if the question applies and has one.
fn word(draft: &Draft, question: Question) -> Option<String> {
    if !draft.applies(question) {
        return None;
    }
    draft.value(question).ok()??.into_text()
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<Diagnostic> {
    if known.clone().any(|known| known == name) {
        return None;
    }
    Some(Diagnostic::error(format!("there is no {what} {name} here")).hints(did_you_mean_word(name, known)))
}
