//! Choices for answers, described for people.

use std::collections::BTreeMap;

use super::catalog_cache::CatalogCache;
use crate::provider::{CloudError, Image, InstanceType};
use crate::wizard::draft::Draft;
use crate::wizard::os::SYSTEMS;
use crate::wizard::question::{NEW_GROUP, Question};

/// A choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The answer.
    pub text: String,
    /// The label to show, beginning with the answer.
    pub label: String,
}

/// The choices for a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// The choices; if empty, the answer is typed.
    pub list: Vec<Choice>,
    /// The label for typing another answer, if that is possible.
    pub other: Option<&'static str>,
    /// Whether a typed text that is not in the list is an answer, too.
    pub is_open: bool,
}

impl Choices {
    /// Returns the choices for a question that needs no cloud.
    pub fn fixed(question: Question) -> Self {
        let list = match question {
            Question::Os => SYSTEMS.iter().map(|os| Choice::new(os.word, os.title)).collect(),
            Question::Cloud => {
                let about = ["Amazon EC2", "a cloud with EC2's interface (EC2_URL)", "this machine"];
                question.choices().iter().zip(about).map(|(word, about)| Choice::new(word, about)).collect()
            }
            Question::Scaler => {
                let about = ["hoist elastic run", "the older program, where the image has it"];
                question.choices().iter().zip(about).map(|(word, about)| Choice::new(word, about)).collect()
            }
            Question::Docker => vec![Choice::new("false", "no"), Choice::new("true", "yes")],
            _ => Vec::new(),
        };
        Self { list, other: None, is_open: question == Question::Os }
    }

    /// Returns the choices for any question, as listed by the cloud.
    ///
    /// # Errors
    /// The cloud cannot be queried.
    pub async fn of(question: Question, draft: &Draft, offers: &CatalogCache) -> Result<Self, CloudError> {
        match question {
            Question::Image => images(draft, offers).await,
            Question::WorkerType | Question::MasterType => types(draft, offers).await,
            Question::KeyName => {
                let mut list: Vec<Choice> = offers.keys().await?.iter().map(|name| Choice::new(name, "")).collect();
                list.push(Choice::new("none", "nobody can log in"));
                Ok(Self { list, ..Self::default() })
            }
            Question::Subnet => subnets(offers).await,
            Question::MasterGroup | Question::WorkerGroup => groups(draft, offers).await,
            _ => Ok(Self::fixed(question)),
        }
    }

    /// Returns the names that resolve to the newest image, followed by the images.
    fn of_images(images: &[Image]) -> Self {
        let newest: BTreeMap<&str, &str> = images
            .iter()
            .filter_map(|image| Some((image.resolve.as_deref()?, image.architecture.as_deref().unwrap_or_default())))
            .collect();
        let newest = newest
            .into_iter()
            .map(|(name, architecture)| Choice::new(name, &format!("always the newest  {architecture}")));
        let list = images.iter().map(|image| {
            let day = image.created.map(|at| at.strftime("%Y-%m-%d  ").to_string()).unwrap_or_default();
            let architecture = image.architecture.as_deref().map(|name| format!("{name}  ")).unwrap_or_default();
            Choice::new(&image.id, &format!("{day}{architecture}{}", image.name))
        });
        let other = Some("other image: you have to know its id");
        Self { list: newest.chain(list).collect(), other, is_open: true }
    }
}

impl Choice {
    fn new(text: &str, about: &str) -> Self {
        let label = if about.is_empty() { text.to_owned() } else { format!("{text}  {about}") };
        Self { text: text.to_owned(), label }
    }
}

async fn images(draft: &Draft, offers: &CatalogCache) -> Result<Choices, CloudError> {
    let Some(os) = draft.os() else { return Ok(Choices::default()) };
    Ok(Choices::of_images(&offers.images(os).await?))
}

async fn types(draft: &Draft, offers: &CatalogCache) -> Result<Choices, CloudError> {
    let architecture = match draft.text(Question::Image) {
        Some(id) => offers.image(&id).await?.and_then(|image| image.architecture),
        None => None,
    };
    let fits = |known: &&InstanceType| architecture.as_ref().is_none_or(|own| known.architectures.contains(own));
    let list = offers.types().await?.iter().filter(fits).map(|known| {
        let memory = known.memory_mib as f64 / 1024.0;
        let cpus = if known.cpus == 1 { "1 cpu".to_owned() } else { format!("{} cpus", known.cpus) };
        Choice::new(&known.name, &format!("{cpus}  {memory} GiB"))
    });
    Ok(Choices { list: list.collect(), ..Choices::default() })
}

async fn subnets(offers: &CatalogCache) -> Result<Choices, CloudError> {
    let mut list = vec![Choice::new("none", "the cloud's choice")];
    list.extend(offers.subnets().await?.iter().map(|subnet| {
        let name = subnet.name.as_deref().map(|name| format!("  {name}")).unwrap_or_default();
        Choice::new(&subnet.id, &format!("{}  {}  {}{name}", subnet.zone, subnet.cidr, subnet.network))
    }));
    if list.len() == 1 {
        return Ok(Choices::default());
    }
    Ok(Choices { list, ..Choices::default() })
}

async fn groups(draft: &Draft, offers: &CatalogCache) -> Result<Choices, CloudError> {
    let subnet = draft.text(Question::Subnet).filter(|text| !Question::Subnet.is_none(text));
    let mut list = vec![Choice::new(NEW_GROUP, "make the one that is needed")];
    list.extend(offers.groups(subnet.as_deref()).await?.iter().map(|group| Choice::new(&group.id, &group.name)));
    list.push(Choice::new("none", "the cloud's choice"));
    Ok(Choices { list, ..Choices::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_stands_for_the_newest_image_comes_first_and_once() {
        let image = |id: &str, resolve: Option<&str>| Image {
            id: id.to_owned(),
            name: "debian-12".to_owned(),
            owner: None,
            os: None,
            architecture: Some("x86_64".to_owned()),
            created: None,
            deprecated: false,
            resolve: resolve.map(str::to_owned),
        };
        let newest = "resolve:ssm:/aws/service/debian/release/12/latest/amd64";
        let images = [image("ami-2", None), image("ami-1", Some(newest)), image("ami-0", Some(newest))];
        let choices = Choices::of_images(&images);
        let texts: Vec<&str> = choices.list.iter().map(|choice| choice.text.as_str()).collect();
        assert_eq!(texts, [newest, "ami-2", "ami-1", "ami-0"]);
        assert!(choices.list[0].label.contains("always the newest") && choices.other.is_some());
    }
}
